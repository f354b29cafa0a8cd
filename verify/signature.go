package verify

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

const (
	maxCandidates = 8  // signatures tried per request
	maxDigest     = 64 // bytes: SHA-512, Ed25519
)

// candidates are the decoded signatures of one request that have the right
// version, encoding and length.
type candidates struct {
	n    int // decoded
	seen int // of the right version
	sig  [maxCandidates][maxDigest]byte
}

// A sigParser takes a signature header apart.
type sigParser struct {
	Signature
	tsKey string // "" when the timestamp is elsewhere
	size  int    // bytes of a signature

	tooMany, malformed, repeatedTime error
}

func newSigParser(g Signature, size int) *sigParser {
	return &sigParser{
		Signature: g,
		size:      size,
		tooMany:   fmt.Errorf("%s: %w (more than %d)", g.Header, ErrTooMany, maxCandidates),
		malformed: fmt.Errorf("%s: %w", g.Header, ErrMalformed),
	}
}

// parse fills c from the header's value and returns the timestamp's text if
// it is in there. Elements of other versions are ignored.
func (p *sigParser) parse(value string, c *candidates) (ts string, err error) {
	switch p.Parse {
	case "kv":
		ts, err = p.parseKV(value, c)
	case "versioned_list":
		err = p.parseList(value, c)
	case "prefix":
		rest, ok := strings.CutPrefix(value, p.Prefix)
		if !ok {
			return "", p.malformed
		}
		err = p.add(c, rest)
	default: // raw, optional_prefix
		err = p.add(c, strings.TrimPrefix(value, p.Prefix))
	}
	if err == nil && c.n == 0 {
		err = p.malformed
	}
	return ts, err
}

func (p *sigParser) parseKV(value string, c *candidates) (ts string, err error) {
	for more := true; more; {
		var pair string
		pair, value, more = strings.Cut(value, p.PairSep)
		k, v, ok := strings.Cut(pair, p.KVSep)
		if !ok {
			continue
		}
		k, v = trim(k), trim(v)
		if p.tsKey != "" && k == p.tsKey {
			if ts != "" {
				return "", p.repeatedTime
			}
			ts = v
		}
		if k == p.SigKey {
			if err := p.add(c, v); err != nil {
				return "", err
			}
		}
	}
	return ts, nil
}

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

// add decodes one signature. One that cannot be decoded is counted, so that
// rubbish cannot be used to look at a longer list.
func (p *sigParser) add(c *candidates, text string) error {
	if c.seen++; c.seen > maxCandidates {
		return p.tooMany
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

// decode accepts exactly the p.size bytes of a signature, in their one
// spelling (hex has two cases). Base64 URLs come with and without padding.
func (p *sigParser) decode(dst *[maxDigest]byte, text string) bool {
	var src [2 * maxDigest]byte
	if len(text) > len(src) || p.Encoding != "hex" && !printable(text) { // hex is printable, or not hex
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
	enc := strictBase64
	if p.Encoding == "base64url" {
		enc = strictBase64URL
		if !strings.HasSuffix(text, "=") {
			enc = rawBase64URL
		}
	}
	if len(b) != enc.EncodedLen(p.size) {
		return false
	}
	var out [2 * maxDigest]byte // unpadded input decodes to more than p.size
	n, err := enc.Decode(out[:], b)
	copy(dst[:], out[:n])
	return err == nil && n == p.size
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
