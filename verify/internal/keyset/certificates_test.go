package keyset

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

var leafKey = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))

const day = 24 * time.Hour

// An authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// A leaf is what a certificate says; zero is a good one of PayPal's.
type leaf struct {
	name        string // common name
	sans        []string
	from, until time.Duration // from t0; zero: a day either way
	ca          bool
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	self := &authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	return self.sub(t, name, self.key, 100_000*day)
}

// sub makes an authority below a, or a itself if it has no certificate.
func (a *authority) sub(t *testing.T, name string, key *ecdsa.PrivateKey, until time.Duration) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: t0.Add(-1000 * day), NotAfter: t0.Add(until),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der := must(x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key))
	return &authority{must(x509.ParseCertificate(der)), key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) pem() string { return block("CERTIFICATE", a.cert.Raw) }

func (a *authority) issue(t *testing.T, l leaf) string {
	t.Helper()
	if l.name == "" {
		l.name = "messageverificationcerts.paypal.com"
	}
	if l.from == 0 && l.until == 0 {
		l.from, l.until = -day, day
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: l.name}, DNSNames: l.sans,
		NotBefore: t0.Add(l.from), NotAfter: t0.Add(l.until), IsCA: l.ca, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, // any will do
	}
	return block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, a.cert, &leafKey.PublicKey, a.key)))
}

// certificates are those of PayPal at h, whatever host an address names.
func (h *host) certificates(p Pin, roots *x509.CertPool) *Certificates {
	client := h.Client()
	tr := client.Transport.(*http.Transport)
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, h.Listener.Addr().String())
	}
	tr.TLSClientConfig = &tls.Config{RootCAs: tr.TLSClientConfig.RootCAs, ServerName: "example.com"}
	return NewCertificates(p, Options{Client: client, Roots: roots})
}

const certURL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42"

func getCert(t *testing.T, c *Certificates, now time.Time, address string, want error) {
	t.Helper()
	getCertFor(t, c, now, stranger, address, want)
}

var (
	stranger = netip.MustParseAddr("192.0.2.1")
	provider = netip.MustParseAddr("198.51.100.1")
)

func getCertFor(t *testing.T, c *Certificates, now time.Time, sender netip.Addr, address string, want error) {
	t.Helper()
	cert, err := c.Get(now, sender, address)
	if !errors.Is(err, want) || (err == nil) != (cert != nil) {
		t.Errorf("%v: Get = %v; want %v", now.Sub(t0), err, want)
	}
	if err != nil && strings.Contains(err.Error(), "CERT-") {
		t.Errorf("%v quotes the address", err)
	}
}

func TestCertificatesRefusesAnswers(t *testing.T) {
	root := newAuthority(t, "root")
	good := root.issue(t, leaf{})
	elsewhere := newHost(t, says(good))
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   error
	}{
		{"redirect", func(w http.ResponseWriter, r *http.Request) { redirect(w, r, elsewhere.URL) }, ErrUnavailable},
		{"not found", status(404), ErrBadCertificate},
		{"gone", status(410), ErrBadCertificate},
		{"forbidden", status(403), ErrUnavailable},
		{"too many requests", status(429), ErrUnavailable},
		{"error", status(500), ErrUnavailable},
		{"HTML", says(good, "Content-Type", "text/html"), ErrBadCertificate},
		{"too long", says(good + strings.Repeat("\n", maxText)), ErrBadCertificate},
		{"connection cut", says(good, "Content-Length", "9999"), ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, tt.answer)
			c := h.certificates(paypal, root.pool())
			getCert(t, c, t0, certURL, tt.want)
			h.set(says(good))
			getCert(t, c, t0.Add(refusedFor-1), certURL, tt.want) // remembered
			fetched(t, h, 1)
			getCert(t, c, t0.Add(refusedFor), certURL, nil)
			fetched(t, h, 2)
			fetched(t, elsewhere, 0)
		})
	}
}

func TestCertificatesForeign(t *testing.T) {
	root := newAuthority(t, "root")
	h := newHost(t, says(root.issue(t, leaf{})))
	c := h.certificates(paypal, root.pool())
	for _, address := range []string{"", "http://api.paypal.com/c", "https://api.paypal.com@evil.example/c", h.URL + "/c"} {
		getCert(t, c, t0, address, ErrForeignURL)
	}
	fetched(t, h, 0)
	getCert(t, c, t0, certURL, nil)
}

func TestCertificatesServerDown(t *testing.T) {
	root := newAuthority(t, "root")
	h := newHost(t, says(root.issue(t, leaf{})))
	c := h.certificates(paypal, root.pool())
	getCert(t, c, t0, certURL, nil)
	h.Close()
	getCert(t, c, t0.Add(day), certURL, nil)
	getCert(t, c, t0, certURL+"b", ErrUnavailable)
}

func TestCertificatesBudget(t *testing.T) {
	root := newAuthority(t, "root")
	good := says(root.issue(t, leaf{}))
	h := newHost(t, good)
	c := h.certificates(paypal, root.pool())
	getCert(t, c, t0, certURL, nil)
	h.set(status(404))
	for i := range 1000 {
		at := t0.Add(time.Duration(i) * time.Second / 10) // 100 s in all
		want := ErrUnavailable
		if i < 3 || i >= 600 && i < 604 {
			want = ErrBadCertificate
		}
		getCert(t, c, at, fmt.Sprint(certURL, i), want)
		getCert(t, c, at, certURL, nil) // a known one is not in anybody's way
	}
	fetched(t, h, 8)
	if n := c.good.Len() + c.refused.Len(); n > maxRemembered+maxFetches {
		t.Errorf("%d addresses remembered", n)
	}
}

// Made-up addresses, of which each is asked once and has nothing, leave the
// provider's own sender its fetch: also right after a start, when no good
// address is known.
func TestCertificatesMadeUpAddresses(t *testing.T) {
	root := newAuthority(t, "root")
	good := says(root.issue(t, leaf{}))
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if "https://api.paypal.com"+r.URL.Path != certURL {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		good(w, r)
	})
	c := h.certificates(paypal, root.pool())
	for i := range 100 {
		want := ErrBadCertificate
		if i >= maxOfSender {
			want = errSpent
		}
		getCertFor(t, c, t0, stranger, fmt.Sprint(certURL, i), want)
	}
	getCertFor(t, c, t0, stranger, certURL, errSpent)
	getCertFor(t, c, t0, provider, certURL, nil)
	getCertFor(t, c, t0, stranger, certURL, nil) // known now
	fetched(t, h, maxOfSender+1)
}

func TestCertificatesBounded(t *testing.T) {
	root := newAuthority(t, "root")
	h := newHost(t, says(root.issue(t, leaf{from: -day, until: 100 * day})))
	c := h.certificates(paypal, root.pool())
	for i := range 50 {
		getCert(t, c, t0.Add(time.Duration(i)*time.Minute), fmt.Sprint(certURL, i), nil)
	}
	if n := c.good.Len(); n != maxRemembered {
		t.Errorf("%d certificates remembered, want %d", n, maxRemembered)
	}
	getCert(t, c, t0.Add(time.Hour), certURL+"49", nil)
	fetched(t, h, 50)
}

func TestCertificatesFirstUseIsShared(t *testing.T) {
	root := newAuthority(t, "root")
	release := make(chan struct{})
	answer := says(root.issue(t, leaf{}))
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) { <-release; answer(w, r) })
	c := h.certificates(paypal, root.pool())
	const callers = 50
	var ready, done sync.WaitGroup
	ready.Add(callers)
	for range callers {
		done.Go(func() {
			ready.Done()
			getCert(t, c, t0, certURL, nil)
		})
	}
	ready.Wait()
	close(release)
	done.Wait()
	fetched(t, h, 1)
}
