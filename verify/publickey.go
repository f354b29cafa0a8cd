package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/keyset"
)

// publicKeys reads the public keys of a secret: PEM, JWK or a set of them,
// base64 DER, or the raw bytes of Ed25519.
func (s *Scheme) publicKeys(index int, secret string) ([]*key, error) {
	if s.Kind == "ed25519" && !strings.Contains(secret, "-----BEGIN") && !strings.HasPrefix(secret, "{") {
		public, err := s.Key.rawEd25519(secret)
		if err != nil {
			return nil, err
		}
		return []*key{{index: index, public: public}}, nil
	}
	found, err := keyset.ParsePublic(secret)
	if err != nil {
		return nil, errors.New("is not a public key (PEM, JWK, or base64 of the DER form)")
	}
	return s.usable(index, found)
}

// usable returns the keys of the kind that the scheme needs.
func (s *Scheme) usable(index int, found []keyset.Key) ([]*key, error) {
	var keys []*key
	for _, k := range found {
		fits := false
		switch k.Public.(type) {
		case ed25519.PublicKey:
			fits = s.Kind == "ed25519"
		case *ecdsa.PublicKey:
			fits = s.Kind == "ecdsa" || s.joseWants("ES")
		case *rsa.PublicKey:
			fits = s.Kind == "rsa" || s.joseWants("RS")
		}
		if fits {
			keys = append(keys, &key{index: index, public: k.Public, id: k.ID})
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("is not a public key for %s", s.Kind)
	}
	return keys, nil
}

// keysOf is the public half of a private key.
func keysOf(private crypto.Signer) []keyset.Key {
	return []keyset.Key{{Public: private.Public()}}
}

func (s *Scheme) joseWants(prefix string) bool {
	if s.JWT == nil {
		return false
	}
	for _, a := range s.JWT.Algorithms {
		if strings.HasPrefix(a, prefix) {
			return true
		}
	}
	return false
}

// remote is where a scheme gets the keys that the configuration lacks.
type remote struct {
	set         *keyset.Set
	certs       *keyset.Certificates
	certificate *source // of its URL, in the request
	vet         func(*view) error
}

// newRemote opens the scheme's source of keys; nothing is fetched yet.
func newRemote(s *Scheme, log *slog.Logger) (*remote, error) {
	src := s.KeySource
	location := s.values["keys"]
	if src == nil {
		return nil, nil
	}
	if src.Certificate != nil {
		pin := keyset.Pin{Hosts: src.Hosts, PathPattern: regexp.MustCompile(src.PathPattern), NameSuffix: src.NameSuffix, LeafOnly: src.LeafOnly}
		if src.HostPattern != "" {
			pin.HostPattern = regexp.MustCompile(src.HostPattern)
		}
		return &remote{
			certs:       keyset.NewCertificates(pin, keyset.Options{Logger: log}),
			certificate: newSource(ErrMalformed, src.Certificate.In, s.JSONFrom, src.Certificate.Name),
		}, nil
	}
	format := src.Format
	if location == "" {
		location = src.URL
	}
	if !strings.Contains(location, "://") {
		if _, err := os.Stat(location); err != nil {
			return nil, fmt.Errorf("option keys: %w", err)
		}
	}
	set, err := keyset.Open(location, format, keyset.Options{Logger: log})
	return &remote{set: set}, err
}

// check refuses a request that names a certificate of a foreign host, even if
// the certificate is configured and will not be fetched.
func (r *remote) check(v *view) error {
	if r == nil || r.certificate == nil {
		return nil
	}
	u, err := r.certificate.get(v)
	if err != nil {
		return err
	}
	if err := r.certs.Allowed(u); err != nil {
		return fmt.Errorf("%s: not one of the provider's addresses: %w", r.certificate.name, ErrMismatch)
	}
	return nil
}

// close stops the fetching of keys.
func (r *remote) close() {
	if r != nil && r.set != nil {
		r.set.Close()
	}
}

// keys returns the provider's published keys for a request.
func (r *remote) keys(now time.Time, s *Scheme, v *view, id string) ([]*key, error) {
	if r.set != nil {
		found, err := r.set.Lookup(now, id)
		switch {
		case errors.Is(err, keyset.ErrUnknownKey):
			return nil, fmt.Errorf("signed with a key that the provider does not publish: %w", ErrMismatch)
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return s.usable(0, found)
	}
	u, err := r.certificate.get(v)
	if err != nil {
		return nil, err
	}
	// What is refused anyway is worth no fetch, of which there are few.
	if err := r.vet(v); err != nil {
		return nil, err
	}
	cert, err := r.certs.Get(now, v.Sender, u)
	switch {
	case errors.Is(err, keyset.ErrUnavailable):
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %w", r.certificate.name, ErrMismatch, err)
	}
	return s.usable(0, []keyset.Key{{Public: cert.PublicKey}})
}

// keysFor returns the keys that may have signed a request: the configured
// ones, or else the published ones. With an id, those of that id, if any has
// one.
func (c *checker) keysFor(now time.Time, v *view, id string) ([]*key, error) {
	if len(c.keys) == 0 && c.remote != nil {
		return c.remote.keys(now, c.Scheme, v, id)
	}
	if id == "" {
		return c.keys, nil
	}
	var named []*key
	for _, k := range c.keys {
		if k.id == id {
			named = append(named, k)
		}
	}
	if len(named) > 0 {
		return named, nil
	}
	return c.keys, nil
}

// digester returns the hash of an rsa or ecdsa scheme.
func digester(algorithm string) crypto.Hash {
	return map[string]crypto.Hash{"sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha512": crypto.SHA512}[algorithm]
}
