package verify

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
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
// be of use to only some of them. Without a key all is refused, which is an
// error unless keyless says that there may be none yet.
func newKeys(schemes []*Scheme, secrets []string, least int, keyless bool) ([]keyring, error) {
	rings := make([]keyring, len(schemes))
	if schemes[0].Kind == "none" {
		if len(secrets) > 0 {
			return nil, errors.New("takes no secrets")
		}
		return rings, nil
	}
	if len(secrets) == 0 && schemes[0].KeySource == nil && !keyless {
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
		if len(rings[i]) == 0 && all == nil && s.KeySource == nil && !keyless {
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

// take gives the option the secret that is its value, if it has none.
func (o *SecretOption) take(c Config) Config {
	if o == nil || c.Options[o.Option] != "" {
		return c
	}
	pattern := regexp.MustCompile(o.Pattern) // decodeProvider has seen it
	i := slices.IndexFunc(c.Secrets, pattern.MatchString)
	if i < 0 {
		return c
	}
	options := maps.Clone(c.Options)
	if options == nil {
		options = make(map[string]string)
	}
	options[o.Option] = c.Secrets[i]
	c.Options, c.Secrets = options, slices.Delete(slices.Clone(c.Secrets), i, i+1)
	return c
}

// given reports whether the option has a value, so that there is something to
// do before there is a key.
func (o *SecretOption) given(c Config) bool { return o != nil && c.Options[o.Option] != "" }
