// Package verifytest makes secrets for tests that sign and verify webhooks: a
// text, or a key pair, in the form that a scheme of package verify takes.
//
// The secrets are for tests only: the shared ones are written in this file. Key
// pairs are random, made on first use and kept until the process ends, because
// an RSA key takes long to make. Everything here may be used concurrently, and
// panics where no secret can be made.
//
// The package does not import package verify, whose own tests use it.
package verifytest

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// A Key says what form of secret a scheme takes, in the words of
// verify.Scheme. The zero Key is a plain text.
type Key struct {
	Kind       string   // Scheme.Kind: a pair for rsa, ecdsa and ed25519, user:password for basic
	Algorithms []string // Scheme.JWT.Algorithms: the first one decides (RFC 7518, section 3.1)
	Decode     string   // Scheme.Key.Decode: hex or base64; anything else is plain text
	Prefix     string   // Scheme.Key.StripPrefix: written before base64
}

// Pair returns the secret to sign with and the one to verify with. For RSA (2048
// bits), ECDSA (P-256) and Ed25519 they are PEM, in PKCS #8 (RFC 5958) and in
// SubjectPublicKeyInfo (RFC 5280); otherwise they are the same. Equal Keys have
// equal pairs for the life of the process.
//
// It panics if the first of Algorithms is not one of HS, RS or ES256.
func (k Key) Pair() (private, public string) {
	if p, ok := pairs[k.family()]; ok {
		return p.right().private, p.right().public
	}
	s := k.shared("0a1b2c3d", "k", "correct horse", "a-secret-for-tests")
	return s, s
}

// Wrong returns a secret of the same form as the second of Pair, which verifies
// nothing that the first one has signed. It panics where Pair does.
func (k Key) Wrong() string {
	if p, ok := pairs[k.family()]; ok {
		return p.wrong().public
	}
	return k.shared("0b1b2c3d", "w", "wrong horse", "another-for-tests")
}

// family is the kind of key pair, or another kind where one secret is shared.
func (k Key) family() string {
	if len(k.Algorithms) == 0 {
		return k.Kind
	}
	switch a := k.Algorithms[0]; a {
	case "RS256", "RS384", "RS512":
		return "rsa"
	case "ES256":
		return "ecdsa"
	case "HS256", "HS384", "HS512":
		return k.Kind
	default:
		panic(fmt.Sprintf("verifytest: no secret for the algorithm %q", a))
	}
}

// shared is a secret for both sides; hex and base64 are of 32 bytes.
func (k Key) shared(hex, raw, password, text string) string {
	switch {
	case k.Decode == "hex":
		return strings.Repeat(hex, 8)
	case k.Decode == "base64":
		return k.Prefix + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(raw, 32)))
	case k.Kind == "basic":
		return "user:" + password
	}
	return text
}
