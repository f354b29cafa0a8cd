package command

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"sync"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// pairs are a secret for signing and one for verifying, by kind of key.
var pairs = sync.OnceValue(func() map[string][2]string {
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	all := map[string][2]string{}
	for name, k := range map[string]crypto.Signer{"rsa": rsaKey, "ecdsa": ecKey, "ed25519": edKey} {
		private, _ := x509.MarshalPKCS8PrivateKey(k)
		public, _ := x509.MarshalPKIXPublicKey(k.Public())
		all[name] = [2]string{
			string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
			string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		}
	}
	return all
})

// pairFor returns a secret to sign and one to verify with.
func pairFor(s *verify.Scheme) [2]string {
	shared := func(secret string) [2]string { return [2]string{secret, secret} }
	algorithm := ""
	if s.JWT != nil {
		algorithm = strings.Join(s.JWT.Algorithms, " ")
	}
	switch {
	case s.Kind == "rsa" || strings.Contains(algorithm, "RS"):
		return pairs()["rsa"]
	case s.Kind == "ecdsa" || strings.Contains(algorithm, "ES"):
		return pairs()["ecdsa"]
	case s.Kind == "ed25519":
		return pairs()["ed25519"]
	case s.Key.Decode == "hex":
		return shared(strings.Repeat("0a1b2c3d", 8))
	case s.Key.Decode == "base64":
		return shared(s.Key.StripPrefix + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	case s.Kind == "basic":
		return shared("user:correct horse")
	}
	return shared("a-secret-for-the-tests")
}

// optionsFor are flags for all that a scheme requires.
func optionsFor(s *verify.Scheme) []string {
	args := []string{"--option", "scheme=" + s.Name}
	for _, name := range s.Requires {
		switch name {
		case "url", "base_url":
			args = append(args, "--option", name+"=https://hooks.example.com")
		default:
			args = append(args, "--option", name+"=an-option")
		}
	}
	if nameless(s) {
		args = append(args, "--option", "header=X-Signature")
	}
	return args
}
