package verify

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/verifytest"
)

// pairs are a secret for signing and one for verifying, by kind of key.
func pairs() map[string][2]string {
	all := map[string][2]string{}
	for _, kind := range []string{"rsa", "ecdsa", "ed25519"} {
		private, public := verifytest.Key{Kind: kind}.Pair()
		all[kind] = [2]string{private, public}
	}
	return all
}

// pairFor returns secrets that are of use to a scheme.
func pairFor(s *Scheme) [2]string {
	k := verifytest.Key{Kind: s.Kind, Decode: s.Key.Decode, Prefix: s.Key.StripPrefix}
	if s.JWT != nil {
		k.Algorithms = s.JWT.Algorithms
	}
	private, public := k.Pair()
	return [2]string{private, public}
}

// trial is the configuration of a scheme with all that it requires.
func trial(p *Provider, s *Scheme) Config {
	c := Config{Provider: p.Name, Options: opts{"scheme": s.Name}}
	for _, name := range slices.Concat(s.Requires, s.Optional) {
		switch name {
		case "url", "base_url":
			c.Options[name] = "https://hooks.example.com"
		case "topic":
			c.Options[name] = anyTopic
		case "keys":
		default:
			c.Options[name] = "an-option"
		}
	}
	if slices.Contains(s.Configurable, "header") && s.Signature.Name == "" {
		c.Options["header"] = "X-Signature"
	}
	return c
}

func sampleRequest(p *Provider) *Request {
	r := &Request{Method: "POST", URI: "/in?a=1&data.id=7", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":"evt_1","type":"x","data":{"n":1}}`)}
	if p.Sample != nil {
		r.Body = []byte(p.Sample.Body)
		if p.Sample.ContentType != "" {
			r.Header.Set("Content-Type", p.Sample.ContentType)
		}
	}
	return r
}

// TestSigned: what a Signer signs is accepted, for every scheme of every
// provider, and not with another body, secret or day.
func TestSigned(t *testing.T) {
	for _, p := range Providers() {
		for _, s := range p.Schemes {
			if s.Kind == "none" || s.Kind == "mtls" {
				continue
			}
			t.Run(p.Name+"/"+s.Name, func(t *testing.T) { checkSigned(t, p, s) })
		}
	}
}

func checkSigned(t *testing.T, p *Provider, s *Scheme) {
	pair, c := pairFor(s), trial(p, s)
	c.Secrets = []string{pair[0]}
	signer, err := NewSigner(c)
	if err != nil {
		t.Fatal(err)
	}
	r := sampleRequest(p)
	if signer.checkers[0].wantsForm() && !isForm(r) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = []byte(url.Values{"payload": {`{"id":1}`}, "a": {"b c", "d"}}.Encode())
	}
	if err := signer.Sign(t0, r); err != nil {
		t.Fatal(err)
	}
	c.Secrets = []string{pair[1]}
	v := mustNew(t, c)
	if res, err := v.Verify(t0, r); err != nil || res.Scheme != s.Name {
		t.Fatalf("Verify = %q, %v for %+v %s", res.Scheme, err, r.Header, r.Body)
	}
	if err := v.CheckHeader(t0, r.Header); err != nil {
		t.Errorf("CheckHeader = %v", err)
	}
	if s.Timestamp != nil && !s.Timestamp.AnyAge {
		if _, err := v.Verify(t0.AddDate(0, 0, 2), r); !errors.Is(err, ErrStale) {
			t.Errorf("two days later: %v, want ErrStale", err)
		}
		if _, err := v.Verify(t0.AddDate(0, 0, -2), r); !errors.Is(err, ErrFuture) {
			t.Errorf("two days before: %v, want ErrFuture", err)
		}
	}
	other := *r
	other.Body = slices.Concat(r.Body, []byte(" "))
	if isForm(r) {
		other.Body = slices.Concat(r.Body, []byte("&x=1"))
	}
	if _, err := v.Verify(t0, &other); err == nil && !s.BodyUnsigned && !s.carriesSecret() && !bodyInParts(s) {
		t.Error("another body is accepted")
	}
}

// bodyInParts: schemes that sign values of the body and not its bytes.
func bodyInParts(s *Scheme) bool {
	return s.Canonical == "adyen_items" || s.Canonical == "sns" || s.JSONFrom != "" || strings.Contains(s.Content, "{form:")
}

func TestNewSignerErrors(t *testing.T) {
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"unknown provider", Config{Provider: "nobody"}, "unknown provider"},
		{"no secret", Config{Provider: "stripe"}, "a secret is required"},
		{"empty secret", Config{Provider: "stripe", Secrets: []string{""}}, "secret is empty"},
		{"public key", Config{Provider: "wise", Secrets: []string{pairs()["rsa"][1]}}, "is not a private key in PKCS #8 PEM"},
		{"key of another kind", Config{Provider: "wise", Secrets: []string{pairs()["ecdsa"][0]}}, "is not a public key for rsa"},
		{"no PEM", Config{Provider: "wise", Secrets: []string{"secret"}}, "is not a private key in PEM"},
		{"not a seed", Config{Provider: "discord", Secrets: []string{"abcd"}}, "is not the seed of an Ed25519 key"},
		{"option missing", Config{Provider: "twilio", Secrets: []string{"x"}}, "option url is required"},
		{"mtls", Config{Provider: "mtls", Secrets: []string{"client.example.com"}}, "a client certificate is not a signature"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := NewSigner(tt.c); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("NewSigner = %v, want %q", err, tt.want)
			}
		})
	}
}
