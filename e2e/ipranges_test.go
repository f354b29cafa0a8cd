package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// A publisher is a provider's server that publishes who sends, as GitHub does.
type publisher struct{ hooks atomic.Value }

func (p *publisher) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, fmt.Sprintf(`{"hooks": [%q], "web": ["0.0.0.0/0"]}`, p.hooks.Load()))
}

// lets checks who of two senders, both behind a proxy, is let in.
func lets(t *testing.T, f front, allowed, denied string) {
	t.Helper()
	wantSender(t, f, allowed, 200)
	wantSender(t, f, denied, 403)
}

// wantSender checks how a sender is answered. A connection that breaks, which
// happens where caddy was just reloaded, is no answer.
func wantSender(t *testing.T, f front, sender string, want int) {
	t.Helper()
	var err error
	for range 10 {
		id := fmt.Sprint("id", serial.Add(1))
		r := post(t, f.url+"/hook", id, append(githubPost(id, id), "X-Forwarded-For", sender)...)
		var a answer
		if a, err = f.try(r); err == nil {
			if a.status != want {
				t.Errorf("%s is answered %d, want %d", sender, a.status, want)
			}
			return
		}
	}
	t.Fatal(err)
}

const (
	listFetched = "fetched the list of addresses"
	oneSender   = "203.0.113.7"
	otherSender = "198.51.100.7"
	onesRange   = "203.0.113.0/24"
	othersRange = "198.51.100.0/24"
)

// await waits until caddy has logged the text.
func (c *caddy) await(t *testing.T, text string) {
	t.Helper()
	if !c.lines.wait(text) {
		t.Fatalf("caddy did not log %q:\n%s", text, c.lines.text())
	}
}

// TestPublishedRanges restarts caddy in the same place: the list changes, its
// publisher breaks and then is gone, and in the end the list on disk too.
func TestPublishedRanges(t *testing.T) {
	data := t.TempDir()
	files := filepath.Join(data, "caddy", "webhook-gateway", "ip-ranges")
	p, app, f := new(publisher), newApplication(t), inClear(t)
	p.hooks.Store(onesRange)
	server := httptest.NewServer(p)
	defer server.Close()
	site := fmt.Sprintf("webhook_gateway /hook hook {\nverify github {env.GITHUB}\nallow_ips_from webhook_provider github {\nurl %s/meta\n}\nto %s\n}", server.URL, app.address())
	restart := func(log string) *caddy {
		t.Helper()
		c := start(t, f.caddyfile(trusting, site), "GITHUB=identity-secret", "XDG_DATA_HOME="+data)
		if log != "" {
			c.await(t, log)
		}
		return c
	}

	c := restart(listFetched)
	lets(t, f, oneSender, otherSender)
	for range 2 { // a reload keeps the list
		if status, text := c.load(f.caddyfile(trusting, site)); status != 200 {
			t.Fatalf("reload: %d %s", status, text)
		}
		lets(t, f, oneSender, otherSender)
	}
	c.stop()

	p.hooks.Store(othersRange)
	c = restart("") // the list is young
	lets(t, f, oneSender, otherSender)
	c.stop()
	age(t, files)
	c = restart(listFetched)
	lets(t, f, otherSender, oneSender)
	c.stop()

	p.hooks.Store("0.0.0.0/0")
	age(t, files)
	c = restart("the last good one stays in use")
	lets(t, f, otherSender, oneSender)
	c.stop()

	server.Close()
	c = restart("the last good one stays in use")
	lets(t, f, otherSender, oneSender)
	c.stop()

	if err := os.RemoveAll(files); err != nil {
		t.Fatal(err)
	}
	restart("there is no list of addresses")
	wantSender(t, f, oneSender, 403)
	wantSender(t, f, otherSender, 403)
}

// age makes the list on disk one that was fetched two days ago.
func age(t *testing.T, files string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(files, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("on disk: %v, %v", found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var list map[string]any
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	list["fetched"] = time.Now().Add(-48 * time.Hour)
	if text, err = json.Marshal(list); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(found[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPublishedRangesOfEndpointsProvider has a GitHub of its own, to which an
// HTTPS proxy leads, as in networks that let nothing out but through one.
func TestPublishedRangesOfEndpointsProvider(t *testing.T) {
	p, app, f := new(publisher), newApplication(t), inClear(t)
	p.hooks.Store(onesRange)
	github, authority := impersonate(t, "api.github.com", p)
	proxy := httptest.NewServer(tunnel(t, "api.github.com:443", github))
	t.Cleanup(proxy.Close)
	site := fmt.Sprintf("webhook_gateway /hook hook {\nallow_ips provider 192.0.2.1\nverify github {env.GITHUB}\nto %s\n}", app.address())
	c := start(t, f.caddyfile(trusting, site), "GITHUB=identity-secret", "SSL_CERT_FILE="+authority, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	c.await(t, listFetched)
	lets(t, f, oneSender, otherSender)
	lets(t, f, "192.0.2.1", "192.0.2.2")
}

// impersonate starts a server with a certificate for the host, and returns its
// address and the file with whom to trust for that.
func impersonate(t *testing.T, host string, h http.Handler) (addr, authority string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	authority = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), authority
}

// tunnel is a proxy that lets nobody through but to host, which is at addr.
func tunnel(t *testing.T, host, addr string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != host {
			t.Errorf("the proxy was asked for %s %s", r.Method, r.Host)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		there, err := net.Dial("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		defer there.Close()
		w.WriteHeader(http.StatusOK)
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		go func() {
			_, _ = io.Copy(there, buffered) // ends when either side has closed
			there.Close()
		}()
		_, _ = io.Copy(here, there)
	}
}
