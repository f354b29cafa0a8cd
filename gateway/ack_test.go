package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// TestAcknowledgement: Dropbox Sign sends again what is not answered in its
// own words, also where the gateway answers.
func TestAcknowledgement(t *testing.T) {
	c := verify.Config{Provider: "dropbox-sign", Secrets: []string{secret}}
	g, _, _ := newTest(t, func(config *Config) { config.Verify = c })
	signer, err := verify.NewSigner(c)
	if err != nil {
		t.Fatal(err)
	}
	r := &verify.Request{Method: http.MethodPost, URI: "/", Body: []byte("json=%7B%22event%22%3A%7B%22event_type%22%3A%22signature_request_sent%22%7D%7D"), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	if err := signer.Sign(t0, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"thanks", "Hello API Event Received"} { // the application's own, then ours to the repeat
		sent := httptest.NewRequest(r.Method, r.URI, strings.NewReader(string(r.Body)))
		sent.Header = r.Header.Clone()
		w := serve(g, sent)
		if w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("answered %d %q, want %q", w.Code, w.Body, want)
		}
	}
}
