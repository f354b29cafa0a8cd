package gateway

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// TestKeysNotAvailable: without the provider's keys nothing can be said about
// a request, so the sender is to come back.
func TestKeysNotAvailable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "jwks")
	if err := os.WriteFile(file, []byte("not a set of keys"), 0o600); err != nil {
		t.Fatal(err)
	}
	g, _, _ := newTest(t, func(c *Config) {
		c.Verify = verify.Config{Provider: "google-pubsub", Options: map[string]string{"aud": "x", "email": "y", "keys": file}}
	})
	defer g.Close()
	// A token whose header and claims are JSON, signed by nobody.
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.AAAA")
	var refusal *Refusal
	err := g.Serve(httptest.NewRecorder(), r)
	if !errors.As(err, &refusal) || refusal.Reason != ReasonNotReady || refusal.Status != http.StatusServiceUnavailable || refusal.Wait != keysWait {
		t.Errorf("Serve = %v, want 503 not_ready", err)
	}
}
