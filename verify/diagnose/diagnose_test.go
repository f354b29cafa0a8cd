package diagnose

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

var t0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type opts = map[string]string

const (
	secret  = "correct-horse-battery"
	secret2 = "another-secret-battery"
	whsec   = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

var github = verify.Config{Provider: "github", Secrets: []string{secret}}

func config(provider, secret string, o opts) verify.Config {
	return verify.Config{Provider: provider, Secrets: []string{secret}, Options: o}
}

// request is signed with c at t0; body and header are as they are sent.
func request(t *testing.T, c verify.Config, body string, h http.Header) *verify.Request {
	t.Helper()
	r := &verify.Request{Method: "POST", URI: "/in?a=1", Header: h.Clone(), Body: []byte(body)}
	if r.Header == nil {
		r.Header = http.Header{"Content-Type": {"application/json"}}
	}
	s, err := verify.NewSigner(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(t0, r); err != nil {
		t.Fatal(err)
	}
	return r
}

func names(r Report) (all []string) {
	for _, c := range r.Causes {
		all = append(all, c.Name)
	}
	return all
}

// received makes a request arrive with another body.
func received(body string) func(*verify.Request) {
	return func(r *verify.Request) { r.Body = []byte(body) }
}

func edited(change func(string) string) func(*verify.Request) {
	return func(r *verify.Request) { r.Body = []byte(change(string(r.Body))) }
}

func setHeader(name string, change func(string) string) func(*verify.Request) {
	return func(r *verify.Request) { r.Header.Set(name, change(r.Header.Get(name))) }
}

const (
	hub    = "X-Hub-Signature-256"
	plain  = `{"id":"evt_1","type":"x","data":{"n":1.50,"u":"a/b"}}`
	spacey = `{"id": "evt_1", "type": "x", "data": {"n": 1.50, "u": "a/b"}}`
	umlaut = `{"name":"Zoë 😀","u":"a/b","h":"<b>&"}`
)

var form = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}

// TestCauses: a request is signed, spoilt in one way, and the way is found.
func TestCauses(t *testing.T) {
	hmac := func(o opts) verify.Config {
		o["header"] = "X-Sig"
		return config("hmac", secret, o)
	}
	stripe := config("stripe", secret, nil)
	svix := config("svix", whsec, nil)
	twilio := func(u string) verify.Config { return config("twilio", secret, opts{"url": u}) }
	hmacRaw := func(key string) verify.Config { return config("hmac", key, opts{"header": "X-Sig"}) }
	bytesOf := func(n int) string { return strings.Repeat("k\x80", n) }
	tests := []struct {
		name   string
		signed verify.Config
		body   string
		h      http.Header
		spoil  func(*verify.Request)
		with   verify.Config
		after  time.Duration
		want   string // name of the first cause
		text   string // in its text
		step   string
	}{
		// The body.
		{"newline at the end", github, plain, nil, received(plain + "\n"), github, 0, "newline_added", "line end", "The secret does not match."},
		{"CRLF at the end", github, plain, nil, received(plain + "\r\n"), github, 0, "newline_added", "line end", ""},
		{"newline trimmed", github, plain + "\n", nil, received(plain), github, 0, "newline_removed", `\n`, ""},
		{"CRLF trimmed", github, plain + "\r\n", nil, received(plain), github, 0, "newline_removed", `\r\n`, ""},
		{"white space around", github, plain, nil, received("  " + plain + " "), github, 0, "whitespace_added", "white space", ""},
		{"BOM added", github, plain, nil, received("\ufeff" + plain), github, 0, "bom_added", "byte order mark", ""},
		{"BOM removed", github, "\ufeff" + plain, nil, received(plain), github, 0, "bom_removed", "byte order mark", ""},
		{"LF became CRLF", github, "{\n\"a\":1\n}", nil, received("{\r\n\"a\":1\r\n}"), github, 0, "line_ends", `signed \n,`, ""},
		{"CRLF became LF", github, "{\r\n\"a\":1\r\n}", nil, received("{\n\"a\":1\n}"), github, 0, "line_ends", `signed \r\n,`, ""},
		{"spaces removed", github, spacey, nil, received(plain), github, 0, "json_rewritten", "json.dumps", "Signed is: body (53 bytes)."},
		{"spaces added", github, plain, nil, received(spacey), github, 0, "json_rewritten", "without white space", ""},
		{"indentation removed", github, "{\n  \"a\": [\n    1,\n    2\n  ]\n}", nil, received(`{"a":[1,2]}`), github, 0, "json_rewritten", "2 spaces", ""},
		{"indentation of 4", github, "{\n    \"a\": 1\n}", nil, received(`{"a":1}`), github, 0, "json_rewritten", "4 spaces", ""},
		{"indentation of tabs", github, "{\n\t\"a\": 1\n}", nil, received(`{"a":1}`), github, 0, "json_rewritten", "tabs", ""},
		{"indented, with a line end", github, "{\n  \"a\": 1\n}\n", nil, received(`{"a":1}`), github, 0, "json_rewritten", "line end", ""},
		{"members were sorted", github, `{"a":1,"b":2}`, nil, received(`{"b":2,"a":1}`), github, 0, "json_rewritten", "sorted", ""},
		{"Python's escapes", github, `{"name":"Zo\u00eb \ud83d\ude00","u":"a/b","h":"<b>&"}`, nil, received(umlaut), github, 0, "json_rewritten", "as Python does", ""},
		{"Python's escapes and spaces", github, `{"name": "Zo\u00eb \ud83d\ude00", "u": "a/b", "h": "<b>&"}`, nil, received(umlaut), github, 0, "json_rewritten", "as Python does", ""},
		{"escapes removed by Python", github, umlaut, nil, received(`{"name":"Zo\u00eb \ud83d\ude00","u":"a/b","h":"<b>&"}`), github, 0, "json_rewritten", "as JavaScript does", ""},
		{"PHP's slashes", github, `{"name":"Zo\u00eb \ud83d\ude00","u":"a\/b","h":"<b>&"}`, nil, received(umlaut), github, 0, "json_rewritten", "as PHP does", ""},
		{"Go's escapes", github, `{"name":"Zoë 😀","u":"a/b","h":"\u003cb\u003e\u0026"}`, nil, received(umlaut), github, 0, "json_rewritten", "as Go does", ""},
		{"escaped by Go", github, umlaut, nil, received(`{"name":"Zoë 😀","u":"a/b","h":"\u003cb\u003e\u0026"}`), github, 0, "json_rewritten", "as JavaScript does", ""},
		{"form: plus for %20", github, "a=b%20c&d=%2F", form, received("a=b+c&d=%2F"), github, 0, "form_rewritten", "%20", ""},
		{"form: %20 for plus", github, "a=b+c&d=%2F", form, received("a=b%20c&d=%2F"), github, 0, "form_rewritten", "+", ""},
		{"form: lower-case escapes", github, "a=b&d=%2f", form, received("a=b&d=%2F"), github, 0, "form_rewritten", "lower-case", ""},
		{"payload unwrapped", github, "payload=" + url.QueryEscape(plain), form, received(plain), github, 0, "payload_unwrapped", "payload", ""},
		{"payload wrapped", github, plain, nil, received("payload=" + url.QueryEscape(plain)), github, 0, "payload_wrapped", "payload", ""},
		{"base64 of the body", github, plain, nil, received(base64.StdEncoding.EncodeToString([]byte(plain))), github, 0, "body_base64", "gateways", ""},
		{"JSON in a JSON string", github, plain, nil, edited(func(s string) string { b, _ := json.Marshal(s); return string(b) }), github, 0, "body_quoted", "twice", ""},
		{"compressed", github, plain, nil, edited(zipped), github, 0, "body_gzip", "gzip", ""},
		{"decompressed", github, zipped(plain), nil, received(plain), github, 0, "body_decompressed", "gzip", ""},
		{"Latin-1 to UTF-8", github, "na\xefve", nil, received("naïve"), github, 0, "charset", "from Latin-1", ""},
		{"UTF-8 to Latin-1", github, "naïve", nil, received("na\xefve"), github, 0, "charset", "from UTF-8", ""},

		// The secret.
		{"secret with a newline", github, plain, nil, nil, config("github", secret+"\n", nil), 0, "secret_newline", "Secret 1 ends with a newline", "The configuration cannot be used"},
		{"secret with a space", github, plain, nil, nil, config("github", " "+secret, nil), 0, "secret_whitespace", "white space", ""},
		{"secret in quotes", github, plain, nil, nil, config("github", `"`+secret+`"`, nil), 0, "secret_quotes", "quotes", "The secret does not match."},
		{"secret URL-encoded", config("github", "a/b c-secret", nil), plain, nil, nil, config("github", "a%2Fb%20c-secret", nil), 0, "secret_url_encoded", "Decode", ""},
		{"secret with a prefix", config("github", "abc-def", nil), plain, nil, nil, config("github", "whsec_abc-def", nil), 0, "secret_prefix", "prefix", ""},
		{"secret without its prefix", config("stripe", "whsec_abc", nil), plain, nil, nil, config("stripe", "abc", nil), 0, "secret_prefix_missing", "whsec_", ""},
		{"v1, before whsec_", svix, plain, nil, nil, config("svix", "v1,"+whsec, nil), 0, "secret_prefix", "prefix", "The configuration cannot be used"},
		{"base64 secret taken raw", hmacRaw(bytesOf(9)), plain, nil, nil, hmacRaw(base64.StdEncoding.EncodeToString([]byte(bytesOf(9)))), 0, "secret_base64", "must be decoded", ""},
		{"key that ends with a space", config("hmac", hex.EncodeToString([]byte(bytesOf(9)+" ")), opts{"header": "X-Sig", "key": "hex"}), plain, nil, nil, hmacRaw(hex.EncodeToString([]byte(bytesOf(9) + " "))), 0, "secret_hex", "must be decoded", ""},
		{"hex secret taken raw", hmacRaw(bytesOf(9)), plain, nil, nil, hmacRaw(hex.EncodeToString([]byte(bytesOf(9)))), 0, "secret_hex", "must be decoded", ""},
		{"raw secret decoded", config("svix", base64.StdEncoding.EncodeToString([]byte(whsec)), nil), plain, nil, nil, svix, 0, "secret_raw", "as they are", ""},
		{"second secret in quotes", github, plain, nil, nil, verify.Config{Provider: "github", Secrets: []string{secret2, "'" + secret + "'"}}, 0, "secret_quotes", "Secret 2", "None of the 2 secrets matches."},
		{"placeholder of Caddy", github, plain, nil, nil, config("github", "{env.GITHUB_SECRET}", nil), 0, "secret_placeholder", "Secret 1", ""},
		{"placeholder of a shell", github, plain, nil, nil, config("github", "$GITHUB_SECRET", nil), 0, "secret_placeholder", "variable", ""},
		{"placeholder that is not base64", svix, plain, nil, nil, config("svix", "{env.SVIX}", nil), 0, "secret_placeholder", "variable", "is not base64"},
		{"another secret", github, plain, nil, nil, config("github", secret2, nil), 0, "wrong_secret", "https://docs.github.com", "The secret does not match."},
		{"another password", config("basic", "user:password1", nil), plain, nil, nil, config("basic", "user:password2", nil), 0, "wrong_secret", "carries", "holds a user and a password"},

		// The headers.
		{"prefix missing", github, plain, nil, setHeader(hub, func(s string) string { return strings.TrimPrefix(s, "sha256=") }), github, 0, "prefix_missing", "sha256=", "cannot be read"},
		{"prefix too many", config("gitea", secret, nil), plain, nil, setHeader("X-Gitea-Signature", func(s string) string { return "sha256=" + s }), config("gitea", secret, nil), 0, "prefix_extra", "which has none", ""},
		{"base64 for hex", github, plain, nil, setHeader(hub, toBase64), github, 0, "encoding", "not written in hex", ""},
		{"in quotes", github, plain, nil, setHeader(hub, func(s string) string { return `"` + s + `"` }), github, 0, "header_quotes", "quotes", ""},
		{"URL-encoded", github, plain, nil, setHeader(hub, url.QueryEscape), github, 0, "header_url_encoded", "URL-encoded", ""},
		{"on two lines", github, plain, nil, func(r *verify.Request) { r.Header.Add(hub, "sha256=00") }, github, 0, "header_repeated", "2 times", "is there 2 times"},
		{"two in a line", github, plain, nil, setHeader(hub, func(s string) string { return s + ", sha256=00" }), github, 0, "header_joined", "one line", ""},
		{"another name", github, plain, nil, moved(hub, "X-Signature"), github, 0, "header_other", "X-Signature", "is missing"},
		{"underscores", github, plain, nil, moved(hub, "HTTP_X_HUB_SIGNATURE_256"), github, 0, "header_name", "HTTP_X_NAME", ""},
		{"lower case", github, plain, nil, moved(hub, "x-hub-signature-256"), github, 0, "header_name", "HTTP_X_NAME", ""},
		{"token in the query", config("token", secret, nil), plain, nil, func(r *verify.Request) { r.Header.Del("X-Api-Key"); r.URI = "/in?key=" + secret }, config("token", secret, nil), 0, "in_query", "key", ""},
		{"removed", github, plain, nil, func(r *verify.Request) { r.Header.Del(hub) }, github, 0, "signature_missing", "no secret", "is missing"},
		{"empty", config("gitea", secret, nil), plain, nil, setHeader("X-Gitea-Signature", func(string) string { return "" }), config("gitea", secret, nil), 0, "signature_empty", "does not sign", "is there, but empty"},
		{"Authorization removed", config("bearer", secret, nil), plain, nil, func(r *verify.Request) { r.Header.Del("Authorization") }, config("bearer", secret, nil), 0, "authorization_missing", "Proxies", ""},
		{"Bearer missing", config("bearer", secret, nil), plain, nil, setHeader("Authorization", func(s string) string { return s[7:] }), config("bearer", secret, nil), 0, "prefix_missing", "Bearer", ""},
		{"signed header removed", svix, plain, nil, func(r *verify.Request) { r.Header.Del("Svix-Id") }, svix, 0, "header_missing", "svix-id", "Required and missing: the header Svix-Id"},
		{"rubbish", github, plain, nil, setHeader(hub, func(string) string { return "sha256=zz" }), github, 0, "signature_malformed", "not written", "cannot be"},

		// The scheme.
		{"another scheme of the provider", config("github", secret, opts{"scheme": "sha1"}), plain, nil, nil, github, 0, "other_scheme", "it is weaker than sha256", ""},
		{"another provider", github, plain, http.Header{"X-Github-Delivery": {"1"}, "X-Github-Event": {"push"}}, nil, config("shopify", secret, nil), 0, "other_provider", "GitHub", ""},
		{"a token for a signature", config("bearer", secret, nil), plain, nil, nil, github, 0, "other_provider", "Bearer", ""},
		{"SHA-512", hmac(opts{"algorithm": "sha512"}), plain, nil, nil, hmac(opts{}), 0, "algorithm", "sha512", ""},
		{"base64", hmac(opts{"encoding": "base64", "algorithm": "sha1"}), plain, nil, nil, hmac(opts{}), 0, "algorithm", "base64", ""},
		{"path is signed", hmac(opts{"content": "{uri}{body}"}), plain, nil, nil, hmac(opts{}), 0, "content", "{uri}{body}", ""},
		{"a list", hmac(opts{"signatures": "list v1"}), plain, nil, nil, hmac(opts{}), 0, "signature_form", "list v1", ""},
		{"a pair with a timestamp", hmac(opts{"signatures": "kv v1 t", "content": "{ts}.{body}"}), plain, nil, nil, hmac(opts{}), 0, "signature_form", "kv v1 t", ""},

		// The clock.
		{"old", stripe, plain, nil, nil, stripe, 12 * time.Minute, "stale", "The signature is right; the request is 12 minutes old", "timestamp 1767225600 (2026-01-01 00:00:00 UTC), which is 12 minutes old; 5 minutes are allowed."},
		{"ahead", stripe, plain, nil, nil, stripe, -12 * time.Minute, "future", "12 minutes ahead", "The signature is right; the time is not"},
		{"old, and another secret", stripe, plain, nil, nil, config("stripe", secret2, nil), 12 * time.Minute, "wrong_secret", "", "The secret does not match."},
		{"old, and a newline", stripe, plain, nil, received(plain + "\n"), stripe, 30 * 24 * time.Hour, "newline_added", "", "30 days old"},
		{"milliseconds", hmac(opts{"signatures": "kv v1 t", "content": "{ts}.{body}", "unit": "ms"}), plain, nil, nil, hmac(opts{"signatures": "kv v1 t", "content": "{ts}.{body}"}), 0, "timestamp_unit", "ms", "not written as seconds"},
		{"time converted", config("slack", secret, nil), plain, nil, setHeader("X-Slack-Request-Timestamp", func(s string) string { return s + "000" }), config("slack", secret, nil), 0, "timestamp_changed", "anew", ""},
		{"option tolerance", stripe, plain, nil, nil, config("stripe", secret, opts{"tolerance": "10s"}), time.Minute, "tolerance", "10 seconds", ""},
		{"timestamp missing", config("slack", secret, nil), plain, nil, func(r *verify.Request) { r.Header.Del("X-Slack-Request-Timestamp") }, config("slack", secret, nil), 0, "timestamp_missing", "", ""},

		// The address.
		{"http for https", twilio("https://a.example/in"), "A=1", form, nil, twilio("http://a.example/in"), 0, "url_wrong", "other of http and https", ""},
		{"slash at the end", twilio("https://a.example/in/"), "A=1", form, nil, twilio("https://a.example/in"), 0, "url_wrong", "with a slash", ""},
		{"no slash at the end", config("square", secret, opts{"url": "https://a.example/x"}), plain, nil, nil, config("square", secret, opts{"url": "https://a.example/x/"}), 0, "url_wrong", "without the slash", ""},
		{"no query", config("square", secret, opts{"url": "https://a.example/x"}), plain, nil, nil, config("square", secret, opts{"url": "https://a.example/x?b=2"}), 0, "url_wrong", "without the query", ""},
		{"request's path", twilio("https://a.example/in?a=1"), "A=1", form, nil, twilio("https://a.example/other"), 0, "url_wrong", "path and query of the request", ""},
		{"port", config("square", secret, opts{"url": "https://a.example/x"}), plain, nil, nil, config("square", secret, opts{"url": "https://a.example:8443/x"}), 0, "url_wrong", "without the port", ""},
		{"default port", config("square", secret, opts{"url": "https://a.example:443/x"}), plain, nil, nil, config("square", secret, opts{"url": "https://a.example/x"}), 0, "url_wrong", "with the port", ""},
		{"host of the request", config("square", secret, opts{"url": "https://b.example/x"}), plain, http.Header{"X-Forwarded-Host": {"b.example"}}, nil, config("square", secret, opts{"url": "https://a.example/x"}), 0, "url_wrong", "X-Forwarded-Host", ""},
		{"option url missing", config("square", secret, opts{"url": "https://b.example/in?a=1"}), plain, http.Header{"Host": {"b.example"}}, nil, config("square", secret, nil), 0, "url_missing", "Host", "option url is required"},

		// What only speaks for a cause.
		{"cut off", github, plain, nil, func(r *verify.Request) { r.Header.Set("Content-Length", "53"); r.Body = r.Body[:20] }, github, 0, "body_length", "53 bytes", ""},
		{"body read before", github, plain, nil, received(""), github, 0, "body_empty", "empty", ""},
		{"unknown provider", github, plain, nil, nil, config("githup", secret, nil), 0, "configuration", "no such provider", "cannot be used"},
		{"option wrong", github, plain, nil, nil, config("github", secret, opts{"scheme": "md5"}), 0, "configuration", "option scheme", "cannot be used"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, tt.signed, tt.body, tt.h)
			if tt.spoil != nil {
				tt.spoil(r)
			}
			before := r.Header.Clone()
			got := Explain(tt.with, t0.Add(tt.after), r)
			if got.Valid || got.Err == nil {
				t.Fatalf("Explain = %+v, want a refusal", got)
			}
			if len(got.Causes) == 0 || got.Causes[0].Name != tt.want || !strings.Contains(got.Causes[0].Text, tt.text) {
				t.Errorf("Causes = %q, want %s %q first", got.Causes, tt.want, tt.text)
			}
			if !strings.Contains(strings.Join(got.Steps, "\n"), tt.step) {
				t.Errorf("Steps = %q, want %q", got.Steps, tt.step)
			}
			if !equal(before, r.Header) {
				t.Error("Explain changed the request")
			}
			silent(t, tt.signed, tt.with, r, got)
		})
	}
}

func equal(a, b http.Header) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func moved(from, to string) func(*verify.Request) {
	return func(r *verify.Request) {
		r.Header[to] = r.Header[from]
		delete(r.Header, from)
	}
}

func toBase64(s string) string {
	b, _ := hex.DecodeString(strings.TrimPrefix(s, "sha256="))
	return "sha256=" + base64.StdEncoding.EncodeToString(b)
}

func zipped(s string) string {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return buf.String()
}

// silent fails if a report holds a secret, the signature that was sent, or the
// one that would be right for the body as it came.
func silent(t *testing.T, signed, with verify.Config, r *verify.Request, got Report) {
	t.Helper()
	said := fmt.Sprintf("%+v", got)
	var forbidden []string
	for _, c := range []verify.Config{signed, with} {
		for _, s := range c.Secrets {
			forbidden = append(forbidden, s, strings.TrimPrefix(strings.TrimSpace(s), "whsec_"))
		}
		forbidden = append(forbidden, macs(c, r)...)
	}
	for _, s := range forbidden {
		if len(s) > 3 && strings.Contains(said, s) {
			t.Errorf("the report holds %q: %s", s, said)
		}
	}
}

// macs are the MACs of r for c, at the time it was signed, in all encodings.
func macs(c verify.Config, r *verify.Request) (all []string) {
	s, err := verify.NewSigner(c)
	if err != nil {
		return nil
	}
	again := *r
	again.Header, again.Body = r.Header.Clone(), slices.Clone(r.Body)
	if s.Sign(t0, &again) != nil {
		return nil
	}
	v, err := verify.New(c)
	if err != nil {
		return nil
	}
	defer v.Close()
	for _, request := range []*verify.Request{r, &again} {
		if res, err := v.Verify(t0, request); err == nil && len(res.MAC()) > 0 {
			all = append(all, hex.EncodeToString(res.MAC()), base64.StdEncoding.EncodeToString(res.MAC()), base64.URLEncoding.EncodeToString(res.MAC()))
		}
	}
	return all
}

func TestValid(t *testing.T) {
	c := verify.Config{Provider: "stripe", Secrets: []string{secret2, secret}}
	got := Explain(c, t0.Add(time.Minute), request(t, config("stripe", secret, nil), plain, nil))
	want := []string{
		"Provider Stripe, scheme default: HMAC-SHA256 over <timestamp>.<body>, in the header Stripe-Signature.",
		"The header Stripe-Signature holds 1 signature of version v1 and the timestamp 1767225600 (2026-01-01 00:00:00 UTC), which is 1 minute old; 5 minutes are allowed.",
		`Signed is: timestamp "1767225600" + "." + body (53 bytes).`,
		"Secret 2 matches.",
	}
	if !slices.Equal(got.Steps, want) {
		t.Errorf("Steps = %q, want %q", got.Steps, want)
	}
	if !got.Valid || got.Err != nil || got.Scheme != "default" || got.Secret != 2 || got.ID != "evt_1" || got.Event != "x" || got.Causes != nil {
		t.Errorf("Explain = %+v", got)
	}
}

// The clock is said besides what else is wrong, and local time is recognised.
func TestClockBesides(t *testing.T) {
	c := config("stripe", secret, nil)
	r := request(t, c, plain, nil)
	if got := names(Explain(c, t0.Add(2*time.Hour), r)); !slices.Equal(got, []string{"stale", "timezone"}) {
		t.Errorf("two hours later: %q", got)
	}
	if got := names(Explain(c, t0.Add(2*time.Hour+10*time.Minute), r)); !slices.Equal(got, []string{"stale"}) {
		t.Errorf("two hours and ten minutes later: %q", got)
	}
	r.Body = append(r.Body, '\n')
	got := Explain(c, t0.Add(10*time.Minute), r)
	if !slices.Equal(names(got), []string{"newline_added", "stale"}) || !strings.HasPrefix(got.Causes[1].Text, "Besides, ") || !errors.Is(got.Err, verify.ErrStale) {
		t.Errorf("ten minutes later, with a newline: %+v", got)
	}
}

// A request that repeats the secret where ids are does not make it known.
func TestRedacted(t *testing.T) {
	h := http.Header{"X-Github-Delivery": {secret}, "X-Github-Event": {"push"}}
	got := Explain(github, t0, request(t, github, plain, h))
	if !got.Valid || got.ID != "[secret]" {
		t.Errorf("Explain = %+v", got)
	}
}

// What comes from a request cannot steer a terminal.
func TestNoControlCharacters(t *testing.T) {
	c := config("stripe", secret, nil)
	r := request(t, c, plain, nil)
	r.Header.Set("Stripe-Signature", "t=1\x1b[31m\u202e,v1=00")
	got := Explain(c, t0, r)
	said := strings.Join(got.Steps, "")
	for _, cause := range got.Causes {
		said += cause.Text
	}
	for _, r := range said {
		if r < ' ' || r > '~' {
			t.Fatalf("%q in %q", r, said)
		}
	}
}

// TestBounded: the work does not grow with what a request holds.
func TestBounded(t *testing.T) {
	value := func(n int) string { return `{"a":"` + strings.Repeat("é/<x> ", n/7) + `"}` }
	many := verify.Config{Provider: "hmac", Options: opts{"header": "X-Sig"}}
	for i := range 20 {
		many.Secrets = append(many.Secrets, strings.Repeat(string(rune('a'+i)), 20))
	}
	tests := []struct {
		name string
		c    verify.Config
		size int
		most int // verifications
	}{
		{"small", github, 1000, 100},
		{"just what is rewritten", github, maxRewritten - 100, 100},
		{"1 MiB and more", github, 2 << 20, 30},
		{"small, 20 secrets", many, 1000, maxVerifications},
		{"25 MiB, 20 secrets", many, 25 << 20, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, config(tt.c.Provider, "made with quite another", tt.c.Options), value(tt.size), nil)
			for _, name := range []string{"A-Sign", "B-Sign", "C-Sign", "D-Sign", "E-Token", "F-Token", "G-Token", "H-Token", "I-Token"} {
				r.Header.Set(name, "x")
			}
			r.URI = "/in?" + strings.Repeat("token=1&sign=2&", 500)
			e := &explainer{config: tt.c, now: t0, request: r, left: maxVerifications}
			e.provider, _ = verify.Lookup(tt.c.Provider)
			e.verifier, _ = verify.New(tt.c)
			e.explainRequest()
			used := maxVerifications - e.left
			if used > tt.most || e.left < 0 || e.hashed > maxHashed {
				t.Errorf("%d verifications of %d bytes, at most %d of %d", used, e.hashed, tt.most, maxHashed)
			}
			if got := names(e.report); !slices.Equal(got, []string{"wrong_secret"}) {
				t.Errorf("causes %q", got)
			}
			if big := tt.size > maxRewritten; big != strings.Contains(strings.Join(e.report.Steps, ""), "Not everything was tried") && tt.c.Provider == "github" {
				t.Errorf("Steps = %q", e.report.Steps)
			}
		})
	}
}
