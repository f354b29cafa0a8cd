package verify

import (
	"errors"
	"strings"
	"testing"
)

// TestTokenHasOneSpelling: who has seen a token cannot write it anew, to be
// taken for another delivery, nor stop the program with it.
func TestTokenHasOneSpelling(t *testing.T) {
	p, ok := Lookup("netlify")
	if !ok {
		t.Fatal("no netlify")
	}
	c := trial(p, p.Schemes[0])
	c.Secrets = []string{"a-secret-for-tests"}
	signer, err := NewSigner(c)
	if err != nil {
		t.Fatal(err)
	}
	r := sampleRequest(p)
	if err := signer.Sign(t0, r); err != nil {
		t.Fatal(err)
	}
	v, token := mustNew(t, c), r.Header.Get("X-Webhook-Signature")
	if _, err := v.Verify(t0, r); err != nil {
		t.Fatal(err)
	}
	part := strings.Split(token, ".")
	tests := []struct{ name, token string }{
		{"white space", part[0] + ". " + part[1] + "." + part[2]},
		{"a line break", part[0] + "." + part[1] + "." + part[2][:4] + "\n" + part[2][4:]},
		{"padded", part[0] + "." + part[1] + "." + part[2] + "="},
		{"flattened JSON", `{"protected":"` + part[0] + `","payload":"` + part[1] + `","signature":"` + part[2] + `"}`},
		{"general JSON", `{"payload":"` + part[1] + `","signatures":[{"protected":"` + part[0] + `","signature":"` + part[2] + `"}]}`},
		{"four parts", token + "."},
		{"three dots", "..."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.Header.Set("X-Webhook-Signature", tt.token)
			if _, err := v.Verify(t0, r); !errors.Is(err, ErrMalformed) {
				t.Errorf("Verify = %v, want ErrMalformed", err)
			}
		})
	}
}
