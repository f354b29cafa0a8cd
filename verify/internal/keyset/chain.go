package keyset

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxChain is how many certificates there may be in one file.
const maxChain = 10

// A certificate is one that was found good, and when it is: of all that is
// checked, only the instant can change.
type certificate struct {
	leaf        *x509.Certificate
	from, until time.Time // both inclusive, of all in its chain
}

func (c *certificate) validAt(now time.Time) bool {
	return !now.Before(c.from) && !now.After(c.until)
}

// judge reads PEM, the leaf first, and checks it.
func (c *Certificates) judge(now time.Time, text []byte) (*certificate, error) {
	certs, err := parseChain(text)
	if err != nil {
		return nil, err
	}
	leaf := certs[0]
	alone := &certificate{leaf, leaf.NotBefore, leaf.NotAfter}
	switch {
	case leaf.IsCA:
		return nil, errors.New("the first certificate is an authority's")
	case !alone.validAt(now): // first, because x509 takes the zero instant for today
		return nil, errors.New("expired or not valid yet")
	case !madeOutTo(leaf, c.pin.NameSuffix):
		return nil, fmt.Errorf("not made out to a name in %s", c.pin.NameSuffix)
	}
	if err := usable(leaf.PublicKey); err != nil {
		return nil, err
	}
	if c.pin.LeafOnly && len(certs) == 1 {
		return alone, nil
	}
	return c.chained(now, certs)
}

func parseChain(text []byte) ([]*x509.Certificate, error) {
	all, err := blocks(text)
	if err != nil {
		return nil, err
	}
	if len(all) > maxChain {
		return nil, fmt.Errorf("more than %d certificates: %w", maxChain, ErrMalformed)
	}
	var certs []*x509.Certificate
	for _, b := range all {
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil || b.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block that is no certificate: %w", ErrMalformed)
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

// chained verifies the first certificate by way of the others.
func (c *Certificates) chained(now time.Time, certs []*x509.Certificate) (*certificate, error) {
	between := x509.NewCertPool()
	for _, cert := range certs[1:] {
		between.AddCert(cert)
	}
	chains, err := certs[0].Verify(x509.VerifyOptions{
		Roots:         c.roots,
		Intermediates: between,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // they are for signing messages, whatever they say
	})
	if err != nil {
		return nil, err
	}
	return longest(chains), nil
}

// longest returns the leaf with the bounds of the chain that stays valid longest.
func longest(chains [][]*x509.Certificate) *certificate {
	var best *certificate
	for _, chain := range chains {
		c := &certificate{chain[0], chain[0].NotBefore, chain[0].NotAfter}
		for _, link := range chain[1:] {
			c.from = latest(c.from, link.NotBefore)
			c.until = earliest(c.until, link.NotAfter)
		}
		if best == nil || c.until.After(best.until) {
			best = c
		}
	}
	return best
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// madeOutTo reports whether one of the certificate's names is in a domain. The
// common name counts only if there are no others (RFC 6125, section 6.4.4).
func madeOutTo(cert *x509.Certificate, domain string) bool {
	if domain == "" {
		return true
	}
	names := cert.DNSNames
	if len(names) == 0 {
		names = []string{cert.Subject.CommonName}
	}
	suffix := "." + strings.TrimPrefix(domain, ".") // or evilpaypal.com would do
	return slices.ContainsFunc(names, func(name string) bool {
		name = strings.ToLower(name)
		return strings.HasSuffix(name, suffix) && isHost(strings.TrimPrefix(name, "*."))
	})
}
