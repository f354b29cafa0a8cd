package caddymodule

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/verifytest"
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
	authority := newAuthority(t)
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
				t.Setenv(v[1], documentSecret(provider.DefaultSchemes()[0]))
			}
			example = strings.ReplaceAll(example, "/etc/caddy/senders-ca.pem", authority)
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

// newAuthority returns the name of a file with an authority's certificate.
func newAuthority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: now, NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// documentSecret is what a variable of an example holds: a secret of the form
// that the scheme takes.
func documentSecret(s *verify.Scheme) string {
	k := verifytest.Key{Kind: s.Kind, Decode: s.Key.Decode, Prefix: s.Key.StripPrefix}
	if s.JWT != nil {
		k.Algorithms = s.JWT.Algorithms
	}
	_, public := k.Pair()
	return public
}
