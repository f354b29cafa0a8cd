package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A front is how senders reach the gateway: one address of caddy, with a
// client that speaks its protocol.
type front struct {
	url    string // without a path
	proto  int    // major version of HTTP
	tls    string // directive of the site
	client *http.Client
}

// eachFront runs the test over HTTP/1.1 in clear and over HTTP/2 with TLS.
func eachFront(t *testing.T, test func(*testing.T, front)) {
	t.Run("HTTP1", func(t *testing.T) { test(t, inClear(t)) })
	t.Run("HTTP2", func(t *testing.T) { test(t, overTLS(t)) })
}

func inClear(t *testing.T) front {
	return front{url: "http://" + freeAddr(t), proto: 1, client: newClient(t, nil)}
}

func overTLS(t *testing.T) front {
	dir, roots := t.TempDir(), x509.NewCertPool()
	roots.AddCert(newCertificate(t, dir))
	return front{
		url: "https://" + freeAddr(t), proto: 2,
		tls:    fmt.Sprintf("tls %s/cert.pem %s/key.pem", dir, dir),
		client: newClient(t, &tls.Config{RootCAs: roots}),
	}
}

// newClient returns a client that follows no redirects and that is patient
// before it sends unasked a body announced with Expect.
func newClient(t *testing.T, config *tls.Config) *http.Client {
	transport := &http.Transport{
		TLSClientConfig: config, ForceAttemptHTTP2: config != nil,
		MaxConnsPerHost: 64, MaxIdleConnsPerHost: 64, ExpectContinueTimeout: 10 * time.Second,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newCertificate makes a certificate for this machine, which signs itself, and
// writes cert.pem and key.pem.
func newCertificate(t *testing.T, dir string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "e2e"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// caddyfile is a Caddyfile with one site at the front, and no store: the tests
// in torture have one. The lines of servers are options of all servers.
func (f front) caddyfile(servers, site string) string {
	return fmt.Sprintf(`{
	admin {ADMIN}
	auto_https off
	webhook_gateway {
		store off
	}
	servers {
		protocols h1 h2
		%s
	}
}
%s {
	%s
	%s
}
`, servers, f.url, f.tls, site)
}

// answer is what a sender gets to see.
type answer struct {
	status int
	body   string
	header http.Header
}

// ask sends a request and returns the whole answer.
func (f front) ask(t *testing.T, r *http.Request) answer {
	t.Helper()
	a, err := f.try(r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// askAfterReload is ask, once more if the connection breaks off: a listener that
// a reload closes may have taken it in, and then nobody serves it.
func (f front) askAfterReload(t *testing.T, r *http.Request) answer {
	t.Helper()
	first, again := twice(r)
	a, err := f.try(first)
	if errors.Is(err, syscall.ECONNRESET) {
		return f.ask(t, again)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try is ask for other goroutines, and for answers that may break off.
func (f front) try(r *http.Request) (a answer, err error) {
	response, err := f.client.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	if response.ProtoMajor != f.proto {
		return a, fmt.Errorf("spoke %s, want HTTP/%d", response.Proto, f.proto)
	}
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(body), response.Header}, err
}

// refused is the body of every refusal with this status.
func refused(status int) string {
	return fmt.Sprintf("{\"title\":%q,\"status\":%d}\n", http.StatusText(status), status)
}

// What the gateway answers by itself with 200.
const (
	ignored   = "{\"status\":\"ignored\"}\n"
	processed = "{\"status\":\"already_processed\"}\n"
)

// want checks an answer's status and body.
func (a answer) want(t *testing.T, status int, body string) {
	t.Helper()
	if a.status != status || a.body != body {
		t.Errorf("answered %d %q, want %d %q", a.status, a.body, status, body)
	}
}

// serial makes deliveries unique.
var serial atomic.Int64

// broxi returns the headers, as post takes them, with which BroxiAI sends body.
func broxi(secret, body string) []string {
	ts := fmt.Sprint(time.Now().Unix())
	return []string{"X-Broxi-Timestamp", ts, "X-Broxi-Signature", mac(secret, ts+"."+body)}
}
