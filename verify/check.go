package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// problems collects what is wrong with a scheme.
type problems []error

func (p *problems) addf(format string, a ...any) { *p = append(*p, fmt.Errorf(format, a...)) }

func (p *problems) oneOf(field, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		p.addf("%s: %q is not one of %s", field, value, strings.Join(allowed, ", "))
	}
}

func (p *problems) header(field, name string) {
	switch {
	case name == "":
		p.addf("%s is required", field)
	case !isToken(name):
		p.addf("%s: %q is not a header name", field, name)
	case strings.EqualFold(name, "Host"):
		p.addf("%s: Host is not among the headers of a request in Go", field)
	}
}

// check reports everything that makes s unusable, after withDefaults.
func (s *Scheme) check() error {
	var p problems
	p.oneOf("kind", s.Kind, "hmac", "ed25519", "token", "basic", "none")
	if s.Kind == "hmac" {
		p.oneOf("algorithm", s.Algorithm, "sha1", "sha256", "sha384", "sha512")
	} else if s.Algorithm != "" {
		p.addf("algorithm: not for kind %s", s.Kind)
	}
	p.oneOf("key", s.Key.Decode, "utf8", "hex", "base64")
	s.checkSignature(&p)
	s.checkTimestamp(&p)
	s.checkContent(&p)
	for _, h := range s.RequiredHeaders {
		for name := range strings.SplitSeq(h, "|") {
			p.header("required_headers", name)
		}
	}
	if s.OnlyIfHeaderAbsent != "" {
		p.header("only_if_header_absent", s.OnlyIfHeaderAbsent)
	}
	for _, name := range s.Configurable {
		if _, ok := option(name); !ok {
			p.addf("configurable: unknown option %q", name)
		}
	}
	for _, place := range []*Place{s.ID, s.Event} {
		if err := place.check(); err != nil {
			p = append(p, err)
		}
	}
	return errors.Join(p...)
}

func (s *Scheme) checkSignature(p *problems) {
	g := &s.Signature
	if s.Kind == "none" {
		if g.Header != "" {
			p.addf("header: not for kind none")
		}
		return
	}
	p.header("header", g.Header)
	for _, name := range g.AltNames {
		p.header("alt_names", name)
	}
	p.oneOf("parse", g.Parse, "raw", "prefix", "optional_prefix", "kv", "versioned_list")
	if s.signs() {
		p.oneOf("encoding", g.Encoding, "hex", "base64", "base64url")
	} else if g.Parse != "raw" || g.Encoding != "" {
		p.addf("parse and encoding: not for kind %s", s.Kind)
	}
	if g.Strip != "" && !s.carriesSecret() {
		p.addf("strip: not for kind %s", s.Kind)
	}
	for _, f := range []struct {
		field, value string
		used         bool
	}{
		{"prefix", g.Prefix, g.Parse == "prefix" || g.Parse == "optional_prefix"},
		{"sig_key", g.SigKey, g.Parse == "kv"},
		{"pair_sep", g.PairSep, g.Parse == "kv"},
		{"kv_sep", g.KVSep, g.Parse == "kv"},
		{"version", g.Version, g.Parse == "versioned_list"},
		{"item_sep", g.ItemSep, g.Parse == "versioned_list"},
		{"version_sep", g.VersionSep, g.Parse == "versioned_list"},
	} {
		switch {
		case f.used && f.value == "":
			p.addf("%s is required for parse %s", f.field, g.Parse)
		case !f.used && f.value != "":
			p.addf("%s: not for parse %s", f.field, g.Parse)
		}
	}
}

func (s *Scheme) checkTimestamp(p *problems) {
	t := s.Timestamp
	if t == nil {
		return
	}
	p.oneOf("timestamp", t.In, "header", "signature")
	p.oneOf("unit", t.Unit, "s", "ms", "rfc3339", "http-date")
	switch {
	case !s.signs():
		p.addf("timestamp: kind %s does not sign one", s.Kind)
	case t.In == "header":
		p.header("timestamp", t.Name)
	case t.In == "signature" && s.Signature.Parse != "kv":
		p.addf("timestamp: only a kv signature has one inside")
	case t.Name == "":
		p.addf("timestamp: the key is missing")
	}
	for _, name := range t.AltNames {
		p.header("timestamp", name)
	}
	if t.Tolerance < 1 || t.Tolerance > maxTolerance {
		p.addf("tolerance: %d s is not between 1 s and 24 h", t.Tolerance)
	}
}

func (s *Scheme) checkContent(p *problems) {
	if !s.signs() {
		if s.Content != "" {
			p.addf("content: kind %s signs nothing", s.Kind)
		}
		return
	}
	t, err := compileTemplate(s.Content)
	if err != nil {
		p.addf("content: %w", err)
		return
	}
	switch {
	case !t.has(partBody):
		p.addf("content: without {body} anyone could change the body")
	case s.Timestamp != nil && !t.has(partTime):
		p.addf("content: without {ts} the timestamp is not signed and proves nothing")
	case s.Timestamp == nil && t.has(partTime):
		p.addf("content: {ts} needs a timestamp")
	}
}

func (p *Place) check() error {
	switch {
	case p == nil, p.In == "none" && p.Name == "":
		return nil
	case p.In == "header" && isToken(p.Name):
		return nil
	case p.In == "json":
		_, err := parsePath(p.Name)
		return err
	}
	return fmt.Errorf("place: %q %q is neither a header nor a json path", p.In, p.Name)
}

// isToken reports whether s is a token of RFC 9110, as header names are.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !isAlnum(c) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
