package verify

import (
	"errors"
	"maps"
	"slices"
)

const (
	defaultTolerance = 300   // seconds
	maxTolerance     = 86400 // seconds
)

// withDefaults returns a deep enough copy of s to be changed by options.
func (s *Scheme) withDefaults() *Scheme {
	c := *s
	set := func(p *string, d string) {
		if *p == "" {
			*p = d
		}
	}
	set(&c.Key.Decode, "utf8")
	if c.Kind != "none" && c.Kind != "mtls" {
		set(&c.Signature.In, "header")
		set(&c.Signature.Parse, "raw")
	}
	if c.signs() {
		set(&c.Signature.Encoding, "hex")
	}
	switch c.Signature.Parse {
	case "kv":
		set(&c.Signature.PairSep, ",")
		set(&c.Signature.KVSep, "=")
	case "versioned_list":
		set(&c.Signature.ItemSep, " ")
		set(&c.Signature.VersionSep, ",")
	case "positional":
		set(&c.Signature.PairSep, ",")
		set(&c.Signature.ItemSep, ",")
	case "list", "key_pairs":
		set(&c.Signature.ItemSep, ",")
	}
	if c.Timestamp != nil {
		t := *c.Timestamp
		set(&t.Unit, "s")
		if t.Tolerance == 0 && !t.AnyAge {
			t.Tolerance = defaultTolerance
		}
		c.Timestamp = &t
	}
	c.values = maps.Clone(c.values)
	return &c
}

// signs reports whether the scheme has signatures that stand by themselves.
func (s *Scheme) signs() bool {
	return slices.Contains([]string{"hmac", "hash", "ed25519", "ecdsa", "rsa"}, s.Kind)
}

// public reports whether secrets are public keys.
func (s *Scheme) public() bool {
	return slices.Contains([]string{"ed25519", "ecdsa", "rsa"}, s.Kind) || s.joseWants("RS") || s.joseWants("ES")
}

// carriesSecret reports whether the proof is who sends, not what is sent.
func (s *Scheme) carriesSecret() bool {
	return s.Kind == "token" || s.Kind == "basic" || s.Kind == "mtls"
}

// setValue gives one of the options in Requires and Optional a value.
func (s *Scheme) setValue(name, value string) {
	if s.values == nil {
		s.values = make(map[string]string)
	}
	s.values[name] = value
}

// complete reports the options that are required and missing.
func (s *Scheme) complete() error {
	var p problems
	for _, name := range s.Requires {
		if s.values[name] == "" {
			p.addf("option %s is required: %s", name, description(name))
		}
	}
	return errors.Join(p...)
}
