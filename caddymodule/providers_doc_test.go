package caddymodule

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const providersFile = "../docs/PROVIDERS.md"

var (
	fence    = regexp.MustCompile("(?s)```caddyfile\n(.*?)```")
	variable = regexp.MustCompile(`\{env\.([A-Z0-9_]+)\}`)
	verified = regexp.MustCompile(`verify ([a-z0-9-]+)`)
)

// TestProvidersDocument loads every example of the document as Caddy would.
func TestProvidersDocument(t *testing.T) {
	text, err := os.ReadFile(providersFile)
	if err != nil {
		t.Fatal(err)
	}
	keys := newDocumentKeys(t)
	shown := make(map[string]bool)
	for _, match := range fence.FindAllStringSubmatch(string(text), -1) {
		example := match[1]
		name := verified.FindStringSubmatch(example)
		if name == nil {
			t.Errorf("an example without verify:\n%s", example)
			continue
		}
		shown[name[1]] = true
		t.Run(name[1], func(t *testing.T) {
			provider, ok := verify.Lookup(name[1])
			if !ok {
				t.Fatalf("there is no provider %s", name[1])
			}
			for _, v := range variable.FindAllStringSubmatch(example, -1) {
				t.Setenv(v[1], keys.value(provider.DefaultSchemes()[0]))
			}
			example = strings.ReplaceAll(example, "/etc/caddy/senders-ca.pem", keys.authority)
			if strings.HasPrefix(example, "webhook_gateway") {
				example = ":8080 {\n" + example + "}\n"
			}
			if err := provision(t, example); err != nil {
				t.Errorf("%v\n%s", err, example)
			}
		})
	}
	for _, p := range verify.Providers() {
		if !shown[p.Name] {
			t.Errorf("%s has no example for %s", providersFile, p.Name)
		}
	}
}

// documentKeys are values for the variables of the examples.
type documentKeys struct {
	rsa, ecdsa, ed25519 string // public keys in PEM
	authority           string // a file with a certificate
}

func newDocumentKeys(t *testing.T) documentKeys {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edKey, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: now, NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, ecKey.Public(), ecKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		t.Fatal(err)
	}
	return documentKeys{publicPEM(t, rsaKey.Public()), publicPEM(t, ecKey.Public()), publicPEM(t, edKey), file}
}

func publicPEM(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	b, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b}))
}

// value is what a variable of an example holds: a secret of the form that the
// scheme takes.
func (k documentKeys) value(s *verify.Scheme) string {
	curve := s.JWT != nil && strings.HasPrefix(s.JWT.Algorithms[0], "ES")
	switch {
	case s.PublicKeys() && s.Kind == "ed25519":
		return k.ed25519
	case s.PublicKeys() && (s.Kind == "ecdsa" || curve):
		return k.ecdsa
	case s.PublicKeys():
		return k.rsa
	case s.Kind == "basic":
		return "user:of-the-document"
	case s.Key.Decode == "hex":
		return strings.Repeat("0a1b2c3d", 8)
	case s.Key.Decode == "base64":
		return s.Key.StripPrefix + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	}
	return "secret-of-the-document"
}
