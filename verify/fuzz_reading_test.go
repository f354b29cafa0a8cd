package verify

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What the oracles read with: plain, slow, and nothing of the package's.

func trimSpace(s string) string { return strings.Trim(s, " \t\r\n") }

// after expects a prefix, or lets it be absent.
func after(prefix string, optional bool) func(string) []reading {
	return func(value string) []reading {
		bad := !strings.HasPrefix(value, prefix) && !optional
		return []reading{{bad: bad, sigs: []string{strings.TrimPrefix(value, prefix)}}}
	}
}

// keyValues reads t=1,v1=00,v1=11. A timestamp that is there twice makes it
// unreadable.
func keyValues(sep, tsKey, sigKey string) func(string) []reading {
	pair := regexp.MustCompile(`(?s)^([^=]*)=(.*)$`)
	return func(value string) []reading {
		var r reading
		for _, element := range strings.Split(value, sep) {
			m := pair.FindStringSubmatch(element)
			if m == nil {
				continue
			}
			key, value := strings.Trim(m[1], " \t"), strings.Trim(m[2], " \t")
			switch {
			case key == tsKey:
				r.bad = r.bad || r.ts != ""
				r.ts = value
			case key == sigKey:
				r.sigs = append(r.sigs, value)
			case key == "h":
				r.headers = value
			}
		}
		return []reading{r}
	}
}

// versions reads "v1,00 v1,11".
func versions(version string) func(string) []reading {
	return func(value string) []reading {
		var r reading
		for _, item := range strings.Split(value, " ") {
			if sig, ok := strings.CutPrefix(item, version+","); ok {
				r.sigs = append(r.sigs, sig)
			}
		}
		return []reading{r}
	}
}

// commas reads "00, 11".
func commas(value string) []reading {
	var r reading
	for _, item := range strings.Split(value, ",") {
		r.sigs = append(r.sigs, strings.Trim(item, " \t"))
	}
	return []reading{r}
}

// A spelling is how bytes are written. All but hex have exactly one, base64url
// may lack its padding.
type spelling func(b []byte, text string) bool

func inHex(b []byte, text string) bool {
	return strings.EqualFold(text, hex.EncodeToString(b)) && isASCII(text)
}
func inBase64(b []byte, text string) bool { return text == base64.StdEncoding.EncodeToString(b) }
func inBase64URL(b []byte, text string) bool {
	return text == base64.URLEncoding.EncodeToString(b) || text == base64.RawURLEncoding.EncodeToString(b)
}

// EqualFold knows letters beyond ASCII that fold to it.
func isASCII(s string) bool { return !regexp.MustCompile(`[^\x00-\x7f]`).MatchString(s) }

func asHex(b []byte) string       { return hex.EncodeToString(b) }
func asBase64(b []byte) string    { return base64.StdEncoding.EncodeToString(b) }
func asBase64URL(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

func keyText(secret string) []byte { return []byte(secret) }

func keyHex(secret string) []byte {
	b, _ := hex.DecodeString(secret)
	return b
}

// keyBase64 decodes what is behind the last "_", if there is one.
func keyBase64(secret string) []byte {
	b, _ := base64.StdEncoding.DecodeString(secret[strings.LastIndexByte(secret, '_')+1:])
	return b
}

// macs is the prover of an HMAC.
func macs(h func() hash.Hash, key func(string) []byte, write func([]byte) string, is spelling) func(string) prover {
	return func(secret string) prover {
		sum := func(text string) []byte {
			m := hmac.New(h, key(secret))
			m.Write([]byte(text))
			return m.Sum(nil)
		}
		return proves(sum, write, is)
	}
}

// proves is the prover of a function of the text.
func proves(sum func(string) []byte, write func([]byte) string, is spelling) prover {
	return prover{
		sign: func(text string) string { return write(sum(text)) },
		check: func(text, sig string) []byte {
			if b := sum(text); is(b, sig) {
				return b
			}
			return nil
		},
	}
}

func writeTime(unit string, t time.Time) string {
	switch unit {
	case "ms":
		return strconv.FormatInt(t.UnixMilli(), 10)
	case "rfc3339":
		return t.UTC().Format(time.RFC3339)
	case "http-date":
		return t.UTC().Format(http.TimeFormat)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

var timeForms = map[string]*regexp.Regexp{
	"s":         regexp.MustCompile(`^[0-9]{1,12}$`),
	"s10":       regexp.MustCompile(`^[0-9]{10}$`), // seconds, without a delimiter
	"ms":        regexp.MustCompile(`^[0-9]{13}$`),
	"rfc3339":   regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`),
	"http-date": regexp.MustCompile(`^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$`),
}

// inTolerance reports whether a time is written as it should and near enough;
// no tolerance is any.
func inTolerance(unit, text string, now time.Time, tolerance int64) bool {
	if !timeForms[unit].MatchString(text) || strings.Trim(text, "0") == "" {
		return false
	}
	var t time.Time
	var err error
	switch unit {
	case "s", "s10":
		t = time.Unix(number(text), 0)
	case "ms":
		t = time.UnixMilli(number(text))
	case "rfc3339":
		t, err = time.Parse(time.RFC3339, regexp.MustCompile(`:60`).ReplaceAllString(text, ":59"))
	default:
		t, err = time.Parse(http.TimeFormat, text)
	}
	age := now.Sub(t).Abs()
	return err == nil && (tolerance == 0 || age <= time.Duration(tolerance)*time.Second)
}

// formOf returns the fields of a body that is a form, nil for others.
func formOf(q *asked) url.Values {
	switch kind := q.Header.Get("Content-Type"); {
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		form, err := url.ParseQuery(string(q.Body))
		if err == nil {
			return form
		}
	case strings.HasPrefix(kind, "multipart/form-data"):
		form, err := multipart.NewReader(bytes.NewReader(q.Body), "b").ReadForm(1 << 20)
		if err == nil {
			return form.Value
		}
	}
	return nil
}

// jsonAt returns the text or number at a path of a JSON text.
func jsonAt(body []byte, path ...string) string {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var root any
	if dec.Decode(&root) != nil {
		return ""
	}
	return trimSpace(lookup(root, path...))
}

func number(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}
