package diagnose

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// TestRefusals: what no secret would help against. It also holds verify to the
// words that are looked for in its errors.
func TestRefusals(t *testing.T) {
	find := func(provider string) (*verify.Provider, *verify.Scheme) {
		p, _ := verify.Lookup(provider)
		return p, p.Schemes[0]
	}
	tests := []struct {
		name, provider string
		spoil          func(*verify.Request)
		with           opts
		want, text     string
		step           string
	}{
		{"certificate of a foreign host", "paypal", func(r *verify.Request) {
			r.Header.Set("Paypal-Cert-Url", "https://evil.example/v1/notifications/certs/CERT-1")
		}, nil, "certificate_host", "was not fetched", "whatever the secret"},
		{"another topic", "aws-sns", nil, opts{"topic": "arn:aws:sns:us-west-2:123456789012:Other"}, "topic", "option topic", "whatever the secret"},
		{"another API key", "braintree", nil, opts{"public_key": "other"}, "key_id", "public_key", "whatever the secret"},
		{"made for another receiver", "monday", nil, opts{"aud": "someone else"}, "claim", "(aud)", "its claim aud"},
		{"another body than the token's", "plaid", func(r *verify.Request) { r.Body = []byte(`{"webhook_code":1}`) }, nil, "claim", "request_body_sha256", "its claim request_body_sha256"},
		{"an option of the address", "paypal", nil, opts{"webhook_id": "other"}, "wrong_secret", "another key", "The secret does not match."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, s := find(tt.provider)
			c, secrets, r := trial(p, s), secretsFor(s), sample(p, s)
			c.Secrets = secrets[:1]
			if tt.provider == "monday" {
				c.Options["aud"] = "us"
			}
			signer, err := verify.NewSigner(c)
			if err != nil {
				t.Fatal(err)
			}
			if err := signer.Sign(t0, r); err != nil {
				t.Fatal(err)
			}
			if tt.spoil != nil {
				tt.spoil(r)
			}
			c.Secrets = secrets[1:2]
			for name, value := range tt.with {
				c.Options[name] = value
			}
			got := Explain(c, t0, r)
			if got.Valid || !slices.Equal(names(got), []string{tt.want}) || !strings.Contains(got.Causes[0].Text, tt.text) {
				t.Errorf("Causes = %q (%v), want %s %q", got.Causes, got.Err, tt.want, tt.text)
			}
			if !strings.Contains(strings.Join(got.Steps, "\n"), tt.step) {
				t.Errorf("Steps = %q, want %q", got.Steps, tt.step)
			}
		})
	}
}

// The schemes without a signature.
func TestNothingSigned(t *testing.T) {
	r := &verify.Request{Method: "POST", URI: "/", Header: http.Header{}, Body: []byte("{}")}
	got := Explain(verify.Config{Provider: "none"}, t0, r)
	if !got.Valid || got.Secret != 0 || !strings.Contains(got.Steps[len(got.Steps)-1], "Nothing was checked") {
		t.Errorf("none: %+v", got)
	}
	got = Explain(config("mtls", "client.example", nil), t0, r)
	if got.Valid || !slices.Equal(names(got), []string{"certificate_missing"}) {
		t.Errorf("mtls: %+v", got)
	}
}

// A request of nobody's must not make it stumble, whatever the provider.
func TestEmptyRequest(t *testing.T) {
	for _, p := range verify.Providers() {
		for _, s := range p.Schemes {
			if s.Kind == "none" {
				continue
			}
			c := trial(p, s)
			c.Secrets = []string{secretsFor(s)[1]}
			for _, body := range []string{"", "\x00", `[{"a":null}]`, "a=%zz"} {
				got := Explain(c, t0, &verify.Request{Method: "POST", Body: []byte(body)})
				if got.Valid || len(got.Causes) == 0 {
					t.Errorf("%s/%s %q: %+v", p.Name, s.Name, body, got)
				}
			}
		}
	}
}
