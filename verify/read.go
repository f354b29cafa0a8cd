package verify

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// input is what one request holds for a scheme.
type input struct {
	candidates
	credential string // a token, user:password or jwt
	ts         string // as sent
	element    string // of a kv signature: names of signed headers
	headers    [maxHeaderParts]string
	digest     digest // of the signed text, where the request chooses it
}

// applies reports whether a request is meant for this scheme at all, which
// matters when several are configured and none accepts it.
func (c *checker) applies(h http.Header) bool {
	if _, there := h[c.absent]; there && c.absent != "" {
		return false
	}
	if c.signature == nil || c.signature.in != "header" || c.several() {
		return true
	}
	_, err := c.signature.field.get(h)
	return !errors.Is(err, c.signature.missing)
}

// checkHeader checks everything that can be checked without the body.
func (c *checker) checkHeader(now time.Time, h http.Header) error {
	if c.signature == nil {
		return nil
	}
	var in input
	if c.signature.in == "header" && !c.several() {
		return c.readHeader(now, h, &in)
	}
	if c.absent != "" && len(h[c.absent]) > 0 {
		return c.present
	}
	return nil
}

// readHeader reads a request whose signature is in one header.
func (c *checker) readHeader(now time.Time, h http.Header, in *input) error {
	value, err := c.signature.field.get(h)
	if err != nil {
		return err
	}
	if err := c.readValue(value, in); err != nil {
		return err
	}
	if err := c.readRest(h, in); err != nil {
		return err
	}
	if c.stamp == nil || c.stamp.body != nil {
		return nil
	}
	return c.stamp.check(now, in.ts)
}

// readValue takes the text of a signature or token apart.
func (c *checker) readValue(value string, in *input) (err error) {
	if c.Signature.Strip != "" || !c.signs() {
		if value, err = c.strip(value); err != nil {
			return err
		}
		in.credential = value
	}
	if c.signs() {
		return c.parser.parse(value, in)
	}
	return nil
}

// readRest reads the other headers that count.
func (c *checker) readRest(h http.Header, in *input) (err error) {
	if _, there := h[c.absent]; there && c.absent != "" {
		return c.present
	}
	if s := c.stamp; s != nil && s.field != nil {
		repeated := in.ts
		if in.ts, err = s.field.get(h); err != nil {
			return err
		}
		if s.sameAs && repeated != in.ts {
			return c.malformed
		}
	}
	if s := c.stamp; s != nil && s.body == nil && in.ts == "" {
		return s.missing
	}
	for _, t := range c.contents {
		if err := t.readHeaders(h, in); err != nil {
			return err
		}
	}
	for _, r := range c.required {
		if _, err := r.get(h); err != nil {
			return err
		}
	}
	for _, e := range c.exact {
		if value, err := e.get(h); err != nil {
			return err
		} else if value != e.want {
			return e.bad
		}
	}
	return nil
}

// readHeaders reads the signed headers and refuses those that are missing or
// mistakable.
func (t template) readHeaders(h http.Header, in *input) error {
	for i := range t {
		p := &t[i]
		if p.kind != partHeader {
			continue
		}
		v, err := p.header.get(h)
		if err != nil {
			return err
		}
		if !p.valid(v) {
			return p.header.bad
		}
		in.headers[p.slot] = v
	}
	return nil
}

// strip removes "Bearer " or the like from a credential.
func (c *checker) strip(value string) (string, error) {
	prefix := c.Signature.Strip
	n := len(prefix)
	switch {
	case len(value) > n && strings.EqualFold(value[:n], prefix):
		value = trim(value[n:])
	case !c.Signature.StripOptional:
		return "", c.malformed
	}
	allowed := printable
	if prefix == "" { // what the user sees as one token may be "Bearer x"
		allowed = printableText
	}
	if len(value) > maxCredential || !allowed(value) {
		return "", c.malformed
	}
	return value, nil
}

// verify checks a request completely. Most providers sign the body, and send
// one header: that way allocates nothing.
func (c *checker) verify(now time.Time, r *Request, res *Result) error {
	if !c.fast {
		return c.verifyAny(now, &view{Request: r}, res)
	}
	var in input
	if err := c.readHeader(now, r.Header, &in); err != nil {
		return err
	}
	res.checker = c
	if c.carriesSecret() {
		return c.proveCredential(&in, res)
	}
	return c.verifyHMAC(r, &in, res)
}

// verifyAny checks a request of any scheme.
func (c *checker) verifyAny(now time.Time, v *view, res *Result) error {
	res.checker = c
	switch {
	case c.Kind == "none":
		return nil
	case c.Kind == "mtls":
		return c.verifyClient(v.Client, res)
	case c.absent != "" && len(v.Header[c.absent]) > 0:
		return c.present
	case c.Signature.Parse == "items":
		return c.verifyItems(v, res)
	case c.signature.many():
		return c.verifyEach(v, res)
	}
	values, err := c.signatures(v)
	if err != nil {
		return err
	}
	var failed furthest
	for _, value := range values {
		err := c.verifyValue(now, v, value, res)
		if err == nil {
			return nil
		}
		failed.note(err)
	}
	return failed.err
}

// signatures returns the texts that may hold a signature, at most 8.
func (c *checker) signatures(v *view) (values []string, err error) {
	switch g := &c.Signature; {
	case g.ManyLines:
		values = slices.DeleteFunc(slices.Clone(v.Header[c.signature.field.names[0]]), func(s string) bool { return trim(s) == "" })
	case len(c.more) > 0:
		for _, s := range append([]*source{c.signature}, c.more...) {
			value, err := s.get(v)
			if err == nil {
				values = append(values, value)
			} else if !errors.Is(err, ErrMissing) {
				return nil, err
			}
		}
	default:
		value, err := c.signature.get(v)
		if errors.Is(err, ErrMissing) && c.alternate != nil {
			value, err = c.alternate.get(v)
			value = g.Strip + value
		}
		if err != nil {
			return nil, err
		}
		values = []string{value}
		if g.SetSep != "" {
			values = strings.SplitN(value, g.SetSep, maxCandidates+1) // one is too many
		}
	}
	switch {
	case len(values) == 0:
		return nil, c.signature.missing
	case len(values) > maxCandidates:
		return nil, fmt.Errorf("%s: %w (more than %d)", c.signature.name, ErrTooMany, maxCandidates)
	}
	return values, nil
}

// verifyValue checks one text that holds a signature or token.
func (c *checker) verifyValue(now time.Time, v *view, value string, res *Result) error {
	var in input
	if err := c.readValue(value, &in); err != nil {
		return err
	}
	if err := c.readRest(v.Header, &in); err != nil {
		return err
	}
	if s := c.stamp; s != nil {
		if s.body != nil {
			ts, err := s.body.get(v)
			if err != nil {
				return err
			}
			in.ts = ts
		}
		if err := s.check(now, in.ts); err != nil {
			return err
		}
	}
	return c.prove(now, v, &in, res)
}
