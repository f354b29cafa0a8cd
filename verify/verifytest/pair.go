package verifytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sync"
)

// pairs are the key pairs by kind.
var pairs = map[string]source{
	"rsa":     newSource(func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
	"ecdsa":   newSource(func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }),
	"ed25519": newSource(newEd25519),
}

// A pair is a key in PEM.
type pair struct{ private, public string }

// A source makes two pairs of a kind, each when first asked for.
type source struct{ right, wrong func() pair }

func newSource(generate func() (crypto.Signer, error)) source {
	once := func() func() pair {
		return sync.OnceValue(func() pair { return encode(must(generate())) })
	}
	return source{right: once(), wrong: once()}
}

func newEd25519() (crypto.Signer, error) {
	_, k, err := ed25519.GenerateKey(rand.Reader)
	return k, err
}

func encode(k crypto.Signer) pair {
	return pair{
		private: block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(k))),
		public:  block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(k.Public()))),
	}
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("verifytest: making a key pair: %v", err))
	}
	return v
}
