package canonical

import (
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

// maxFields is how many fields a form or a query may have: what PHP and
// Node.js read, and many times what any provider sends.
const maxFields = 1000

// A pair is one field of a query, decoded.
type pair struct{ name, value string }

// splitQuery decodes a query in its order. A name without "=" has the value
// "". Unlike net/url it takes ";" for a character, as WHATWG's URL standard
// does; a bad percent encoding is an error.
func splitQuery(raw string) ([]pair, error) {
	if strings.Count(raw, "&") >= maxFields {
		return nil, fmt.Errorf("query has more than %d fields: %w", maxFields, ErrMalformed)
	}
	var pairs []pair
	for field := range strings.SplitSeq(raw, "&") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		n, errName := url.QueryUnescape(name)
		v, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil {
			return nil, fmt.Errorf("percent encoding of the query: %w", ErrMalformed)
		}
		pairs = append(pairs, pair{n, v})
	}
	return pairs, nil
}

// values returns the pairs by name, for each name in their order.
func values(pairs []pair) url.Values {
	all := url.Values{}
	for _, p := range pairs {
		all.Add(p.name, p.value)
	}
	return all
}
