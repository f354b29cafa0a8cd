package diagnose

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/verifytest"
)

// secretsFor are a secret to sign with, one to verify with, and a wrong one.
func secretsFor(s *verify.Scheme) [3]string {
	k := verifytest.Key{Kind: s.Kind, Decode: s.Key.Decode, Prefix: s.Key.StripPrefix}
	if s.JWT != nil {
		k.Algorithms = s.JWT.Algorithms
	}
	private, public := k.Pair()
	return [3]string{private, public, k.Wrong()}
}

// trial is the configuration of a scheme with all that it requires.
func trial(p *verify.Provider, s *verify.Scheme) verify.Config {
	c := verify.Config{Provider: p.Name, Options: opts{"scheme": s.Name}}
	for _, name := range slices.Concat(s.Requires, s.Optional) {
		switch name {
		case "url", "base_url":
			c.Options[name] = "https://hooks.example.com"
		case "keys":
		case "topic":
			c.Options[name] = "arn:aws:sns:us-west-2:123456789012:MyTopic"
		default:
			c.Options[name] = "an-option"
		}
	}
	if slices.Contains(s.Configurable, "header") && s.Signature.Name == "" {
		c.Options["header"] = "X-Signature"
	}
	return c
}

func sample(p *verify.Provider, s *verify.Scheme) *verify.Request {
	r := &verify.Request{Method: "POST", URI: "/in?a=1&data.id=7", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(plain)}
	if p.Sample != nil {
		r.Body = []byte(p.Sample.Body)
		if p.Sample.ContentType != "" {
			r.Header.Set("Content-Type", p.Sample.ContentType)
		}
	}
	form := s.Signature.In == "form" || s.JSONFrom != "" || s.Canonical == "twilio" || s.Canonical == "php_serialize" ||
		strings.Contains(s.Content, "{form:") || strings.Contains(s.Content, "{sorted_form}")
	if form && !strings.Contains(r.Header.Get("Content-Type"), "form") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = []byte(url.Values{"payload": {`{"id":1}`}, "a": {"b c", "d"}}.Encode())
	}
	return r
}

// TestCatalogue: for every scheme of every provider, what is signed is
// explained as valid, and nothing but the secret is blamed for a wrong one.
func TestCatalogue(t *testing.T) {
	for _, p := range verify.Providers() {
		for _, s := range p.Schemes {
			if s.Kind == "none" || s.Kind == "mtls" {
				continue
			}
			t.Run(p.Name+"/"+s.Name, func(t *testing.T) { checkScheme(t, p, s) })
		}
	}
}

func checkScheme(t *testing.T, p *verify.Provider, s *verify.Scheme) {
	secrets, c := secretsFor(s), trial(p, s)
	signed := c
	signed.Secrets = []string{secrets[0]}
	signer, err := verify.NewSigner(signed)
	if err != nil {
		t.Fatal(err)
	}
	r := sample(p, s)
	if err := signer.Sign(t0, r); err != nil {
		t.Fatal(err)
	}
	c.Secrets = []string{secrets[1]}
	got := Explain(c, t0, r)
	if !got.Valid || got.Scheme != s.Name || got.Secret != 1 || got.Causes != nil || got.Steps[len(got.Steps)-1] != "Secret 1 matches." {
		t.Errorf("Explain = %+v", got)
	}
	silent(t, signed, c, r, got)
	sayable(t, got)
	c.Secrets = []string{secrets[2]}
	got = Explain(c, t0, r)
	if got.Valid || !slices.Equal(names(got), []string{"wrong_secret"}) || got.Secret != 0 || got.Scheme != "" {
		t.Errorf("with a wrong secret: %+v", got)
	}
	silent(t, signed, c, r, got)
	sayable(t, got)
}

// sayable fails if a sentence shows how it was made.
func sayable(t *testing.T, r Report) {
	t.Helper()
	for _, s := range r.Steps {
		if !strings.HasSuffix(s, ".") || strings.Contains(s, "%!") || strings.ContainsAny(s, "{}") || strings.Contains(s, "  ") {
			t.Errorf("step %q", s)
		}
	}
}
