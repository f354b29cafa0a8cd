package keyset

import (
	"crypto"
	"slices"
	"strings"
	"testing"
)

type m = map[string]any

func TestParseJWKS(t *testing.T) {
	a, b := jwk(rsaKey.Public(), "a", nil), jwk(ecKey.Public(), "b", nil)
	both := publics(rsaKey.Public(), ecKey.Public())
	first := publics(rsaKey.Public())
	foreign := `{"kty":"OKP","crv":"X25519","x":"AAAA"}`
	tests := []struct {
		name, text string
		want       []crypto.PublicKey
		err        error
	}{
		{"set", jwks(a, b), both, nil},
		{"single", a, first, nil},
		{"Ed25519", jwk(edKey.Public(), "", nil), publics(edKey.Public()), nil},
		{"the same id twice", jwks(a, jwk(ecKey.Public(), "a", nil)), both, nil},
		{"for signatures", jwks(jwk(rsaKey.Public(), "", m{"use": "sig", "alg": "RS256", "key_ops": []string{"verify"}})), first, nil},

		{"for encryption", jwks(a, jwk(ecKey.Public(), "", m{"use": "enc"})), first, nil},
		{"for other operations", jwks(a, jwk(ecKey.Public(), "", m{"key_ops": []string{"deriveKey"}})), first, nil},
		{"for no operations", jwks(a, jwk(ecKey.Public(), "", m{"key_ops": []string{}})), first, nil},
		{"algorithm of encryption", jwks(a, jwk(otherKey.Public(), "", m{"alg": "RSA-OAEP"})), first, nil},
		{"symmetric algorithm", jwks(a, jwk(otherKey.Public(), "", m{"alg": "HS256"})), first, nil},
		{"algorithm none", jwks(a, jwk(otherKey.Public(), "", m{"alg": "none"})), first, nil},
		{"algorithm of another curve", jwks(a, jwk(ecKey.Public(), "", m{"alg": "ES384"})), first, nil},
		{"unknown type", jwks(foreign, a), first, nil},
		{"unknown curve", jwks(a, jwk(ecKey.Public(), "", m{"crv": "secp256k1"})), first, nil},
		{"incomplete", jwks(a, jwk(ecKey.Public(), "", m{"y": nil})), first, nil},
		{"not on the curve", jwks(a, jwk(ecKey.Public(), "", m{"y": strings.Repeat("A", 43)})), first, nil},
		{"exponent 1", jwks(a, jwk(otherKey.Public(), "", m{"e": "AQ"})), first, nil},
		{"only unknown ones", jwks(foreign), nil, ErrNoKey},
		{"none", jwks(), nil, ErrNoKey},
		{"null", `{"keys":null}`, nil, ErrNoKey},

		{"private RSA", jwks(a, jwk(rsaKey, "", nil)), nil, ErrPrivate},
		{"private EC alone", jwk(ecKey, "", nil), nil, ErrPrivate},
		{"private Ed25519", jwk(edKey, "", nil), nil, ErrPrivate},
		{"symmetric", jwks(a, `{"kty":"oct","k":"c2VjcmV0"}`), nil, ErrPrivate},
		{"symmetric without the key", jwks(a, `{"kty":"oct"}`), nil, ErrPrivate},
		{"private of an unknown type", jwks(a, `{"kty":"AKP","d":"c2VjcmV0"}`), nil, ErrPrivate},
		{"private member alone", jwks(jwk(rsaKey.Public(), "", m{"qi": "AQ"})), nil, ErrPrivate},
		{"private member that is null", jwks(jwk(rsaKey.Public(), "", m{"oth": []any{}})), nil, ErrPrivate},

		{"duplicate member", `{"keys":[],"keys":[` + a + `]}`, nil, ErrMalformed},
		{"duplicate member in a key", `{"kty":"oct",` + a[1:], nil, ErrMalformed},
		{"two documents", a + b, nil, ErrMalformed},
		{"both key and set", `{"keys":[],` + a[1:], nil, ErrMalformed},
		{"list", "[" + a + "]", nil, ErrMalformed},
		{"null document", "null", nil, ErrMalformed},
		{"object of something else", `{"error":"secret"}`, nil, ErrMalformed},
		{"keys in capitals", `{"KEYS":[` + a + `]}`, nil, ErrMalformed},
		{"keys are an object", `{"keys":{"a":` + a + `}}`, nil, ErrMalformed},
		{"a key is a text", jwks(`"secret"`), nil, ErrMalformed},
		{"a key is null", jwks(`null`), nil, ErrMalformed},
		{"use is a number", jwks(jwk(rsaKey.Public(), "", m{"use": 1})), nil, ErrMalformed},
		{"HTML", "<html>secret</html>", nil, ErrMalformed},
		{"empty", "", nil, ErrMalformed},
		{"cut off", jwks(a)[:200], nil, ErrMalformed},
		{"too many", jwks(slices.Repeat([]string{b}, maxKeys+1)...), nil, ErrMalformed},
		{"too long", a + strings.Repeat(" ", maxText), nil, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseJWKS([]byte(tt.text))
			checkKeys(t, got, err, tt.want, tt.err)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v quotes the text", err)
			}
		})
	}
}

func TestParseJWKSMembers(t *testing.T) {
	keys, err := ParseJWKS([]byte(jwk(rsaKey.Public(), "2026-01", m{"alg": "RS512"})))
	if err != nil {
		t.Fatal(err)
	}
	if k := keys[0]; k.ID != "2026-01" || k.Algorithm != "RS512" {
		t.Errorf("id and algorithm are %q and %q", k.ID, k.Algorithm)
	}
}

func FuzzParsePublic(f *testing.F) {
	f.Add(publicPEM(ecKey.Public()))
	f.Add(jwks(jwk(rsaKey.Public(), "a", nil), jwk(ecKey.Public(), "b", nil)))
	f.Add(jwk(edKey.Public(), "a", m{"alg": "EdDSA"}))
	f.Add(`{"kty":"RSA","n":"","e":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ParsePublic(text)
		if (err == nil) != (len(keys) > 0) {
			t.Fatalf("%d keys, error %v", len(keys), err)
		}
		for _, k := range keys {
			if err := usable(k.Public); err != nil {
				t.Errorf("key of no use: %v", err)
			}
		}
	})
}
