package keyset

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

const (
	maxRemembered = 16 // certificates, and as many addresses without one
	maxFetches    = 4  // a minute, in total
	refusedFor    = time.Minute
)

// Certificates are the signing certificates at addresses that requests name,
// on a provider's hosts. Anybody can make up such an address: at most 4 a
// minute are asked, one that gave nothing good is not asked again for a
// minute, and only certificates that were found good are kept, the 16 used
// last, so that made-up ones do not drive them out.
//
// They may be used concurrently, hold no connections with the Client of their
// own, and need not be closed.
type Certificates struct {
	pin    Pin
	roots  *x509.CertPool
	client *http.Client

	flights singleflight.Group // by address

	mu      sync.Mutex // guards the rest
	good    *simplelru.LRU[string, *certificate]
	refused *simplelru.LRU[string, refusal]
	fetches [maxFetches]time.Time // when the last ones began, a ring
	oldest  int                   // in fetches
}

// A refusal is why an address gave no good certificate, and until when that is
// not looked at again.
type refusal struct {
	until time.Time
	err   error
}

// NewCertificates returns the certificates at the addresses of a pin. Of the
// options, Refresh and Logger are not used.
func NewCertificates(p Pin, o Options) *Certificates {
	c := &Certificates{pin: p.anchored(), roots: o.Roots, client: newClient(o.Client)}
	c.good, _ = simplelru.NewLRU[string, *certificate](maxRemembered, nil)
	c.refused, _ = simplelru.NewLRU[string, refusal](maxRemembered, nil)
	return c
}

// Allowed reports whether an address may be asked at all: the error is nil or
// wraps ErrForeignURL.
func (c *Certificates) Allowed(address string) error { return c.pin.allows(address) }

// Get returns the certificate at an address, which is valid at now. It waits up
// to 5 s for one that it does not have. The error wraps ErrForeignURL,
// ErrUnavailable or ErrBadCertificate.
func (c *Certificates) Get(now time.Time, address string) (*x509.Certificate, error) {
	if err := c.Allowed(address); err != nil {
		return nil, err
	}
	if leaf, err := c.remembered(now, address); leaf != nil || err != nil {
		return leaf, err
	}
	leaf, err, _ := c.flights.Do(address, func() (any, error) { return c.fetch(now, address) })
	if err != nil {
		return nil, err
	}
	return leaf.(*x509.Certificate), nil
}

// remembered returns what is known of an address: a certificate, an error, or
// neither. A certificate that is not valid any more is not known: there may be
// its successor at the address.
func (c *Certificates) remembered(now time.Time, address string) (*x509.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cert, ok := c.good.Get(address); ok && cert.validAt(now) {
		return cert.leaf, nil
	}
	if r, ok := c.refused.Get(address); ok && now.Before(r.until) {
		return nil, r.err
	}
	return nil, nil
}

func (c *Certificates) fetch(now time.Time, address string) (*x509.Certificate, error) {
	if leaf, err := c.remembered(now, address); leaf != nil || err != nil {
		return leaf, err // another fetch has ended since Get looked
	}
	if !c.mayFetch(now) {
		return nil, fmt.Errorf("more than %d new addresses of certificates in a minute: %w", maxFetches, ErrUnavailable)
	}
	cert, err := c.load(now, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.refused.Add(address, refusal{now.Add(refusedFor), err})
		return nil, err
	}
	c.good.Add(address, cert)
	return cert.leaf, nil
}

// mayFetch reports whether fewer than maxFetches began in the last minute, and
// counts one more.
func (c *Certificates) mayFetch(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := c.fetches[c.oldest]; !last.IsZero() && now.Sub(last) < time.Minute {
		return false
	}
	c.fetches[c.oldest] = now
	c.oldest = (c.oldest + 1) % maxFetches
	return true
}

// load fetches and judges. An answer that can be no certificate is a bad one;
// that there was no answer says nothing about the certificate.
func (c *Certificates) load(now time.Time, address string) (*certificate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTime)
	defer cancel()
	a, err := get(ctx, c.client, address)
	switch {
	case errors.Is(err, errUnfit):
		return nil, fmt.Errorf("%w: %w", ErrBadCertificate, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	cert, err := c.judge(now, a.text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadCertificate, err)
	}
	return cert, nil
}
