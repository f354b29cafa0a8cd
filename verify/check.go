package verify

import (
	"errors"
	"fmt"
	"regexp"
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
	p.oneOf("kind", s.Kind, "hmac", "hash", "ed25519", "ecdsa", "rsa", "jwt", "jws", "token", "basic", "mtls", "none")
	s.checkAlgorithm(&p)
	p.oneOf("key", s.Key.Decode, "utf8", "hex", "base64", "sha1")
	p.oneOf("normalize", s.Key.Normalize, "", "NFKD")
	s.checkSignature(&p)
	s.checkForm(&p)
	s.checkJWT(&p)
	s.checkTimestamp(&p)
	s.checkContent(&p)
	s.checkKeySource(&p)
	for _, h := range s.RequiredHeaders {
		for name := range strings.SplitSeq(h, "|") {
			p.header("required_headers", name)
		}
	}
	for name := range s.HeaderValues {
		p.header("header_values", name)
	}
	if s.OnlyIfHeaderAbsent != "" {
		p.header("only_if_header_absent", s.OnlyIfHeaderAbsent)
	}
	for _, name := range slices.Concat(s.Configurable, s.Requires, s.Optional) {
		if _, ok := option(name); !ok {
			p.addf("unknown option %q", name)
		}
	}
	for _, name := range slices.Concat(s.Requires, s.Optional) {
		if !slices.Contains(account, name) {
			p.addf("option %s does not belong to the user's account", name)
		}
	}
	for _, place := range []*Place{s.ID, s.Event} {
		if err := place.check(); err != nil {
			p = append(p, err)
		}
	}
	return errors.Join(p...)
}

// algorithms are the hashes of each kind that has one.
var algorithms = map[string][]string{
	"hmac":  {"sha1", "sha256", "sha384", "sha512", "by_prefix"},
	"hash":  {"sha1", "sha256", "keccak256"},
	"rsa":   {"sha1", "sha256", "sha512"},
	"ecdsa": {"sha1", "sha256", "sha512"},
}

func (s *Scheme) checkAlgorithm(p *problems) {
	if allowed := algorithms[s.Kind]; allowed != nil {
		p.oneOf("algorithm", s.Algorithm, allowed...)
	} else if s.Algorithm != "" {
		p.addf("algorithm: not for kind %s", s.Kind)
	}
}

func (s *Scheme) checkSignature(p *problems) {
	g := &s.Signature
	if s.Kind == "none" || s.Kind == "mtls" {
		if g.Name != "" {
			p.addf("header: not for kind %s", s.Kind)
		}
		return
	}
	p.oneOf("in", g.In, "header", "query", "form", "json")
	switch {
	case g.In == "header":
		p.header("header", strings.ReplaceAll(g.Name, "{n}", "1"))
	case g.Name == "":
		p.addf("parameter is required")
	case len(g.AltNames) > 0 || len(g.MoreNames) > 0 || g.ManyLines || strings.Contains(g.Name, "{n}"):
		p.addf("signature: only headers have several names")
	}
	for _, name := range slices.Concat(g.AltNames, g.MoreNames) {
		p.header("alt_names", name)
	}
	if s.signs() {
		p.oneOf("encoding", g.Encoding, "hex", "base64", "base64url")
	} else if g.Parse != "raw" || g.Encoding != "" {
		p.addf("parse and encoding: not for kind %s", s.Kind)
	}
	if g.Strip != "" && s.signs() && g.Parse != "key_pairs" {
		p.addf("strip: not for kind %s", s.Kind)
	}
}

// checkForm checks the fields that belong to one way of writing signatures.
func (s *Scheme) checkForm(p *problems) {
	g := &s.Signature
	if s.Kind == "none" || s.Kind == "mtls" {
		return
	}
	p.oneOf("parse", g.Parse, "raw", "prefix", "optional_prefix", "kv", "versioned_list", "list", "positional", "key_pairs", "envelope", "items")
	for _, f := range []struct {
		field, value string
		forms        []string
	}{
		{"prefix", g.Prefix, []string{"prefix", "optional_prefix"}},
		{"sig_key", g.SigKey, []string{"kv"}},
		{"pair_sep", g.PairSep, []string{"kv", "positional"}},
		{"kv_sep", g.KVSep, []string{"kv", "key_pairs"}},
		{"version", g.Version, []string{"versioned_list"}},
		{"item_sep", g.ItemSep, []string{"versioned_list", "list", "positional", "key_pairs"}},
		{"version_sep", g.VersionSep, []string{"versioned_list"}},
		{"key_id", g.KeyID, []string{"key_pairs"}},
	} {
		used := slices.Contains(f.forms, g.Parse)
		switch {
		case used && f.value == "":
			p.addf("%s is required for parse %s", f.field, g.Parse)
		case !used && f.value != "":
			p.addf("%s: not for parse %s", f.field, g.Parse)
		}
	}
	if g.SetSep != "" && g.Parse != "kv" {
		p.addf("set_sep: not for parse %s", g.Parse)
	}
}

func (s *Scheme) checkJWT(p *problems) {
	jose := s.Kind == "jwt" || s.Kind == "jws"
	if jose != (s.JWT != nil) {
		p.addf("jwt: for the kinds jwt and jws, and only for them")
		return
	}
	if !jose {
		return
	}
	if len(s.JWT.Algorithms) == 0 {
		p.addf("jwt: algorithms are required")
	}
	family := ""
	for _, a := range s.JWT.Algorithms {
		p.oneOf("jwt algorithms", a, "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
		if family != "" && !strings.HasPrefix(a, family) { // or a public key could be taken for a secret
			p.addf("jwt: algorithms of different families")
		}
		family = a[:min(2, len(a))]
	}
	for _, h := range []*HashClaim{s.JWT.BodyHash, s.JWT.URLHash} {
		if h != nil {
			p.oneOf("jwt hash encoding", h.Encoding, "hex", "base64url")
		}
	}
}

func (s *Scheme) checkTimestamp(p *problems) {
	t := s.Timestamp
	if t == nil {
		return
	}
	p.oneOf("timestamp", t.In, "header", "signature", "json", "form")
	p.oneOf("unit", t.Unit, "s", "ms", "rfc3339", "http-date")
	form := s.Signature.Parse
	switch {
	case !s.signs():
		p.addf("timestamp: kind %s does not sign one", s.Kind)
	case t.In == "header":
		p.header("timestamp", t.Name)
	case t.In == "signature" && form != "kv" && form != "positional":
		p.addf("timestamp: only a kv signature has one inside")
	case t.Name == "" && form != "positional":
		p.addf("timestamp: the key is missing")
	}
	for _, name := range t.AltNames {
		p.header("timestamp", name)
	}
	if !t.AnyAge && (t.Tolerance < 1 || t.Tolerance > maxTolerance) {
		p.addf("tolerance: %d s is not between 1 s and 24 h", t.Tolerance)
	}
}

// coversBody lists the tokens that sign what is in the body.
var coversBody = []partKind{partBody, partBodySHA256, partBodyMD5, partForm, partSortedForm}

func (s *Scheme) checkContent(p *problems) {
	_, known := canonicalTexts[s.Canonical]
	switch {
	case !s.signs():
		if s.Content != "" || s.Canonical != "" {
			p.addf("content: kind %s has none", s.Kind)
		}
		return
	case s.Canonical != "":
		if !known || s.Content != "" {
			p.addf("canonical: %q is unknown, or there is a content too", s.Canonical)
		}
		return
	}
	for _, text := range append([]string{s.Content}, s.ContentAlternates...) {
		s.checkTemplate(p, text)
	}
	p.oneOf("prehash", s.Prehash, "", "sha256")
}

func (s *Scheme) checkTemplate(p *problems, text string) {
	t, err := compileTemplate(text, s.JSONFrom)
	if err != nil {
		p.addf("content: %w", err)
		return
	}
	inBody := s.Timestamp != nil && (s.Timestamp.In == "json" || s.Timestamp.In == "form")
	switch {
	case !t.has(coversBody...) && !s.BodyUnsigned:
		p.addf("content: without {body} anyone could change the body")
	case s.Timestamp != nil && !t.has(partTime) && (!inBody || s.BodyUnsigned):
		p.addf("content: without {ts} the timestamp is not signed and proves nothing")
	case s.Timestamp == nil && t.has(partTime):
		p.addf("content: {ts} needs a timestamp")
	case t.has(partSecret) != (s.Kind == "hash"):
		p.addf("content: {secret} belongs to kind hash")
	}
	if t.has(partURL, partURLPath) && !slices.Contains(s.Requires, "url") {
		p.addf("content: {url} needs the option url")
	}
	for i := range t {
		if t[i].kind == partOption && !slices.Contains(s.Requires, t[i].literal) {
			p.addf("content: {option:%s} is not required", t[i].literal)
		}
	}
}

func (s *Scheme) checkKeySource(p *problems) {
	src := s.KeySource
	if src == nil {
		return
	}
	if (src.Certificate != nil) == (src.URL != "") {
		p.addf("key_source: a URL or the place of a certificate's, not both")
	}
	if src.Certificate != nil && (len(src.Hosts) > 0) == (src.HostPattern != "") {
		p.addf("key_source: hosts or a host_pattern")
	}
	if src.Certificate != nil && src.PathPattern == "" {
		p.addf("key_source: a path_pattern, so that made-up addresses are not asked")
	}
	for _, pattern := range []string{src.HostPattern, src.PathPattern} {
		if _, err := regexp.Compile(pattern); err != nil {
			p.addf("key_source: %w", err)
		}
	}
}

func (p *Place) check() error {
	switch {
	case p == nil, p.In == "none" && p.Name == "":
		return nil
	case p.In == "header" && isToken(p.Name), p.In == "form" && p.Name != "":
		return nil
	case p.In == "json":
		_, err := parsePath(p.Name)
		return err
	}
	return fmt.Errorf("place: %q %q is neither a header, nor a form field, nor a json path", p.In, p.Name)
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
