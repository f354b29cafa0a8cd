package verify

import (
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// A checker is a scheme with its secrets, compiled.
type checker struct {
	*Scheme
	signature *source
	more      []*source // of further signatures
	alternate *source   // instead of signature
	parser    *sigParser
	stamp     *stamp
	contents  []template
	canonical canonicalText
	usesURL   bool
	grows     bool // see grown
	fast      bool // see verify
	many      bool // a request may carry several signatures
	byText    bool // a hash of the signed text stands for it, and no MAC
	required  []*field
	exact     []exactHeader
	absent    string // canonical
	keys      []*key
	remote    *remote // nil: all keys are configured
	id, event *place

	malformed, mismatch, present error
}

// newChecker compiles a scheme that has passed check.
func newChecker(s *Scheme, keys []*key, log *slog.Logger) (*checker, error) {
	c := &checker{Scheme: s, keys: keys, id: newPlace(s.ID), event: newPlace(s.Event)}
	c.malformed, c.mismatch = ErrMalformed, ErrMismatch // never nil, which would accept
	if s.Kind == "none" || s.Kind == "mtls" {
		return c, nil
	}
	c.compileSignature()
	c.compileContent()
	c.followSigned()
	if t := s.Timestamp; t != nil {
		c.stamp = newStamp(t, c.signature, s.JSONFrom)
		c.stamp.exact = slices.ContainsFunc(c.contents, template.abuts)
		if c.stamp.key != "" {
			c.parser.tsKey = c.stamp.key
		}
	}
	c.compileHeaders()
	streams := s.Kind == "hmac" && len(c.contents) == 1 && c.contents[0].streams() && (c.stamp == nil || c.stamp.body == nil)
	c.fast = (streams || s.carriesSecret()) && c.signature.in == "header" && !c.several()
	c.compileProof()
	if len(keys) > 0 && (s.KeySource == nil || s.KeySource.Certificate == nil) {
		return c, nil
	}
	var err error
	c.remote, err = newRemote(s, log)
	return c, err
}

// maxNumbered is the highest number of a numbered header: DocuSign signs with
// up to 100 keys.
const maxNumbered = 100

func (c *checker) compileSignature() {
	g := c.Signature
	name := strings.ReplaceAll(g.Name, "{n}", "1")
	c.signature = newSource(ErrMissing, g.In, c.JSONFrom, append([]string{name}, g.AltNames...)...)
	for n := 2; n <= maxNumbered && name != g.Name; n++ {
		c.more = append(c.more, newSource(ErrMissing, "header", "", strings.ReplaceAll(g.Name, "{n}", fmt.Sprint(n))))
	}
	for _, n := range g.MoreNames {
		c.more = append(c.more, newSource(ErrMissing, "header", "", n))
	}
	if g.AltQuery != "" {
		c.alternate = newSource(ErrMissing, "query", "", g.AltQuery)
	}
	c.malformed = fmt.Errorf("%s: %w", name, ErrMalformed)
	c.mismatch = fmt.Errorf("%s: %w", name, ErrMismatch)
	if c.signs() {
		c.parser = newSigParser(g, c.size())
		c.parser.keyID = c.values[g.KeyID]
	}
}

func (c *checker) compileContent() {
	c.canonical = canonicalTexts[c.Canonical]
	if c.Content == "" {
		return
	}
	for _, text := range append([]string{c.Content}, c.ContentAlternates...) {
		t, _ := compileTemplate(text, c.JSONFrom)
		for i := range t {
			switch t[i].kind {
			case partOption:
				t[i] = part{kind: partLiteral, literal: c.values[t[i].literal]}
			case partForm:
				t[i].source.signed = !c.BodyUnsigned
			}
		}
		c.usesURL = c.usesURL || t.has(partURL, partURLPath)
		c.grows = c.grows || c.Kind == "hash" && t[len(t)-1].kind != partSecret
		c.contents = append(c.contents, t)
	}
}

// An exactHeader is a header that must have one value.
type exactHeader struct {
	*field
	want string
}

func (c *checker) compileHeaders() {
	for _, r := range c.RequiredHeaders {
		if c.reads(r) { // and refuses a request without it
			continue
		}
		f := newField(ErrMalformed, strings.Split(r, "|")...)
		f.missing = fmt.Errorf("required header %s is missing: %w", r, ErrMalformed)
		c.required = append(c.required, f)
	}
	for name, want := range c.HeaderValues {
		c.exact = append(c.exact, exactHeader{newField(ErrMalformed, name), want})
	}
	if c.OnlyIfHeaderAbsent != "" {
		c.absent = http.CanonicalHeaderKey(c.OnlyIfHeaderAbsent)
		c.present = fmt.Errorf("%s is present: %w", c.absent, ErrMismatch)
	}
}

// reads reports whether the signed text has the header, which is then looked
// at anyway.
func (c *checker) reads(header string) bool {
	return slices.ContainsFunc(c.contents, func(t template) bool {
		return slices.ContainsFunc(t, func(p part) bool {
			return p.header != nil && strings.EqualFold(strings.Join(p.header.names, "|"), header)
		})
	})
}

// several reports whether a request may carry signatures in several places.
func (c *checker) several() bool {
	g := &c.Signature
	return len(c.more) > 0 || c.alternate != nil || g.ManyLines || g.SetSep != "" || c.signature.many() || g.Parse == "items"
}

// compileProof chooses what stands for the signed text. A MAC does where there
// is one signature. Of several anyone can take some away, so that another key
// matches, whose MAC is another: there it is a hash of the text, which no key
// has a part in, so that it also stays the same when the secrets change. (It
// need not be secret: it is looked at only once a signature has matched.)
//
// Where the text is streamed and has a signed id in it, which counts instead,
// the text is not hashed a second time: the first key's MAC does.
func (c *checker) compileProof() {
	one := slices.Contains([]string{"raw", "prefix", "optional_prefix", "envelope"}, c.Signature.Parse)
	c.many = !one || c.several()
	c.byText = c.Kind == "hmac" && c.many && !(c.fast && c.covers(c.id))
}

// size is the number of bytes of a signature; 0: not fixed.
func (s *Scheme) size() int {
	switch s.Kind {
	case "ed25519":
		return ed25519.SignatureSize
	case "hmac", "hash":
		return hashes[s.Algorithm]().Size()
	}
	return 0
}
