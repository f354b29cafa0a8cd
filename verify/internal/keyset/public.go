package keyset

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
)

// ParsePublic reads public keys as people paste them: PEM as ParsePEM takes it,
// a JWK or a set of them as ParseJWKS does, or the base64 of a DER-encoded
// SubjectPublicKeyInfo. White space around it, and line breaks in base64, do
// not matter.
func ParsePublic(text string) ([]Key, error) {
	text = strings.TrimSpace(text)
	switch {
	case strings.Contains(text, pemBegin):
		return ParsePEM([]byte(text))
	case strings.HasPrefix(text, "{"):
		return ParseJWKS([]byte(text))
	case len(text) > maxText:
		return nil, fmt.Errorf("longer than %d bytes: %w", maxText, ErrMalformed)
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text) // ignores line breaks
	if err != nil {                                            // its text says only where, but not what we tried
		return nil, fmt.Errorf("neither PEM, nor JSON, nor base64: %w", ErrMalformed)
	}
	return parseSPKI(der)
}

func parseSPKI(der []byte) ([]Key, error) {
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("not a SubjectPublicKeyInfo: %w", ErrMalformed)
	}
	return oneKey(public)
}

// oneKey is a key without an id, if it is of use.
func oneKey(public crypto.PublicKey) ([]Key, error) {
	if err := usable(public); err != nil {
		return nil, err
	}
	return []Key{{Public: public}}, nil
}

// usable reports why a key cannot verify a signature.
func usable(public crypto.PublicKey) error {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSA || n > maxRSA {
			return fmt.Errorf("RSA key of %d bits: %w", n, ErrNoKey)
		}
		if k.E < 3 || k.E > math.MaxInt32 || k.E%2 == 0 || k.N.Bit(0) == 0 {
			return fmt.Errorf("RSA key with an impossible modulus or exponent: %w", ErrNoKey)
		}
		return nil
	case *ecdsa.PublicKey:
		if ecdsaAlgorithm(k) == "" {
			return fmt.Errorf("elliptic curve key not on P-256, P-384 or P-521: %w", ErrNoKey)
		}
		return nil
	case ed25519.PublicKey:
		return nil
	}
	return fmt.Errorf("key of an unsupported type: %w", ErrNoKey)
}

// ecdsaAlgorithm is the one algorithm of RFC 7518, section 3.4, for a key.
func ecdsaAlgorithm(k *ecdsa.PublicKey) string {
	switch k.Curve {
	case elliptic.P256():
		return "ES256"
	case elliptic.P384():
		return "ES384"
	case elliptic.P521():
		return "ES512"
	}
	return ""
}
