package verifytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/verifytest"
)

func ExampleKey_Pair() {
	private, public := verifytest.Key{Kind: "ed25519"}.Pair()
	signer, err := verify.NewSigner(verify.Config{Provider: "discord", Secrets: []string{private}})
	if err != nil {
		panic(err)
	}
	verifier, err := verify.New(verify.Config{Provider: "discord", Secrets: []string{public}})
	if err != nil {
		panic(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := &verify.Request{Method: "POST", URI: "/discord", Header: http.Header{}, Body: []byte(`{"type":1}`)}
	if err := signer.Sign(now, r); err != nil {
		panic(err)
	}
	_, err = verifier.Verify(now, r)
	fmt.Println(err)
	// Output: <nil>
}

func TestPair(t *testing.T) {
	const private, public = "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PUBLIC KEY-----\n"
	tests := []struct {
		name            string
		key             verifytest.Key
		private, public string // how they begin
	}{
		{"rsa", verifytest.Key{Kind: "rsa"}, private, public},
		{"ecdsa", verifytest.Key{Kind: "ecdsa"}, private, public},
		{"ed25519 whatever its Decode", verifytest.Key{Kind: "ed25519", Decode: "hex"}, private, public},
		{"jwt by RSA", verifytest.Key{Kind: "jwt", Algorithms: []string{"RS512"}}, private, public},
		{"jwt by ECDSA", verifytest.Key{Kind: "jwt", Algorithms: []string{"ES256"}}, private, public},
		{"jwt by HMAC", verifytest.Key{Kind: "jwt", Algorithms: []string{"HS256", "HS512"}}, "a-secret", "a-secret"},
		{"hex", verifytest.Key{Kind: "hmac", Decode: "hex"}, "0a1b2c3d", "0a1b2c3d"},
		{"base64", verifytest.Key{Kind: "hmac", Decode: "base64", Prefix: "whsec_"}, "whsec_a2tr", "whsec_a2tr"},
		{"basic", verifytest.Key{Kind: "basic"}, "user:", "user:"},
		{"zero", verifytest.Key{}, "a-secret", "a-secret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			private, public := tt.key.Pair()
			if !strings.HasPrefix(private, tt.private) || !strings.HasPrefix(public, tt.public) {
				t.Errorf("Pair = %.30q, %.30q, want %q..., %q...", private, public, tt.private, tt.public)
			}
			if again, public2 := tt.key.Pair(); again != private || public2 != public {
				t.Error("a second Pair is another")
			}
			if wrong := tt.key.Wrong(); wrong == public || wrong != tt.key.Wrong() {
				t.Errorf("Wrong = %.30q, want one other than Pair's, always the same", wrong)
			}
		})
	}
}

func TestUnknownAlgorithm(t *testing.T) {
	defer func() {
		if got, want := recover(), `verifytest: no secret for the algorithm "none"`; got != want {
			t.Errorf("panic %v, want %v", got, want)
		}
	}()
	verifytest.Key{Kind: "jwt", Algorithms: []string{"none"}}.Pair()
}
