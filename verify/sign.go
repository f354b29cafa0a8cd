package verify

import (
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Signer signs requests as a provider does, for trying an endpoint out and
// for delivering anew. It may be used concurrently.
type Signer struct {
	provider *Provider
	checkers []*checker
	keys     []*key          // of each checker, for shared secrets
	private  []crypto.Signer // of each checker, for the other kinds
	secret   string
}

// NewSigner returns a Signer for what New would verify with c. The first
// secret counts: the shared one, or the private key that belongs to the
// public one as PEM (PKCS #8), for Ed25519 also the seed in the scheme's
// encoding. Errors do not contain it.
func NewSigner(c Config) (*Signer, error) {
	p, schemes, err := c.schemes()
	if err != nil {
		return nil, err
	}
	s := &Signer{provider: p}
	if len(c.Secrets) > 0 {
		s.secret = c.Secrets[0]
	} else if schemes[0].Kind != "none" {
		return nil, fmt.Errorf("provider %s: a secret is required", p.Name)
	}
	for _, scheme := range schemes {
		if err := s.add(scheme.variants()[0]); err != nil {
			return nil, fmt.Errorf("provider %s: %w", p.Name, err)
		}
	}
	return s, nil
}

func (s *Signer) add(scheme *Scheme) error {
	var k *key
	var private crypto.Signer
	var err error
	switch {
	case scheme.Kind == "none":
	case scheme.Kind == "mtls":
		return errors.New("a client certificate is not a signature")
	case scheme.public():
		private, err = scheme.privateKey(s.secret)
	default:
		var keys []*key
		if keys, err = scheme.newKeys(0, s.secret, s.provider.leastSecret()); err == nil {
			k = keys[0]
		}
	}
	if err != nil {
		return fmt.Errorf("secret %w", err)
	}
	c, err := newChecker(scheme, nil, nil)
	if err != nil {
		return err
	}
	c.remote.close() // signing needs no public keys
	s.checkers, s.keys, s.private = append(s.checkers, c), append(s.keys, k), append(s.private, private)
	return nil
}

// Sign signs r as sent at now: it sets headers, and URI and Body where the
// provider puts a signature, token or timestamp there. Headers that are
// signed and absent, as a delivery's id, are set to something that depends on
// the body and the time alone.
func (s *Signer) Sign(now time.Time, r *Request) error {
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	i := max(0, slices.IndexFunc(s.checkers, func(c *checker) bool { return c.wantsForm() == isForm(r) }))
	c := s.checkers[i]
	if c.signature == nil { // none
		return nil
	}
	d := &signing{checker: c, provider: s.provider, key: s.keys[i], private: s.private[i], secret: s.secret, now: now, r: r}
	return d.run()
}

func (c *checker) wantsForm() bool {
	for _, t := range c.contents {
		if t.has(partForm, partSortedForm) {
			return true
		}
	}
	return c.Signature.In == "form" || c.JSONFrom != "" || c.Canonical == "twilio" || c.Canonical == "php_serialize"
}

func isForm(r *Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") ||
		strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// A signing is one request on its way to being signed.
type signing struct {
	*checker
	provider *Provider
	key      *key
	private  crypto.Signer
	secret   string
	now      time.Time
	r        *Request
	in       input
}

func (d *signing) run() error {
	d.fillHeaders()
	if err := d.placeTime(); err != nil {
		return err
	}
	if err := d.prepare(); err != nil {
		return err
	}
	if d.Signature.Parse == "items" {
		return d.signItems()
	}
	value, err := d.value()
	if err != nil {
		return err
	}
	return d.place(d.signature, value)
}

// id is what stands for a header that is signed and absent.
func (d *signing) id() string {
	sum := sha256.Sum256(append(strconv.AppendInt(nil, d.now.UnixNano(), 10), d.r.Body...))
	return "msg_" + hex.EncodeToString(sum[:12])
}
