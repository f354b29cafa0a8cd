package keyset

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestCertificatesJudge(t *testing.T) {
	root, other := newAuthority(t, "root"), newAuthority(t, "other")
	mid := root.sub(t, "mid", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), 100_000*day)
	stale := root.sub(t, "stale", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), -day)
	good := root.issue(t, leaf{})
	tests := []struct {
		name, text string
		want       error
	}{
		{"by the root", good, nil},
		{"by way of another", mid.issue(t, leaf{}) + mid.pem(), nil},
		{"with the root", mid.issue(t, leaf{}) + mid.pem() + root.pem(), nil},
		{"name in capitals", root.issue(t, leaf{name: "A.PAYPAL.COM"}), nil},
		{"alternative name", root.issue(t, leaf{name: "PayPal", sans: []string{"b.example", "a.paypal.com"}}), nil},
		{"wildcard", root.issue(t, leaf{sans: []string{"*.paypal.com"}}), nil},
		{"first instant", root.issue(t, leaf{from: 0, until: day}), nil},
		{"last instant", root.issue(t, leaf{from: -day, until: 0}), nil},

		{"expired", root.issue(t, leaf{from: -2 * day, until: -time.Second}), ErrBadCertificate},
		{"not valid yet", root.issue(t, leaf{from: time.Second, until: day}), ErrBadCertificate},
		{"by an unknown authority", other.issue(t, leaf{}), ErrBadCertificate},
		{"unknown authority sent along", other.issue(t, leaf{}) + other.pem(), ErrBadCertificate},
		{"the one between is missing", mid.issue(t, leaf{}), ErrBadCertificate},
		{"the one between has expired", stale.issue(t, leaf{}) + stale.pem(), ErrBadCertificate},
		{"self-signed", selfSigned(t, leafKey), ErrBadCertificate},
		{"an authority's own", root.pem(), ErrBadCertificate},
		{"an authority's, with a good name", root.issue(t, leaf{ca: true}), ErrBadCertificate},
		{"another name", root.issue(t, leaf{name: "a.evil.example"}), ErrBadCertificate},
		{"name that goes on", root.issue(t, leaf{name: "a.paypal.com.evil.example"}), ErrBadCertificate},
		{"name that ends alike", root.issue(t, leaf{name: "evilpaypal.com"}), ErrBadCertificate},
		{"name that is only the domain", root.issue(t, leaf{name: ".paypal.com"}), ErrBadCertificate},
		{"name with a zero byte", root.issue(t, leaf{name: "evil.example\x00.paypal.com"}), ErrBadCertificate},
		{"name with a space", root.issue(t, leaf{name: "evil.example .paypal.com"}), ErrBadCertificate},
		{"common name against the others", root.issue(t, leaf{name: "a.paypal.com", sans: []string{"a.evil.example"}}), ErrBadCertificate},
		{"good one second", other.issue(t, leaf{}) + good, ErrBadCertificate},
		{"key beside it", good + publicPEM(rsaKey.Public()), ErrBadCertificate},
		{"certificate under another name", good + block("TRUSTED CERTIFICATE", root.cert.Raw), ErrBadCertificate},
		{"key alone", publicPEM(rsaKey.Public()), ErrBadCertificate},
		{"private key", good + block("PRIVATE KEY", []byte("x")), ErrBadCertificate},
		{"too many", good + strings.Repeat(root.pem(), maxChain), ErrBadCertificate},
		{"cut off", good[:len(good)/2], ErrBadCertificate},
		{"HTML", "<html>", ErrBadCertificate},
		{"DER", string(root.cert.Raw), ErrBadCertificate},
		{"empty", "", ErrBadCertificate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHost(t, says(tt.text))
			c := h.certificates(paypal, root.pool())
			getCert(t, c, t0, certURL, tt.want)
			getCert(t, c, t0, certURL, tt.want) // the same from memory
			fetched(t, h, 1)
		})
	}
}

func selfSigned(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "a.paypal.com"},
		NotBefore: t0.Add(-day), NotAfter: t0.Add(day),
	}
	return block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)))
}

func TestCertificatesLeafOnly(t *testing.T) {
	pin := paypal
	pin.LeafOnly = true
	root := newAuthority(t, "root")
	for _, tt := range []struct {
		name, text string
		want       error
	}{
		{"authority not sent", root.issue(t, leaf{}), nil},
		{"with an authority that nobody trusts", root.issue(t, leaf{}) + root.pem(), ErrBadCertificate},
		{"expired", root.issue(t, leaf{from: -2 * day, until: -time.Second}), ErrBadCertificate},
		{"another name", root.issue(t, leaf{name: "a.evil.example"}), ErrBadCertificate},
		{"an authority's", root.pem(), ErrBadCertificate},
	} {
		getCert(t, newHost(t, says(tt.text)).certificates(pin, newAuthority(t, "other").pool()), t0, certURL, tt.want)
	}
}

// The validity is looked at each time, and a successor is looked for.
func TestCertificatesExpire(t *testing.T) {
	root := newAuthority(t, "root")
	h := newHost(t, says(root.issue(t, leaf{})))
	c := h.certificates(paypal, root.pool())
	getCert(t, c, t0, certURL, nil)
	getCert(t, c, t0.Add(day), certURL, nil)
	getCert(t, c, t0.Add(-day), certURL, nil)
	fetched(t, h, 1)
	for range 10 {
		getCert(t, c, t0.Add(day+1), certURL, ErrBadCertificate)
	}
	fetched(t, h, 2)
	h.set(says(root.issue(t, leaf{from: -day, until: 9 * day})))
	getCert(t, c, t0.Add(day+refusedFor+1), certURL, nil)
	fetched(t, h, 3)
	getCert(t, c, t0.Add(-2*day), certURL, ErrBadCertificate)
}

// x509 takes the zero instant for the real today.
func TestCertificatesZeroInstant(t *testing.T) {
	root := newAuthority(t, "root")
	h := newHost(t, says(root.issue(t, leaf{from: -1000 * day, until: 100_000 * day})))
	getCert(t, h.certificates(paypal, root.pool()), time.Time{}, certURL, ErrBadCertificate)
}

// The shortest-lived certificate of the chain bounds the use of all.
func TestCertificatesChainExpires(t *testing.T) {
	root := newAuthority(t, "root")
	mid := root.sub(t, "mid", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), time.Hour)
	h := newHost(t, says(mid.issue(t, leaf{})+mid.pem()))
	c := h.certificates(paypal, root.pool())
	getCert(t, c, t0, certURL, nil)
	getCert(t, c, t0.Add(time.Hour), certURL, nil)
	fetched(t, h, 1)
	getCert(t, c, t0.Add(time.Hour+time.Second), certURL, ErrBadCertificate)
	fetched(t, h, 2)
}
