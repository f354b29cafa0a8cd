package keyset

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/sync/singleflight"
)

const (
	maxRemembered = 16 // certificates
	refusedFor    = time.Minute
)

// Certificates are the signing certificates at addresses that requests name,
// on a provider's hosts. Anybody can make up such an address, and nothing tells
// it from a good one before it is asked. So fetches are [allowance]d to each
// sender, and made-up addresses take no place from other senders' good ones. An
// address that gave nothing good is not asked again for a minute. Only
// certificates that were found good are kept, the 16 used last, so that made-up
// ones do not drive them out; an address of one that is kept costs nobody
// anything.
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
	fetches *allowance
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
	c := &Certificates{pin: p.anchored(), roots: o.Roots, client: newClient(o.Client), fetches: newAllowance()}
	c.good, _ = simplelru.NewLRU[string, *certificate](maxRemembered, nil)
	c.refused, _ = simplelru.NewLRU[string, refusal](maxFetches, nil)
	return c
}

// Allowed reports whether an address may be asked at all: the error is nil or
// wraps ErrForeignURL.
func (c *Certificates) Allowed(address string) error { return c.pin.allows(address) }

// Get returns the certificate at an address, which is valid at now. It waits up
// to 5 s for one that it does not have. The sender is whoever named the address;
// all that are not known, the zero Addr, count as one. The error wraps
// ErrForeignURL, ErrUnavailable or ErrBadCertificate.
func (c *Certificates) Get(now time.Time, sender netip.Addr, address string) (*x509.Certificate, error) {
	if err := c.Allowed(address); err != nil {
		return nil, err
	}
	if leaf, err := c.remembered(now, address); leaf != nil || err != nil {
		return leaf, err
	}
	for {
		own := false
		leaf, err, _ := c.flights.Do(address, func() (any, error) {
			own = true
			return c.fetch(now, sender, address)
		})
		switch {
		case err == nil:
			return leaf.(*x509.Certificate), nil
		case own || !errors.Is(err, errSpent):
			return nil, err
		}
		// It was another sender that had no fetch left, which is not our matter.
	}
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

func (c *Certificates) fetch(now time.Time, sender netip.Addr, address string) (*x509.Certificate, error) {
	if leaf, err := c.remembered(now, address); leaf != nil || err != nil {
		return leaf, err // another fetch has ended since Get looked
	}
	if err := c.spend(now, sender); err != nil {
		return nil, err
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

func (c *Certificates) spend(now time.Time, sender netip.Addr) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetches.spend(now, sender)
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
