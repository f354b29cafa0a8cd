package keyset

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // refuses duplicate names and knows letter case
)

// secretMembers are the members of a JWK that only a private or symmetric key
// has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4; RFC 8037, section 2).
var secretMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// ParseJWKS reads a JWK Set or a single JWK (RFC 7517). Keys that are not for
// signatures ("use", "key_ops", "alg") or that are of an unknown type or size
// are left out, as its section 5 wants; one private or symmetric key makes the
// whole set an error.
func ParseJWKS(text []byte) ([]Key, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("longer than %d bytes: %w", maxText, ErrMalformed)
	}
	all, err := webKeys(text)
	if err != nil {
		return nil, err
	}
	if len(all) > maxKeys {
		return nil, fmt.Errorf("more than %d keys: %w", maxKeys, ErrMalformed)
	}
	var keys []Key
	for _, raw := range all {
		var w webKey
		if err := w.read(raw); err != nil {
			return nil, err
		}
		if k, ok := w.key(raw); ok {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	return keys, nil
}

// webKeys returns the keys of a set, or the one that a text is.
func webKeys(text []byte) ([]json.RawMessage, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(text, &top); err != nil { // its text may quote ours
		return nil, fmt.Errorf("not a JSON object: %w", ErrMalformed)
	}
	list, isSet := top["keys"]
	_, isKey := top["kty"]
	switch {
	case isSet == isKey:
		return nil, fmt.Errorf("neither a JWK nor a JWK Set: %w", ErrMalformed)
	case isKey:
		return []json.RawMessage{text}, nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal(list, &all); err != nil {
		return nil, fmt.Errorf("keys is not a list: %w", ErrMalformed)
	}
	return all, nil
}

// A webKey is what go-jose does not look at.
type webKey struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
}

func (w *webKey) read(raw json.RawMessage) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return fmt.Errorf("a key is not a JSON object: %w", ErrMalformed)
	}
	for _, name := range secretMembers {
		if _, there := members[name]; there {
			return ErrPrivate
		}
	}
	if err := json.Unmarshal(raw, w); err != nil {
		return fmt.Errorf("a key has members of a wrong type: %w", ErrMalformed)
	}
	if w.Type == "oct" {
		return ErrPrivate
	}
	return nil
}

// key returns the key that raw is, unless it cannot verify signatures.
func (w *webKey) key(raw json.RawMessage) (Key, bool) {
	if w.Use != "" && w.Use != "sig" || w.Operations != nil && !slices.Contains(w.Operations, "verify") {
		return Key{}, false
	}
	var k jose.JSONWebKey
	if err := k.UnmarshalJSON(raw); err != nil || !k.IsPublic() || usable(k.Key) != nil {
		return Key{}, false
	}
	return Key{ID: k.KeyID, Public: k.Key, Algorithm: k.Algorithm}, fits(k.Algorithm, k.Key)
}

// fits reports whether a signature algorithm (RFC 7518, section 3.1; RFC 8037;
// RFC 9864) is one for a key of this type.
func fits(algorithm string, public crypto.PublicKey) bool {
	if algorithm == "" {
		return true
	}
	switch k := public.(type) {
	case *rsa.PublicKey:
		return slices.Contains([]string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}, algorithm)
	case *ecdsa.PublicKey:
		return algorithm == ecdsaAlgorithm(k)
	case ed25519.PublicKey:
		return algorithm == "EdDSA" || algorithm == "Ed25519"
	}
	return false
}
