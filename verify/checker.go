package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A checker is a scheme with its secrets, compiled.
type checker struct {
	*Scheme
	header   *field
	parser   *sigParser
	stamp    *stamp
	content  template
	required []*field
	absent   string // canonical
	keys     []*key

	malformed, mismatch, present error
}

// newChecker compiles a scheme that has passed check.
func newChecker(s *Scheme, keys []*key) *checker {
	c := &checker{Scheme: s, keys: keys}
	if s.Kind == "none" {
		return c
	}
	name := s.Signature.Header
	c.header = newField(ErrMissing, append([]string{name}, s.Signature.AltNames...)...)
	c.malformed = fmt.Errorf("%s: %w", name, ErrMalformed)
	c.mismatch = fmt.Errorf("%s: %w", name, ErrMismatch)
	if s.signs() {
		c.parser = newSigParser(s.Signature, s.size())
		c.content, _ = compileTemplate(s.Content)
	}
	if t := s.Timestamp; t != nil {
		c.stamp = newStamp(t, c.header)
		if c.parser.tsKey = c.stamp.key; c.parser.tsKey != "" {
			c.parser.repeatedTime = c.stamp.repeated
		}
	}
	for _, r := range s.RequiredHeaders {
		f := newField(ErrMalformed, strings.Split(r, "|")...)
		f.missing = fmt.Errorf("required header %s is missing: %w", r, ErrMalformed)
		c.required = append(c.required, f)
	}
	if s.OnlyIfHeaderAbsent != "" {
		c.absent = http.CanonicalHeaderKey(s.OnlyIfHeaderAbsent)
		c.present = fmt.Errorf("%s is present: %w", c.absent, ErrMismatch)
	}
	return c
}

// size is the number of bytes of a signature.
func (s *Scheme) size() int {
	if s.Kind == "ed25519" {
		return ed25519.SignatureSize
	}
	return hashes[s.Algorithm]().Size()
}

// input is what the headers of one request hold for a scheme.
type input struct {
	candidates
	credential string // of a token or basic
	ts         string // as sent
}

// applies reports whether a request is meant for this scheme at all, which
// matters when several are configured and none accepts it.
func (c *checker) applies(h http.Header) bool {
	if _, there := h[c.absent]; there && c.absent != "" {
		return false
	}
	if c.header == nil {
		return true
	}
	_, err := c.header.get(h)
	return !errors.Is(err, c.header.missing)
}

// read checks everything that can be checked without the body.
func (c *checker) read(now time.Time, h http.Header, in *input) error {
	if c.Kind == "none" {
		return nil
	}
	value, err := c.header.get(h)
	if err != nil {
		return err
	}
	if _, there := h[c.absent]; there && c.absent != "" {
		return c.present
	}
	if c.carriesSecret() {
		in.credential, err = c.strip(value)
	} else {
		err = c.readSigned(value, h, in)
	}
	if err != nil {
		return err
	}
	for _, r := range c.required {
		if _, err := r.get(h); err != nil {
			return err
		}
	}
	if c.stamp != nil {
		return c.stamp.check(now, in.ts)
	}
	return nil
}

func (c *checker) readSigned(value string, h http.Header, in *input) (err error) {
	if in.ts, err = c.parser.parse(value, &in.candidates); err != nil {
		return err
	}
	if c.stamp != nil && c.stamp.field != nil {
		if in.ts, err = c.stamp.field.get(h); err != nil {
			return err
		}
	}
	if c.stamp != nil && in.ts == "" {
		return c.stamp.missing
	}
	for i := range c.content {
		p := &c.content[i]
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
	}
	return nil
}

// strip removes "Bearer " or the like from a credential.
func (c *checker) strip(value string) (string, error) {
	n := len(c.Signature.Strip)
	if len(value) <= n || !strings.EqualFold(value[:n], c.Signature.Strip) {
		return "", c.malformed
	}
	value = trim(value[n:])
	if len(value) > maxCredential || !printable(value) {
		return "", c.malformed
	}
	return value, nil
}

// verify checks a request completely.
func (c *checker) verify(now time.Time, r *Request, res *Result) error {
	var in input
	if err := c.read(now, r.Header, &in); err != nil {
		return err
	}
	res.Scheme = c.Name
	switch c.Kind {
	case "hmac":
		return c.verifyHMAC(r, &in, res)
	case "ed25519":
		return c.verifyEd25519(r, &in, res)
	case "token":
		return c.compare(sha256.Sum256([]byte(in.credential)), res)
	case "basic":
		b, err := base64.StdEncoding.Strict().DecodeString(in.credential)
		if err != nil || bytes.IndexByte(b, ':') < 0 {
			return c.malformed
		}
		return c.compare(sha256.Sum256(b), res)
	}
	return nil // none
}

// verifyHMAC computes one MAC per secret and compares it with each signature.
func (c *checker) verifyHMAC(r *Request, in *input, res *Result) error {
	for _, k := range c.keys {
		m := k.macs.Get().(*mac)
		m.Reset()
		c.feed(m, r, in.ts)
		sum := m.Sum(m.sum[:0])
		for i := range in.n {
			if sig := in.sig[i][:len(sum)]; hmac.Equal(sig, sum) {
				res.Secret, res.size = k.index, copy(res.mac[:], sig)
				break
			}
		}
		k.macs.Put(m)
		if res.size > 0 {
			return nil
		}
	}
	return c.mismatch
}

// feed streams the signed text into m. The small parts are gathered in m's
// own scratch; the body is never copied.
func (c *checker) feed(m *mac, r *Request, ts string) {
	m.scratch = m.scratch[:0]
	for i := range c.content {
		p := &c.content[i]
		if p.kind != partBody {
			m.scratch = p.appendTo(m.scratch, r, ts)
			continue
		}
		if len(m.scratch) > 0 {
			m.Write(m.scratch)
			m.scratch = m.scratch[:0]
		}
		m.Write(r.Body)
	}
	if len(m.scratch) > 0 {
		m.Write(m.scratch)
	}
}

func (p *part) appendTo(b []byte, r *Request, ts string) []byte {
	switch p.kind {
	case partBody:
		return append(b, r.Body...)
	case partTime:
		return append(b, ts...)
	case partMethod:
		return append(b, r.Method...)
	case partPath:
		return append(b, r.URI...)
	case partHeader:
		v, _ := p.header.get(r.Header) // read has checked it
		return append(b, v...)
	}
	return append(b, p.literal...)
}

// verifyEd25519 needs the signed text in one piece: the one allocation.
func (c *checker) verifyEd25519(r *Request, in *input, res *Result) error {
	text := make([]byte, 0, len(r.Body)+len(r.URI)+1024)
	for i := range c.content {
		text = c.content[i].appendTo(text, r, in.ts)
	}
	for _, k := range c.keys {
		for i := range in.n {
			if sig := in.sig[i][:ed25519.SignatureSize]; ed25519.Verify(k.public, text, sig) {
				res.Secret, res.size = k.index, copy(res.mac[:], sig)
				return nil
			}
		}
	}
	return c.mismatch
}

// compare looks for a secret with this digest. Comparing digests hides the
// secrets' lengths too.
func (c *checker) compare(digest [sha256.Size]byte, res *Result) error {
	for _, k := range c.keys {
		if subtle.ConstantTimeCompare(digest[:], k.digest[:]) == 1 {
			res.Secret = k.index
			return nil
		}
	}
	return c.mismatch
}
