package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An authority issues certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
	dir  string
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: "Authority"}}
	a.cert, a.key = a.sign(template, nil, nil)
	a.pool.AddCert(a.cert)
	a.write("ca.pem", "CERTIFICATE", a.cert.Raw)
	return a
}

// sign makes a key and its certificate, self-signed without a parent.
func (a *authority) sign(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if parent == nil {
		parent, signer = template, key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) write(name, kind string, der []byte) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

// client returns a client with a certificate for a name.
func (a *authority) client(trust *x509.CertPool, name string) *http.Client {
	config := &tls.Config{RootCAs: trust}
	if name != "" {
		cert, key := a.sign(&x509.Certificate{DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, a.cert, a.key)
		config.Certificates = []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
	a.t.Cleanup(client.CloseIdleConnections)
	return client
}

// TestClientCertificate: the name in a certificate that Caddy has verified says
// who sends; one that Caddy has not verified says nothing.
func TestClientCertificate(t *testing.T) {
	a, other, app := newAuthority(t), newAuthority(t), newApplication(t)
	server, key := a.sign(&x509.Certificate{DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, a.cert, a.key)
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pair := a.write("server.pem", "CERTIFICATE", server.Raw) + " " + a.write("server.key", "EC PRIVATE KEY", der)
	local := strings.NewReplacer("127.0.0.1", "localhost") // a name, because Caddy compares SNI and Host
	verified, asked := local.Replace(freeAddr(t)), local.Replace(freeAddr(t))
	site := func(addr, auth string) string {
		return "https://" + addr + " {\ntls " + pair + " {\nclient_auth {\n" + auth + "\n}\n}\nwebhook_gateway a" + addr[strings.LastIndexByte(addr, ':')+1:] +
			" {\nverify mtls hooks.example.com\nto " + app.address() + "\n}\n}\n"
	}
	start(t, "{\nadmin {ADMIN}\nauto_https off\n}\n"+
		site(verified, "mode verify_if_given\ntrust_pool file {\npem_file "+filepath.Join(a.dir, "ca.pem")+"\n}")+site(asked, "mode request"))
	tests := []struct {
		name, addr string
		client     *http.Client
		status     int
	}{
		{"the right name", verified, a.client(a.pool, "hooks.example.com"), 200},
		{"another name", verified, a.client(a.pool, "other.example.com"), 401},
		{"no certificate", verified, a.client(a.pool, ""), 401},
		{"the right name, not verified", asked, other.client(a.pool, "hooks.example.com"), 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodPost, "https://"+tt.addr+"/", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if status, text := do(t, tt.client, r); status != tt.status {
				t.Errorf("answered %d %s, want %d", status, text, tt.status)
			}
			if got := app.take(); len(got) > 0 != (tt.status == 200) {
				t.Errorf("the application got %v", got)
			}
		})
	}
}
