package verify

import (
	"errors"
	"strings"
	"testing"
)

// TestVerificationTokenAsSecret: eBay wants its challenge answered before it
// gives anyone the public key.
func TestVerificationTokenAsSecret(t *testing.T) {
	const token = "71745723-d031-455c-bfa5-f90d11b4f20a"
	challenge := &Request{Method: "GET", URI: "/in?challenge_code=a8628072-3d33-45ee-9004-bee86830a22d"}
	event := &Request{Method: "POST", URI: "/in", Body: []byte("{}"), Header: map[string][]string{"X-Ebay-Signature": {"eyJzaWduYXR1cmUiOiJNRVFDSUE9PSJ9"}}}
	o := opts{"url": "https://hooks.example.com/in/ebay"}
	for _, secrets := range [][]string{{token}, {pairs()["ecdsa"][1], token}, {token, pairs()["ecdsa"][1]}} {
		v := mustNew(t, Config{Provider: "ebay", Secrets: secrets, Options: o})
		a, err := v.Handshake(challenge, nil)
		if err != nil || a == nil || !strings.Contains(string(a.Body), "f533b024a90b59e1fbe664cc4ab87f1bd6b4bbbf3e1d2fbc11f825e580e8d426") {
			t.Errorf("%d secrets: Handshake = %v, %v", len(secrets), a, err)
		}
		if _, err := v.Verify(t0, event); !errors.Is(err, ErrMismatch) && !errors.Is(err, ErrMalformed) {
			t.Errorf("%d secrets: Verify = %v, want a refusal", len(secrets), err)
		}
	}
	if _, err := New(Config{Provider: "ebay", Options: o}); err == nil || !strings.Contains(err.Error(), "a secret is required") {
		t.Errorf("New without secrets = %v", err)
	}
	if _, err := New(Config{Provider: "ebay", Secrets: []string{"no key and no token"}, Options: o}); err == nil || !strings.Contains(err.Error(), "is not a public key") {
		t.Errorf("New = %v", err)
	}
	if _, ok := o["verification_token"]; ok {
		t.Error("the configuration was changed")
	}
}
