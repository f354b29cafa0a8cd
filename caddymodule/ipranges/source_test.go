package ipranges

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func TestValidate(t *testing.T) {
	const place = "url: it must be https"
	tests := []struct {
		odd, config string
		want        string // in the error; "": none
	}{
		{"the provider alone", `{"provider": "github"}`, ""},
		{"all options", `{"provider": "github", "url": "https://mirror.example/github", "refresh": "1m"}`, ""},
		{"no provider", `{}`, `provider "" does not publish`},
		{"unknown provider", `{"provider": "nobody"}`, `provider "nobody" does not publish its addresses for programs; these do: `},
		{"provider without a list", `{"provider": "hmac"}`, `github`},
		{"http", `{"provider": "github", "url": "http://mirror.example/github"}`, place},
		{"http on this machine", `{"provider": "github", "url": "http://127.0.0.1:8000/github"}`, ""},
		{"http on this machine, IPv6", `{"provider": "github", "url": "http://[::1]:8000/github"}`, ""},
		{"http on localhost", `{"provider": "github", "url": "http://localhost/github"}`, ""},
		{"http on a host that looks like localhost", `{"provider": "github", "url": "http://localhost.example/github"}`, place},
		{"http in the local network", `{"provider": "github", "url": "http://10.0.0.1/github"}`, place},
		{"file", `{"provider": "github", "url": "file:///etc/passwd"}`, place},
		{"no host", `{"provider": "github", "url": "https:///github"}`, place},
		{"no scheme", `{"provider": "github", "url": "mirror.example/github"}`, place},
		{"a user", `{"provider": "github", "url": "https://u:hush@mirror.example/github"}`, place},
		{"a query", `{"provider": "github", "url": "https://mirror.example/github?token=hush"}`, place},
		{"a fragment", `{"provider": "github", "url": "https://mirror.example/github#hush"}`, place},
		{"too often", `{"provider": "github", "refresh": "59s"}`, "refresh: 59s is shorter than 1m"},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			s := new(Source)
			if err := json.Unmarshal([]byte(tt.config), s); err != nil {
				t.Fatal(err)
			}
			err := s.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate = %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestUnmarshalCaddyfile(t *testing.T) {
	tests := []struct {
		odd, text string
		want      string // the JSON, or in the error
	}{
		{"the provider alone", "webhook_provider github", `{"provider":"github"}`},
		{"all options", "webhook_provider github {\nurl https://mirror.example/github\nrefresh 1d12h\n}", `{"provider":"github","url":"https://mirror.example/github","refresh":"36h0m0s"}`},
		{"no provider", "webhook_provider", "wrong argument count"},
		{"two providers", "webhook_provider github stripe", "wrong argument count"},
		{"unknown provider", "webhook_provider nobody", "these do: "},
		{"unknown option", "webhook_provider github {\nevery 1h\n}", `unrecognized option "every"; have refresh, url`},
		{"url twice", "webhook_provider github {\nurl https://a.example/\nurl https://a.example/\n}", `option "url" is given twice`},
		{"refresh twice", "webhook_provider github {\nrefresh 1h\nrefresh 1h\n}", `option "refresh" is given twice`},
		{"url without a value", "webhook_provider github {\nurl\n}", "wrong argument count"},
		{"two values", "webhook_provider github {\nrefresh 1h 2h\n}", "wrong argument count"},
		{"no duration", "webhook_provider github {\nrefresh often\n}", `"often" is not a duration`},
		{"never", "webhook_provider github {\nrefresh 0s\n}", "zero"},
		{"too often", "webhook_provider github {\nrefresh 1s\n}", "shorter than 1m"},
		{"http", "webhook_provider github {\nurl http://mirror.example/\n}", "url: it must be https"},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			s := new(Source)
			err := s.UnmarshalCaddyfile(caddyfile.NewTestDispenser(tt.text))
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "at Testfile:") {
					t.Errorf("UnmarshalCaddyfile = %v, want %q and where", err, tt.want)
				}
				return
			}
			if got, err := json.Marshal(s); string(got) != tt.want || err != nil {
				t.Errorf("read %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

// TestCatalogue wants what the catalogue says about lists to be of use.
func TestCatalogue(t *testing.T) {
	for _, p := range verify.Providers() {
		if p.IPRanges == nil {
			continue
		}
		paths := len(p.IPRanges.Paths)
		if f := p.IPRanges.Format; f != "text" && f != "json" || (f == "json") != (paths > 0) {
			t.Errorf("%s: format %q with %d paths", p.Name, f, paths)
		}
		if !acceptable(p.IPRanges.URL) || !strings.HasPrefix(p.IPRanges.URL, "https://") {
			t.Errorf("%s: no list is fetched from %q", p.Name, p.IPRanges.URL)
		}
	}
}

func TestRefreshDefault(t *testing.T) {
	if got := new(Source).refresh(); got != 24*time.Hour {
		t.Errorf("refresh every %v", got)
	}
}
