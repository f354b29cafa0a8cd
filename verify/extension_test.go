package verify

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// extend returns a text behind text, and the hash of both behind a secret, as
// somebody makes them who knows the hash of the text behind the secret and the
// length of both.
func extend(t *testing.T, sum [sha256.Size]byte, length int, suffix string) (added string, hash []byte) {
	t.Helper()
	padding := []byte{0x80}
	for (length+len(padding))%sha256.BlockSize != sha256.BlockSize-8 {
		padding = append(padding, 0)
	}
	padding = binary.BigEndian.AppendUint64(padding, uint64(length)*8)
	state := append([]byte("sha\x03"), sum[:]...)
	state = append(state, make([]byte, sha256.BlockSize)...)
	state = binary.BigEndian.AppendUint64(state, uint64(length+len(padding)))
	h := sha256.New()
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	h.Write([]byte(suffix))
	return string(padding) + suffix, h.Sum(nil)
}

func TestLengthExtension(t *testing.T) {
	const body, url = `{"subscription":{"id":1}}`, "https://hooks.example.com/in"
	recharge := Config{Provider: "recharge"}
	v1 := Config{Provider: "hubspot", Options: opts{"scheme": "v1"}}
	v2 := Config{Provider: "hubspot", Options: opts{"scheme": "v2", "url": url}}
	tests := []struct {
		name         string
		c            Config
		header       string
		before, body string // of what the provider signed
	}{
		{"recharge", recharge, "X-Recharge-Hmac-Sha256", "", body},
		{"recharge, empty body", recharge, "X-Recharge-Hmac-Sha256", "", ""},
		{"recharge, body that ends within a letter", recharge, "X-Recharge-Hmac-Sha256", "", "\xc3"},
		{"recharge, long body", recharge, "X-Recharge-Hmac-Sha256", "", strings.Repeat(body, 3000)},
		{"hubspot v1", v1, "X-HubSpot-Signature", "", body},
		{"hubspot v2", v2, "X-HubSpot-Signature", "POST" + url + "?x=1", body},
		{"hubspot v2, empty body", v2, "X-HubSpot-Signature", "POST" + url + "?x=1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Secrets = []string{secret16}
			v := mustNew(t, tt.c)
			text := secret16 + tt.before + tt.body
			sum := sha256.Sum256([]byte(text))
			if _, err := v.Verify(t0, sendAll(tt.body, tt.header, hex.EncodeToString(sum[:]))); err != nil {
				t.Fatalf("Verify = %v for the provider's own", err)
			}
			for n := range 2 * sha256.BlockSize { // of every length, so with every padding
				grown := tt.body + strings.Repeat(" ", n)
				sum := sha256.Sum256([]byte(secret16 + tt.before + grown))
				added, hash := extend(t, sum, len(text)+n, "\n"+body)
				_, err := v.Verify(t0, sendAll(grown+added, tt.header, hex.EncodeToString(hash)))
				if !errors.Is(err, ErrMismatch) {
					t.Fatalf("Verify = %v for a text made longer, want %v", err, ErrMismatch)
				}
			}
		})
	}
}

// In front of the secret nothing can be added, so a body may be anything.
func TestSecretBehind(t *testing.T) {
	v := mustNew(t, Config{Provider: "moralis", Secrets: []string{secret16}})
	s, err := NewSigner(Config{Provider: "moralis", Secrets: []string{secret16}})
	if err != nil {
		t.Fatal(err)
	}
	r := sendAll("a\x00b")
	if err := s.Sign(t0, r); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t0, r); err != nil {
		t.Errorf("Verify = %v", err)
	}
}
