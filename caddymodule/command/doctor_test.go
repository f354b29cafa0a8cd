package command

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// findingsOf runs doctor on a Caddyfile and returns "check level text" lines.
func findingsOf(t *testing.T, caddyfile string, args ...string) (lines string, status int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "Caddyfile")
	write(t, file, caddyfile)
	r := execute(t, "", append([]string{"doctor", "--json", file}, args...)...)
	var fs []finding
	if err := json.Unmarshal([]byte(r.out), &fs); err != nil {
		t.Fatalf("%v: %s%s", err, r.out, r.err)
	}
	for _, f := range fs {
		lines += strings.Join([]string{f.Endpoint, f.Check, f.Level, f.Text}, " ") + "\n"
		if f.Level != levelOK && f.Fix == "" && f.Check != "upstream" && f.Check != "clock" {
			t.Errorf("%+v does not say what to do", f)
		}
	}
	return lines, r.status
}

func TestDoctorOffline(t *testing.T) {
	t.Setenv("LONG", "a-long-enough-secret-1")
	t.Setenv("ADDRESS", "https://hooks.example.com")
	t.Setenv("OTHER", "a-long-enough-secret-2")
	t.Setenv("SHORT", "shorty")
	t.Setenv("SPACED", " spaced-out-secret-of-mine")
	for _, tt := range []struct {
		name, site, want string
		status           int
	}{
		{"all is well", "webhook_gateway a {\nverify stripe {env.LONG}\nto app:1\n}", "a secrets ok 1 set and usable\n", 0},
		{"an unset variable", "webhook_gateway a {\nverify stripe {env.NOT_SET} {env.LONG}\nto app:1\n}", "a secrets fail secret 1: {env.NOT_SET} is not set", 1},
		{"a short secret", "webhook_gateway a {\nverify stripe {env.SHORT}\nto app:1\n}", "a secrets warn secret 1 is only 6 bytes long\n", 0},
		{"too short a secret", "webhook_gateway a {\nverify token {env.SHORT} {\nheader X\n}\nto app:1\n}", "secrets fail provider token: secret 1 is shorter than 8 bytes\n", 1},
		{"white space", "webhook_gateway a {\nverify stripe {env.SPACED}\nto app:1\n}", "secret 1 begins or ends with white space", 1},
		{"a secret in the configuration", "webhook_gateway a {\nverify stripe a-secret-for-all-to-see\nto app:1\n}", "secrets warn secret 1 is written in the configuration", 0},
		{"a secret that is no base64", "webhook_gateway a {\nverify standard-webhooks {env.LONG}\nto app:1\n}", "secrets fail provider standard-webhooks: secret 1 is not base64", 1},
		{"a secret for two", "webhook_gateway /a a {\nverify stripe {env.LONG}\nto app:1\n}\nwebhook_gateway /b b {\nverify github {env.LONG}\nto app:1\n}", "b secrets warn secret 1 is also that of the endpoint a\n", 0},
		{"a secret twice", "webhook_gateway a {\nverify stripe {env.LONG} {env.LONG}\nto app:1\n}", "a secrets warn secret 2 is there twice\n", 0},
		{"an option from the environment", "webhook_gateway a {\nverify twilio {env.LONG} {\nurl {env.ADDRESS}\n}\nto app:1\n}", "a options ok provider twilio, all options acceptable\n", 0},
		{"an option that is not set", "webhook_gateway a {\nverify twilio {env.LONG} {\nurl {env.NOT_SET}\n}\nto app:1\n}", "a options fail verify: option url: {env.NOT_SET} is not set", 1},
		{"any topic", "webhook_gateway a {\nverify aws-sns {\ntopic *\n}\nto app:1\n}", "a topic warn is *: messages of anyone", 0},
		{"a topic", "webhook_gateway a {\nverify aws-sns {\ntopic arn:aws:sns:us-east-1:1:a\n}\nto app:1\n}", "a secrets ok none needed", 0},
		{"no verification", "webhook_gateway a {\nverify none\nto app:1\n}", "a secrets warn verify none: anyone", 0},
		{"no idempotency", "webhook_gateway a {\nverify stripe {env.LONG}\nidempotency off\nto app:1\n}", "a idempotency warn is off", 0},
		{"a small limit", "webhook_gateway a {\nverify github {env.LONG}\nmax_body 1MiB\nto app:1\n}", "a max_body warn 1048576 bytes, but the provider sends up to 26214400\n", 0},
		{"an allowlist in front", "webhook_gateway a {\nverify stripe {env.LONG}\nallow_ips 192.0.2.1\nto app:1\n}", "a allow_ips ok the senders' addresses are known\n", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, status := findingsOf(t, "hooks.example.com {\n"+tt.site+"\n}", "--offline")
			if !strings.Contains(lines, tt.want) || status != tt.status {
				t.Errorf("status %d:\n%s\nwant %d, %s", status, lines, tt.status, tt.want)
			}
			for _, secret := range []string{"long-enough", "shorty", "spaced-out", "for-all-to-see"} {
				if strings.Contains(lines, secret) {
					t.Errorf("a secret is shown:\n%s", lines)
				}
			}
		})
	}
}

func TestDoctorBehindAProxy(t *testing.T) {
	t.Setenv("LONG", "a-long-enough-secret-1")
	for options, want := range map[string]string{
		"": "allow_ips warn there are no trusted_proxies",
		"servers {\ntrusted_proxies static private_ranges\n}":                                          "allow_ips warn the left-most address",
		"servers {\ntrusted_proxies static private_ranges\ntrusted_proxies_strict\n}":                  "allow_ips ok",
		"servers {\ntrusted_proxies static private_ranges\nclient_ip_headers CF-Connecting-IP\n}":      "allow_ips ok",
		"servers {\ntrusted_proxies static private_ranges\nclient_ip_headers X-Forwarded-For Other\n}": "allow_ips warn the left-most",
	} {
		lines, _ := findingsOf(t, "{\n"+options+"\n}\nhttp://127.0.0.1:8080 {\nbind 127.0.0.1\nroute {\nhandle /x {\nwebhook_gateway a {\nverify stripe {env.LONG}\nallow_ips 192.0.2.1\nto app:1\n}\n}\n}\n}", "--offline")
		if !strings.Contains(lines, want) {
			t.Errorf("%s:\n%s\nwant %s", options, lines, want)
		}
	}
}

// upstream answers with a Date that is off.
func upstream(t *testing.T, off time.Duration, start func(http.Handler) *httptest.Server) string {
	t.Helper()
	s := start(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestDoctorOnline(t *testing.T) {
	t.Setenv("LONG", "a-long-enough-secret-1")
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, tt := range []struct {
		name, to, want string
		status         int
	}{
		{"in step", upstream(t, 0, httptest.NewServer), "clock ok in step", 0},
		{"a bit off", upstream(t, -time.Minute, httptest.NewServer), "clock warn 1m", 0},
		{"far off", upstream(t, time.Hour, httptest.NewServer), "more than the 5m0s by which", 1},
		{"an unknown authority", upstream(t, 0, httptest.NewTLSServer), "tls fail 127.0.0.1:", 1},
		{"not there", gone.URL, "not reachable", 1},
		{"known later", "{http.request.host}:1", "upstream warn {http.request.host}:1: known only when", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines, status := findingsOf(t, "hooks.example.com {\nwebhook_gateway a {\nverify stripe {env.LONG}\nto "+tt.to+"\n}\n}")
			if !strings.Contains(lines, tt.want) || status != tt.status {
				t.Errorf("status %d:\n%s\nwant %d, %s", status, lines, tt.status, tt.want)
			}
		})
	}
	t.Run("a certificate that nobody verifies", func(t *testing.T) {
		lines, status := findingsOf(t, "hooks.example.com {\nwebhook_gateway a {\nverify github {env.LONG}\ndeliver {\nreverse_proxy "+
			upstream(t, time.Hour, httptest.NewTLSServer)+" {\ntransport http {\ntls_insecure_skip_verify\n}\n}\n}\n}\n}")
		for _, want := range []string{"a tls warn", "a tls ok 127.0.0.1", "a clock warn "} {
			if !strings.Contains(lines, want) || status != 0 {
				t.Errorf("status %d:\n%s\nwant 0, %s", status, lines, want)
			}
		}
	})
}

func TestDoctorForPeople(t *testing.T) {
	file := filepath.Join(t.TempDir(), "caddy.json")
	write(t, file, `{"apps":{"http":{"servers":{
		"b":{"listen":[":443"],"routes":[{"handle":[{"handler":"webhook_gateway","name":"b","verify":{"provider":"none"},"deliver":[{"routes":[{}]}]}]}]},
		"a":{"listen":[":443"],"routes":[{"handle":[{"handler":"subroute","routes":[{"handle":[{"handler":"webhook_gateway","name":"a b","verify":{"provider":"x"}}]}]}]}]},
		"c":{"listen":[":443"],"routes":[{"handle":[{"handler":"webhook_gateway","name":"b","verify":{"provider":"none"},"deliver":[{"routes":[{}]}]}]}]}}}}}`)
	r := execute(t, "", "doctor", file)
	want := `a b
  ✗ options: name: "a b" is not 1 to 64 letters, digits, _ and -
      → the server does not start with it; correct it
  ✗ options: verify: unknown provider
      → the server does not start with it; correct it
  ✗ options: deliver: there is no destination
      → the server does not start with it; correct it
b
  ✓ options: provider none, all options acceptable
  ! secrets: verify none: anyone who knows the address can send
      → use the provider's own way of signing, or at least allow_ips
  ✓ upstream: none in the configuration to be checked
2 ok, 1 warnings, 3 failures
`
	if r.status != 1 || r.out != want || r.err != "" {
		t.Errorf("status %d, %s\n%s", r.status, r.err, r.out)
	}
}

func TestDoctorUnusable(t *testing.T) {
	for name, text := range map[string]string{
		"caddy.json":  "{",
		"Caddyfile":   "hooks.example.com {\nwebhook_gateway a {\nverify nobody\n}\n}",
		"plain":       "hooks.example.com {\nrespond ok\n}",
		"shape.json":  `{"apps":{"http":{"servers":{"a":{"routes":[{"handler":"webhook_gateway","verify":3}]}}}}}`,
		"server.json": `{"apps":{"http":{"servers":{"a":[]}}}}`,
	} {
		file := filepath.Join(t.TempDir(), name)
		write(t, file, text)
		if r := execute(t, "", "doctor", file); r.status != 2 || r.out != "" || strings.Count(r.err, "\n") != 1 {
			t.Errorf("%s: status %d, out %q, err %q", name, r.status, r.out, r.err)
		}
	}
	file := filepath.Join(t.TempDir(), "x")
	write(t, file, "")
	execute(t, "", "doctor", "--adapter", "toml", file).wants(t, 2, "", `unknown config adapter "toml"`)
}
