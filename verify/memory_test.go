//go:build !race

package verify

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	hostile = 1 << 20 // bytes in a hostile body, about
	// What anybody may have us allocate: 4.5 times the body, and a constant for
	// as many fields, parts, members or levels as there may be.
	maxMultiple = 4.5
	maxConstant = 1 << 20
)

// A bulk is a body that is to cost much.
type bulk struct{ name, kind, body string }

func filled(s string) string { return strings.Repeat(s, hostile/len(s)) }

// numbered repeats a text with the number of each in place of "#".
func numbered(s string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(s, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// bulks are hostile bodies, made of a genuine one where it is of their kind, so
// that what is read first is there.
func bulks(genuine string) []bulk {
	return slices.Concat(forms(genuine), multipartBulks(), documents(genuine))
}

func forms(genuine string) (all []bulk) {
	const kind = "application/x-www-form-urlencoded"
	if strings.HasPrefix(genuine, "{") || !strings.Contains(genuine, "=") {
		genuine = "z=1"
	}
	for name, more := range map[string]string{
		"many fields":         numbered("a#=1&", hostile/10),
		"990 fields":          numbered("a#="+strings.Repeat("x", 1000)+"&", 990),
		"990 of one name":     numbered("a="+strings.Repeat("x", 1000)+"&", 990),
		"900 small":           numbered("a#=&", 900),
		"empty fields":        filled("&"),
		"equals signs":        filled("="),
		"an encoded value":    "v=" + filled("%41"),
		"an encoded name":     filled("%41") + "=v",
		"spaces":              "v=" + filled("+"),
		"a bad encoding last": "v=" + filled("x") + "%zz",
	} {
		all = append(all, bulk{name, kind, genuine + "&" + more})
	}
	for field := range strings.SplitSeq(genuine, "&") {
		for _, more := range []string{"x", "+", "%41"} {
			all = append(all, bulk{"much in " + field[:min(len(field), 20)], kind, strings.Replace(genuine, field, field+filled(more), 1)})
		}
	}
	return all
}

var multipartBulks = sync.OnceValue(func() (all []bulk) {
	const begin = "--b\r\nContent-Disposition: form-data; name=\"a\""
	const end = "--b--\r\n"
	for name, body := range map[string]string{
		"many parts":        filled(begin+"\r\n\r\nx\r\n") + end,
		"999 parts":         strings.Repeat(begin+"\r\n\r\nx\r\n", 999) + end,
		"999 large parts":   strings.Repeat(begin+"\r\n\r\n"+strings.Repeat("x", 950)+"\r\n", 999) + end,
		"999 names":         numbered("--b\r\nContent-Disposition: form-data; name=\"#"+strings.Repeat("x", 950)+"\"\r\n\r\n\r\n", 999) + end,
		"many headers":      strings.Repeat(begin+"\r\n"+numbered("H#: x\r\n", 100)+"\r\nx\r\n", 999) + end,
		"many parameters":   strings.Repeat(begin+numbered("; p#=1", 110)+"\r\n\r\nx\r\n", 999) + end,
		"a long header":     begin + numbered("; p#=1", hostile/10) + "\r\n\r\nx\r\n" + end,
		"a long name":       "--b\r\nContent-Disposition: form-data; name=\"" + filled("x") + "\"\r\n\r\nx\r\n" + end,
		"a value":           begin + "\r\n\r\n" + filled("x") + "\r\n" + end,
		"a file":            begin + "; filename=\"f\"\r\n\r\n" + filled("x") + "\r\n" + end,
		"nearly boundaries": begin + "\r\n\r\n" + filled("\r\n--") + "\r\n" + end,
	} {
		all = append(all, bulk{name, "multipart/form-data; boundary=b", body})
	}
	return all
})

func documents(genuine string) (all []bulk) {
	const kind = "application/json"
	rest, isObject := strings.CutPrefix(genuine, "{")
	if !isObject {
		rest = `"z":1}`
	}
	last := strings.LastIndexByte(rest, '}')
	nested := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	for name, more := range map[string]string{
		"many members":     numbered(`"a#":1,`, hostile/11) + `"b":1`,
		"one name":         filled(`"a":1,`) + `"b":1`,
		"990 members":      numbered(`"a#":"`+strings.Repeat("x", 1000)+`",`, 990) + `"b":1`,
		"990 long names":   numbered(`"a#`+strings.Repeat("x", 500)+`":1,`, 990) + `"b":"` + filled("x") + `"`,
		"many elements":    `"a":[` + filled("[],") + `[]]`,
		"many objects":     `"a":[` + filled("{},") + `{}]`,
		"deep arrays":      `"a":` + nested("[", "]", 9000),
		"deep objects":     `"a":` + nested(`{"a":`, "", 9000) + "1" + strings.Repeat("}", 9000),
		"many deep arrays": numbered(`"a#":`+nested("[", "]", 4000)+",", hostile/8000) + `"b":1`,
		"a text":           `"a":"` + filled("x") + `"`,
		"escapes":          `"a":"` + filled(`\u0041`) + `"`,
		"a name":           `"` + filled("x") + `":1`,
		"an escaped name":  `"` + filled(`\u0041`) + `":1`,
		"white space":      `"a":` + filled(" ") + "1",
		"broken off":       `"a":[` + filled("1,"),
	} {
		all = append(all, bulk{name + ", first", kind, "{" + more + "," + rest})
		if last >= 0 {
			all = append(all, bulk{name + ", last", kind, "{" + rest[:last] + "," + more + rest[last:]})
		}
	}
	for i, n := 0, 0; isObject && n < 20; n++ {
		begin := strings.Index(genuine[i:], `":"`)
		if begin < 0 {
			break
		}
		i += begin + len(`":"`)
		for _, more := range []string{"x", `\u0041`, `\n`} {
			all = append(all, bulk{"much in " + genuine[max(i-20, 0):i], kind, genuine[:i] + filled(more) + genuine[i:]})
		}
	}
	return all
}

// What anybody may send must not cost much memory before it is refused, however
// it is made. Not under the race detector, which needs memory itself.
func TestMemoryOfRefusedBodies(t *testing.T) {
	seen, refused := map[string]bool{}, 0
	for _, v := range readVectors(t) {
		name := v.Provider + "/" + v.Scheme
		if v.Expect != "valid" || seen[name] || len(v.Request.Body) == 0 {
			continue
		}
		seen[name] = true
		c := v.verifier(t)
		all := []bulk{{"a text", "text/plain", filled("x")}}
		if !c.checkers[0].fast { // which does not look into the body
			all = append(all, bulks(string(v.Request.Body))...)
		}
		for _, b := range all {
			r := v.request(t)
			r.Header.Set("Content-Type", b.kind)
			r.Body = []byte(b.body)
			used, err := memoryOf(c, time.Unix(v.NowUnix, 0), r)
			if err == nil { // it changed nothing that the provider signs
				continue
			}
			refused++
			if most := maxMultiple*float64(len(r.Body)) + maxConstant; float64(used) > most {
				t.Errorf("%s: %s: %s: %d bytes are allocated for %d, %.1f times as many (%v)", name, b.kind, b.name, used, len(r.Body), float64(used)/float64(len(r.Body)), err)
			}
		}
		c.Close()
	}
	if refused < 1000 {
		t.Errorf("only %d bodies were refused", refused)
	}
}

// memoryOf is how many bytes it takes to verify a request.
func memoryOf(c *Verifier, now time.Time, r *Request) (used uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = c.Verify(now, r)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// So it is for the head of a request, of which Caddy reads 1 MiB.
func TestMemoryOfRefusedHeads(t *testing.T) {
	tests := []struct {
		provider, scheme, header string // "": the URI
		lines                    []string
		want                     error
	}{
		{"box", "default", "Box-Delivery-Timestamp", []string{"2026-01-01T00:00:00Z" + filled(`\`)}, ErrBadTimestamp},
		{"zendesk", "default", "X-Zendesk-Webhook-Signature-Timestamp", []string{"2026-01-01T00:00:00Z" + filled(`\`)}, ErrBadTimestamp},
		{"contentful", "default", "X-Contentful-Signed-Headers", []string{filled(",")}, ErrMalformed},
		{"contentful", "default", "", []string{"/?" + filled("=")}, ErrMalformed},
		{"persona", "default", "Persona-Signature", []string{filled("x ")}, ErrTooMany},
		{"twilio", "form", "", []string{"/?" + filled("=")}, ErrMismatch},
		{"plivo", "v3", "", []string{"/?" + filled("a")}, ErrMismatch},
	}
	for _, tt := range tests {
		v := validVector(t, tt.provider, tt.scheme)
		if v.Config["url"] != "" {
			v.Config["url"] = "https://hooks.example.com"
		}
		c, r := v.verifier(t), v.request(t)
		if tt.header == "" {
			r.URI = tt.lines[0]
		} else {
			r.Header[tt.header] = tt.lines
		}
		used, err := memoryOf(c, time.Unix(v.NowUnix, 0), r)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %s: %v, want %v", tt.provider, tt.header, err, tt.want)
		}
		if used > maxMultiple*hostile {
			t.Errorf("%s: %s: %d bytes are allocated", tt.provider, tt.header, used)
		}
		c.Close()
	}
}

// validVector returns a request that the scheme accepts.
func validVector(t *testing.T, provider, scheme string) *vector {
	t.Helper()
	for _, v := range readVectors(t) {
		if v.Provider == provider && v.Scheme == scheme && v.Expect == "valid" {
			return &v
		}
	}
	t.Fatalf("no vector of %s", provider)
	return nil
}
