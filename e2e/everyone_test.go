package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/verifytest"
)

// A catalogueSender is one scheme of one provider of the catalogue, with keys.
type catalogueSender struct {
	*verify.Provider
	*verify.Scheme
	path   string
	keys   [2]string // to sign with, and to verify with
	signer *verify.Signer
}

// keysFor returns keys of the kind that a scheme needs.
func keysFor(s *verify.Scheme) [2]string {
	k := verifytest.Key{Kind: s.Kind, Decode: s.Key.Decode, Prefix: s.Key.StripPrefix}
	if s.JWT != nil {
		k.Algorithms = s.JWT.Algorithms
	}
	private, public := k.Pair()
	return [2]string{private, public}
}

// catalogued are all schemes that verify something.
func catalogued() []*catalogueSender {
	var all []*catalogueSender
	for _, p := range verify.Providers() {
		for _, s := range p.Schemes {
			if s.Kind != "none" && s.Kind != "mtls" && !p.Generic {
				all = append(all, &catalogueSender{Provider: p, Scheme: s, path: "/" + p.Name + "-" + s.Name, keys: keysFor(s)})
			}
		}
	}
	return all
}

// options are those that the scheme requires.
func (s *catalogueSender) options(front string) map[string]string {
	o := map[string]string{"scheme": s.Scheme.Name}
	for _, name := range s.Requires {
		o[name] = "an-option"
		switch name {
		case "url", "base_url":
			o[name] = front
		case "topic":
			o[name] = "*"
		}
	}
	return o
}

// request is the provider's sample, signed now.
func (s *catalogueSender) request(t *testing.T, front string) *http.Request {
	t.Helper()
	r := &verify.Request{Method: http.MethodPost, URI: s.path + "?a=1&data.id=7", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":"evt_1","data":{"n":1}}`)}
	if p := s.Sample; p != nil {
		r.Body = []byte(p.Body)
		if p.ContentType != "" {
			r.Header.Set("Content-Type", p.ContentType)
		}
	}
	form := s.Signature.In == "form" || s.JSONFrom != "" || strings.Contains(s.Content, "form") || slices.Contains([]string{"twilio", "php_serialize"}, s.Canonical)
	if form && !strings.Contains(r.Header.Get("Content-Type"), "form") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = []byte("a=b+c&payload=%7B%22id%22%3A1%7D")
	}
	if err := s.signer.Sign(time.Now(), r); err != nil {
		t.Fatalf("%s: Sign: %v", s.path, err)
	}
	sent, err := http.NewRequest(r.Method, front+r.URI, bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = r.Header
	return sent
}

// TestEveryProvider: each scheme of the catalogue lets its provider's requests
// through to the application, byte for byte, and nobody else's.
func TestEveryProvider(t *testing.T) {
	all := catalogued()
	app, addr := newApplication(t), freeAddr(t)
	front := "http://" + addr
	var site strings.Builder
	var env []string
	for i, s := range all {
		fmt.Fprintf(&site, "\twebhook_gateway %s s%d {\n\t\tverify %s {env.S%d} {\n", s.path, i, s.Provider.Name, i)
		for name, value := range s.options(front) {
			fmt.Fprintf(&site, "\t\t\t%s %s\n", name, value)
		}
		fmt.Fprintf(&site, "\t\t}\n\t\tidempotency off\n\t\tto %s\n\t}\n", app.address())
		env = append(env, fmt.Sprintf("S%d=%s", i, s.keys[1]))
		var err error
		if s.signer, err = verify.NewSigner(verify.Config{Provider: s.Provider.Name, Secrets: s.keys[:1], Options: s.options(front)}); err != nil {
			t.Fatal(err)
		}
	}
	start(t, "{\n\tadmin {ADMIN}\n}\n"+front+" {\n"+site.String()+"}\n", env...)
	for _, s := range all {
		t.Run(s.path[1:], func(t *testing.T) { s.check(t, app, front) })
	}
}

func (s *catalogueSender) check(t *testing.T, app *application, front string) {
	r := s.request(t, front)
	body, _ := r.GetBody()
	want, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	if status, text := do(t, http.DefaultClient, r); status != http.StatusOK || text != "thanks" {
		t.Fatalf("answered %d %s to %v", status, text, r.Header)
	}
	if got := app.take(); len(got) != 1 || got[0].Body != string(want) {
		t.Errorf("the application got %+v, want the body %q", got, want)
	}
	for name, spoiled := range map[string]*http.Request{"unsigned": s.unsigned(t, front), "of another day": s.late(t, front)} {
		if spoiled == nil {
			continue
		}
		if status, text := do(t, http.DefaultClient, spoiled); status != http.StatusUnauthorized {
			t.Errorf("%s: answered %d %s", name, status, text)
		}
		if got := app.take(); len(got) != 0 {
			t.Errorf("%s: the application got %+v", name, got)
		}
	}
}

// unsigned is a request that says nothing of who sent it.
func (s *catalogueSender) unsigned(t *testing.T, front string) *http.Request {
	r, err := http.NewRequest(http.MethodPost, front+s.path, strings.NewReader(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

// late is a genuine request that is too old; nil where no age is too old.
func (s *catalogueSender) late(t *testing.T, front string) *http.Request {
	if s.Timestamp == nil || s.Timestamp.AnyAge || s.Timestamp.In != "header" {
		return nil
	}
	r := &verify.Request{Method: http.MethodPost, URI: s.path, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":"evt_1"}`)}
	if err := s.signer.Sign(time.Now().AddDate(0, 0, -2), r); err != nil {
		t.Fatal(err)
	}
	sent, err := http.NewRequest(r.Method, front+r.URI, bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = r.Header
	return sent
}
