package verify

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	maxCandidates = 8    // signatures tried per request
	maxDigest     = 64   // bytes: SHA-512, Ed25519
	maxLong       = 1024 // bytes: RSA with 8192 bits
	maxSignature  = 8192 // bytes of a header or field with signatures
)

// candidates are the decoded signatures of one request that have the right
// version, encoding and length.
type candidates struct {
	n    int // decoded
	seen int // of the right version
	sig  [maxCandidates][maxDigest]byte
	long [maxCandidates][]byte // instead of sig where the length is not fixed
}

// at returns the i-th candidate of a scheme whose signatures have size bytes,
// or any length if size is 0.
func (c *candidates) at(i, size int) []byte {
	if size == 0 {
		return c.long[i]
	}
	return c.sig[i][:size]
}

// has reports whether one of the candidates is a MAC.
func (c *candidates) has(sum []byte) bool {
	for i := range c.n {
		if hmac.Equal(c.sig[i][:len(sum)], sum) {
			return true
		}
	}
	return false
}

// A sigParser takes a signature's text apart.
type sigParser struct {
	Signature
	tsKey string // of the timestamp in a kv list; "" when it is elsewhere
	keyID string // of the signatures among key_pairs
	size  int    // bytes of a signature; 0: not fixed

	tooMany, malformed, repeatedTime error
}

func newSigParser(g Signature, size int) *sigParser {
	return &sigParser{
		Signature: g,
		size:      size,
		tooMany:   fmt.Errorf("%s: %w (more than %d)", g.Name, ErrTooMany, maxCandidates),
		tsKey:     g.TSKey,
		malformed: fmt.Errorf("%s: %w", g.Name, ErrMalformed),

		repeatedTime: fmt.Errorf("%s: timestamp repeated: %w", g.Name, ErrAmbiguous),
	}
}

// parse fills in from the text of the signature: the candidates and what else
// is in there. Elements of other versions are ignored.
func (p *sigParser) parse(value string, in *input) (err error) {
	if len(value) > maxSignature {
		return p.malformed
	}
	c := &in.candidates
	switch p.Parse {
	case "kv":
		err = p.parseKV(value, in)
	case "versioned_list":
		err = p.parseList(value, c)
	case "list":
		err = p.parsePlainList(value, c)
	case "positional":
		ts, rest, ok := strings.Cut(value, p.PairSep)
		if !ok {
			return p.malformed
		}
		in.ts = trim(ts)
		err = p.parsePlainList(rest, c)
	case "key_pairs":
		err = p.parseKeyPairs(value, c)
	case "envelope":
		err = p.parseEnvelope(value, c)
	case "prefix":
		rest, ok := strings.CutPrefix(value, p.Prefix)
		if !ok {
			return p.malformed
		}
		err = p.add(c, rest)
	default: // raw, optional_prefix
		err = p.add(c, strings.TrimPrefix(value, p.Prefix))
	}
	if err == nil && c.n == 0 {
		err = p.malformed
	}
	return err
}

func (p *sigParser) parseKV(value string, in *input) error {
	timed := false
	for more := true; more; {
		var pair string
		pair, value, more = strings.Cut(value, p.PairSep)
		k, v, ok := strings.Cut(pair, p.KVSep)
		if !ok {
			continue
		}
		k, v = trim(k), trim(v)
		if p.tsKey != "" && k == p.tsKey {
			if timed {
				return p.repeatedTime
			}
			in.ts, timed = v, true
		}
		if k == headersKey {
			in.element = v
		}
		if k == p.SigKey {
			if err := p.add(&in.candidates, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// headersKey is the element of a kv signature that names signed headers.
const headersKey = "h"

func (p *sigParser) parseList(value string, c *candidates) error {
	for more := true; more; {
		var item string
		item, value, more = strings.Cut(value, p.ItemSep)
		version, sig, ok := strings.Cut(item, p.VersionSep)
		if !ok || version != p.Version {
			continue
		}
		if err := p.add(c, sig); err != nil {
			return err
		}
	}
	return nil
}

func (p *sigParser) parsePlainList(value string, c *candidates) error {
	for item := range strings.SplitSeq(value, p.ItemSep) {
		if err := p.add(c, trim(item)); err != nil {
			return err
		}
	}
	return nil
}

// parseKeyPairs adds the signatures made with the configured key. One made
// with another key is a mismatch, not malformed, so it counts but never
// matches.
func (p *sigParser) parseKeyPairs(value string, c *candidates) error {
	others := false
	for item := range strings.SplitSeq(value, p.ItemSep) {
		id, sig, ok := strings.Cut(item, p.KVSep)
		if !ok {
			continue
		}
		if id != p.keyID {
			others = true
			continue
		}
		if err := p.add(c, sig); err != nil {
			return err
		}
	}
	if c.n == 0 && others {
		return fmt.Errorf("%s: not of the configured key: %w", p.Name, ErrMismatch)
	}
	return nil
}

// parseEnvelope reads the signature in base64 JSON, as eBay sends it.
func (p *sigParser) parseEnvelope(value string, c *candidates) error {
	text, err := strictBase64.DecodeString(value)
	if err != nil {
		return p.malformed
	}
	var envelope struct {
		Signature string `json:"signature"`
	}
	if err := json.Unmarshal(text, &envelope); err != nil {
		return p.malformed
	}
	return p.add(c, envelope.Signature)
}

// add decodes one signature. One that cannot be decoded is counted, so that
// rubbish cannot be used to look at a longer list.
func (p *sigParser) add(c *candidates, text string) error {
	if c.seen++; c.seen > maxCandidates {
		return p.tooMany
	}
	if p.size == 0 {
		if b, ok := p.decodeLong(text); ok {
			c.long[c.n] = b
			c.n++
		}
		return nil
	}
	if p.decode(&c.sig[c.n], text) {
		c.n++
	}
	return nil
}

var (
	strictBase64    = base64.StdEncoding.Strict()
	strictBase64URL = base64.URLEncoding.Strict()
	rawBase64URL    = base64.RawURLEncoding.Strict()
)

// encoding returns the one that text is written in, if it is not hex. Base64
// URLs come with and without padding.
func (p *sigParser) encoding(text string) *base64.Encoding {
	switch {
	case p.Encoding != "base64url":
		return strictBase64
	case strings.HasSuffix(text, "="):
		return strictBase64URL
	}
	return rawBase64URL
}

// decode accepts exactly the p.size bytes of a signature, in their one
// spelling (hex has two cases). Base64 would skip line breaks, but a text of
// the right length with one of them has too few bytes.
func (p *sigParser) decode(dst *[maxDigest]byte, text string) bool {
	var src [2 * maxDigest]byte
	if len(text) > len(src) {
		return false
	}
	b := src[:copy(src[:], text)]
	if p.Encoding == "hex" {
		if len(b) != 2*p.size {
			return false
		}
		_, err := hex.Decode(dst[:], b)
		return err == nil
	}
	enc := p.encoding(text)
	if len(b) != enc.EncodedLen(p.size) {
		return false
	}
	var out [2 * maxDigest]byte // unpadded input decodes to more than p.size
	n, err := enc.Decode(out[:], b)
	copy(dst[:], out[:n])
	return err == nil && n == p.size
}

// decodeLong accepts signatures of any length up to maxLong.
func (p *sigParser) decodeLong(text string) ([]byte, bool) {
	if text == "" || len(text) > 2*maxLong || !printable(text) {
		return nil, false
	}
	if p.Encoding == "hex" {
		b, err := hex.DecodeString(text)
		return b, err == nil
	}
	b, err := p.encoding(text).DecodeString(text)
	return b, err == nil && len(b) <= maxLong
}

// trim removes spaces and tabs from both ends.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
