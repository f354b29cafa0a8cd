package gateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// TestMethodsOfTheProvider: Twilio also calls with GET, and signs the query.
func TestMethodsOfTheProvider(t *testing.T) {
	c := verify.Config{Provider: "twilio", Secrets: []string{secret}, Options: map[string]string{"url": "https://hooks.example.com/twilio"}}
	g, s, _ := newTest(t, func(config *Config) { config.Verify = c })
	signer, err := verify.NewSigner(c)
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, query string) error {
		r := &verify.Request{Method: method, URI: "/twilio?" + query}
		if err := signer.Sign(t0, r); err != nil {
			t.Fatal(err)
		}
		sent := httptest.NewRequest(method, r.URI, nil)
		sent.Header = r.Header
		return g.Serve(httptest.NewRecorder(), sent)
	}
	if err := send(http.MethodGet, "CallSid=1"); err != nil || len(s.got) != 1 {
		t.Errorf("GET: %v, the application got %d requests", err, len(s.got))
	}
	var refusal *Refusal
	if err := send(http.MethodPut, "CallSid=2"); !errors.As(err, &refusal) || refusal.Reason != ReasonMethod || refusal.Header.Get("Allow") != "POST, GET" {
		t.Errorf("PUT: %v, want 405 with Allow: POST, GET", err)
	}
}
