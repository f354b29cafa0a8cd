package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// FuzzSignature: what a parser accepts, a plain reading of the header finds.
func FuzzSignature(f *testing.F) {
	sum := sha256.Sum256(nil)
	h, b := hex.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(sum[:])
	for _, s := range []string{h, "sha256=" + h, "t=1,v1=" + h, "t=1, v1=" + h + ",v1=x,v0=" + h, "v1," + b, "v2,x v1," + b + "  v1,", "", "v1=", "v1,", ",,,", "==="} {
		f.Add(s)
	}
	forms := []Signature{
		{Parse: "raw", Encoding: "hex"},
		{Parse: "prefix", Prefix: "sha256=", Encoding: "hex"},
		{Parse: "optional_prefix", Prefix: "sha256=", Encoding: "base64url"},
		{Parse: "kv", SigKey: "v1", PairSep: ",", KVSep: "=", Encoding: "hex"},
		{Parse: "versioned_list", Version: "v1", ItemSep: " ", VersionSep: ",", Encoding: "base64"},
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, g := range forms {
			g.Name = "S"
			p := newSigParser(g, sha256.Size)
			p.tsKey, p.repeatedTime = "t", ErrAmbiguous
			var c input
			err := p.parse(value, &c)
			if err != nil && c.n > maxCandidates || err == nil && c.n == 0 {
				t.Fatalf("%s: %d candidates, %v", g.Parse, c.n, err)
			}
			if err != nil {
				continue
			}
			for _, sig := range c.sig[:c.n] {
				if !spelled(value, sig[:sha256.Size], g.Encoding) {
					t.Errorf("%s: %x is not in %q", g.Parse, sig[:sha256.Size], value)
				}
			}
		}
	})
}

// spelled reports whether a signature is in s in its one spelling.
func spelled(s string, sig []byte, encoding string) bool {
	switch encoding {
	case "hex":
		return strings.Contains(strings.ToLower(s), hex.EncodeToString(sig))
	case "base64":
		return strings.Contains(s, base64.StdEncoding.EncodeToString(sig))
	}
	return strings.Contains(s, base64.RawURLEncoding.EncodeToString(sig))
}

// FuzzTimestamp: accepted if, and only if, arbitrary-precision arithmetic
// says that it is in time.
func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{t0s, "0", "-1", "+1", "999999999999", "1767225600000", "9223372036854775807", "1e9", "٣", "2026-01-01T00:00:00Z", "2025-12-31T23:59:60Z", "Thu, 01 Jan 2026 00:00:00 GMT"} {
		f.Add(s, int64(0))
		f.Add(s, int64(300))
		f.Add(s, int64(-301))
	}
	form := map[string]*regexp.Regexp{"s": regexp.MustCompile(`^[0-9]{1,12}$`), "ms": regexp.MustCompile(`^[0-9]{13}$`)}
	f.Fuzz(func(t *testing.T, text string, offset int64) {
		now := t0.Add(time.Duration(offset % 1e6 * 1e9))
		for unit, re := range form {
			s := newStamp(&Timestamp{In: "header", Name: "T", Unit: unit, Tolerance: 300}, nil, "")
			got, want := s.check(now, text), inTime(re, text, unit, now)
			if !errors.Is(got, want) {
				t.Errorf("%s %q: %v, want %v", unit, text, got, want)
			}
		}
		for _, unit := range []string{"rfc3339", "http-date"} {
			if u, ok := parseTime(unit, text); ok && u.Year() > 9999 {
				t.Errorf("%s %q: year %d", unit, text, u.Year())
			}
		}
	})
}

func inTime(re *regexp.Regexp, text, unit string, now time.Time) error {
	n, ok := new(big.Int).SetString(text, 10)
	if !re.MatchString(text) || !ok || n.Sign() == 0 {
		return ErrBadTimestamp
	}
	scale := big.NewInt(1)
	if unit == "s" {
		scale = big.NewInt(1000)
	}
	age := new(big.Int).Sub(big.NewInt(now.UnixMilli()), n.Mul(n, scale))
	switch limit := big.NewInt(300_000); {
	case age.Cmp(limit) > 0:
		return ErrStale
	case age.Neg(age).Cmp(limit) > 0:
		return ErrFuture
	}
	return nil
}

// FuzzVerify: accepted only if a plain HMAC over the documented text agrees.
func FuzzVerify(f *testing.F) {
	good := hexMAC(secret16, t0s, ".", "hi")
	f.Add("t="+t0s+",v1="+good, []byte("hi"), "", "")
	f.Add("t="+t0s+",v1="+good+",v1=00", []byte("hi!"), "", "")
	f.Add("", []byte("hi"), good, t0s)
	f.Add("v1=,t=", []byte("{ts}"), strings.ToUpper(good), "0"+t0s)
	f.Add("", []byte("hi"), hexMAC(secret16, "hi"), "")
	stripe := mustNew(f, Config{Provider: "stripe", Secrets: []string{secret16}})
	broxi := mustNew(f, Config{Provider: "broxi", Secrets: []string{secret16}, Options: opts{"scheme": "timestamped legacy"}})
	f.Fuzz(func(t *testing.T, kv string, body []byte, sig, ts string) {
		r := &Request{Header: http.Header{"Stripe-Signature": {kv}}, Body: body}
		if res, err := stripe.Verify(t0, r); err == nil {
			m := regexp.MustCompile(`(?:^|,)[ \t]*t[ \t]*=[ \t]*([0-9]+)[ \t]*(?:,|$)`).FindStringSubmatch(kv)
			if m == nil || !agrees(res.MAC(), m[1]+".", body) {
				t.Errorf("stripe accepts %q for %q", kv, body)
			}
		}
		r.Header = http.Header{"X-Broxi-Signature": {sig}}
		prefix := ""
		if ts != "" {
			r.Header["X-Broxi-Timestamp"] = []string{ts}
			prefix = strings.Trim(ts, " \t\r\n") + "."
		}
		if res, err := broxi.Verify(t0, r); err == nil && !agrees(res.MAC(), prefix, body) {
			t.Errorf("broxi accepts %q, %q for %q", sig, ts, body)
		}
	})
}

func agrees(sig []byte, prefix string, body []byte) bool {
	m := hmac.New(sha256.New, []byte(secret16))
	m.Write(append([]byte(prefix), body...))
	return bytes.Equal(m.Sum(nil), sig)
}

// FuzzTemplate: a template is refused, or equals what its parts say.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{body}", "{h:webhook-id|svix-id}.{ts}.{body}", "v0:{ts}:{body}", "{method}{path}", "{", "}", "{}", "{h:}", "{{body}}", "a}b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts, err := compileTemplate(s, "")
		if err != nil {
			return
		}
		var back strings.Builder
		for _, p := range parts {
			switch p.kind {
			case partLiteral:
				back.WriteString(p.literal)
			case partHeader:
				back.WriteString("{h:" + strings.Join(p.header.names, "|") + "}")
			case partOption:
				back.WriteString("{option:" + p.literal + "}")
			case partJSON, partForm:
				back.WriteString("{" + p.source.in + ":" + p.source.name + "}")
			default:
				for name, kind := range tokens {
					if kind == p.kind {
						back.WriteString("{" + name + "}")
					}
				}
			}
		}
		if !strings.EqualFold(back.String(), s) {
			t.Errorf("%q compiles to %q", s, back.String())
		}
	})
}

// FuzzIdentify: what encoding/json finds in a valid body without duplicates
// is what Identify finds, and it accepts nothing that encoding/json refuses.
// A body that is JSON gives the same when it is not read to its end.
func FuzzIdentify(f *testing.F) {
	for _, s := range []string{`{"id":"a","x":{"y":["z",1]}}`, `{"id":1e400}`, `{"id":"\u0061","id":2}`, `[[[[`, `{"x":{"y":[]},"x":1}`, `{"id":"\ud800"}`, "{\"id\":\"\xff\"}", `{"id":"a"} x`, ``, `{"\u0069d":null}`, `{"id":"a","x":{"y":[1]},"id":2}`, `{"id":"a","x":{"y":[1]},"\u0069d":2}`} {
		f.Add([]byte(s))
	}
	v := mustNew(f, Config{Provider: "none", Options: opts{"id": "json id", "event": "json x.y.0"}})
	f.Fuzz(func(t *testing.T, body []byte) {
		id, event, err := v.Identify(&Request{Body: body}, nil, true)
		if id2, event2, err2 := v.Identify(&Request{Body: body}, nil, false); !errors.Is(err, ErrNotJSON) && (id2 != id || event2 != event || !errors.Is(err2, err)) {
			t.Fatalf("%q: in part %q, %q, %v, whole %q, %q, %v", body, id2, event2, err2, id, event, err)
		}
		if err != nil {
			if json.Valid(body) && errors.Is(err, ErrNotJSON) && !stricter(body) {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		var root any
		if err := dec.Decode(&root); err != nil || !json.Valid(body) {
			t.Fatalf("%q: accepted, but %v", body, err)
		}
		if want := lookup(root, "id"); id != want {
			t.Errorf("%q: id = %q, want %q", body, id, want)
		}
		if want := lookup(root, "x", "y", "0"); event != want {
			t.Errorf("%q: event = %q, want %q", body, event, want)
		}
	})
}

// stricter reports whether a body may be refused that encoding/json lets
// pass: invalid UTF-8, lone surrogates.
func stricter(body []byte) bool {
	return !slices.Equal([]byte(strings.ToValidUTF8(string(body), "?")), body) || regexp.MustCompile(`\\u[dD][89a-fA-F]`).Match(body)
}

func lookup(v any, path ...string) string {
	for _, name := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	switch at := v.(type) {
	case string:
		return at
	case json.Number:
		return at.String()
	}
	return ""
}
