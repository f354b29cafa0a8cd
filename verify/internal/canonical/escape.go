package canonical

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
)

const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	// unreserved is RFC 3986, section 2.3.
	unreserved = alphanumeric + "-._~"
	// uriComponent is what encodeURIComponent leaves alone (ECMA-262, section
	// 19.2.6.4), and querystring.escape of Node.js too.
	uriComponent = unreserved + "!*'()"
	// uriWhole is what encodeURI leaves alone (ECMA-262, section 19.2.6.3).
	uriWhole = uriComponent + ";/?:@&=+$,#"
)

// escape percent-encodes every byte of s that is not in keep.
func escape(s, keep string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// MaxURI is how many bytes a path and query may have that are part of a signed
// text in another spelling: twice what servers are to take (RFC 9110, section
// 4.1), for each spelling is several times as long.
const MaxURI = 16 << 10

// maxFields is how many fields a form or a query may have: what PHP and
// Node.js read, and many times what any provider sends.
const maxFields = 1000

// A pair is one field of a query, decoded.
type pair struct{ name, value string }

// splitQuery decodes a query in its order. A name without "=" has the value
// "". Unlike net/url it takes ";" for a character, as WHATWG's URL standard
// does; a bad percent encoding is an error. All names and values share one piece
// of memory, which is not larger than raw.
func splitQuery(raw []byte) ([]pair, error) {
	fields := bytes.Count(raw, []byte("&")) + 1
	if fields > maxFields {
		return nil, fmt.Errorf("query has more than %d fields: %w", maxFields, ErrMalformed)
	}
	var d decoder
	d.Grow(len(raw))
	pairs := make([]pair, 0, fields)
	for field := range bytes.SplitSeq(raw, []byte("&")) {
		if len(field) > 0 {
			name, value, _ := bytes.Cut(field, []byte("="))
			pairs = append(pairs, pair{d.decode(name), d.decode(value)})
		}
	}
	if d.bad {
		return nil, fmt.Errorf("percent encoding of the query: %w", ErrMalformed)
	}
	return pairs, nil
}

// A decoder gathers what it has decoded.
type decoder struct {
	strings.Builder
	bad bool // there was a "%" without two hex digits behind it
}

// decode returns what s stands for, as url.QueryUnescape does.
func (d *decoder) decode(s []byte) string {
	from := d.Len()
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			d.WriteByte(' ')
		case s[i] != '%':
			d.WriteByte(s[i])
		case i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			d.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		default:
			d.bad = true
		}
	}
	return d.String()[from:]
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// values returns the pairs by name, for each name in their order.
func values(pairs []pair) url.Values {
	all := url.Values{}
	for _, p := range pairs {
		all.Add(p.name, p.value)
	}
	return all
}
