package verify

import (
	"errors"
	"fmt"
)

// variants returns a scheme whose signature names its hash once for each hash.
func (s *Scheme) variants() []*Scheme {
	if s.Algorithm != "by_prefix" {
		return []*Scheme{s}
	}
	var all []*Scheme
	for _, name := range []string{"sha512", "sha384", "sha256", "sha1"} {
		v := *s
		v.Algorithm, v.Signature.Parse, v.Signature.Prefix = name, "prefix", name+"="
		all = append(all, &v)
	}
	return all
}

// keyring holds the keys of a scheme by algorithm.
type keyring map[string][]*key

// newKeys returns the keys of each scheme. With several schemes a secret may
// be of use to only some of them.
func newKeys(schemes []*Scheme, secrets []string, least int) ([]keyring, error) {
	rings := make([]keyring, len(schemes))
	if schemes[0].Kind == "none" {
		if len(secrets) > 0 {
			return nil, errors.New("takes no secrets")
		}
		return rings, nil
	}
	if len(secrets) == 0 && schemes[0].KeySource == nil {
		return nil, errors.New("a secret is required")
	}
	for i := range rings {
		rings[i] = keyring{}
	}
	var all []error
	for n, secret := range secrets {
		if err := addSecret(rings, schemes, n, secret, least); err != nil {
			all = append(all, fmt.Errorf("secret %d %w", n+1, err))
		}
	}
	for i, s := range schemes {
		if len(rings[i]) == 0 && all == nil && s.KeySource == nil {
			all = append(all, fmt.Errorf("no secret is of use to scheme %s", s.Name))
		}
	}
	return rings, errors.Join(all...)
}

// addSecret adds a secret's keys to the schemes that can use it; if none can,
// it returns why the first cannot.
func addSecret(rings []keyring, schemes []*Scheme, n int, secret string, least int) (first error) {
	used := false
	for i, s := range schemes {
		for _, s := range s.variants() {
			keys, err := s.newKeys(n, secret, least)
			switch {
			case err == nil:
				rings[i][s.Algorithm], used = append(rings[i][s.Algorithm], keys...), true
			case first == nil:
				first = err
			}
		}
	}
	if used {
		return nil
	}
	return first
}
