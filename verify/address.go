package verify

import (
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// urls returns what the public address of a request may be: the option url as
// it is, for providers sign the address that they know; with the request's
// query, when it has none and the provider signs each call's; and, when it is
// only a scheme and a host, with the request's path and query. A request whose
// path and query are too long has none of its own.
//
// Where the provider decodes escapes before it signs, each of them is followed
// by what that makes of it. The last is what the provider signs.
func (c *checker) urls(r *Request) []string {
	all := c.addresses(r)
	for _, address := range all {
		if text := c.decoded(address); text != address {
			all = append(all, text)
		}
	}
	return all
}

func (c *checker) addresses(r *Request) []string {
	configured := c.values["url"]
	u, err := url.Parse(configured)
	switch {
	case err != nil || u.RawQuery != "" || len(r.URI) > canonical.MaxURI:
	case strings.TrimSuffix(u.Path, "/") == "":
		return []string{configured, strings.TrimSuffix(configured, "/") + r.URI}
	case c.URLAsCalled && r.rawQuery() != "":
		return []string{configured, configured + "?" + r.rawQuery()}
	}
	return []string{configured}
}

// decoded is an address without the escapes that the provider decodes.
func (c *checker) decoded(address string) string {
	if c.URLDecoded == "" || !strings.Contains(address, "%") {
		return address
	}
	var b strings.Builder
	for i := 0; i < len(address); i++ {
		if char, ok := escaped(address[i:]); ok && strings.IndexByte(c.URLDecoded, char) >= 0 {
			b.WriteByte(char)
			i += 2
			continue
		}
		b.WriteByte(address[i])
	}
	return b.String()
}

// escaped is the character of the escape that s begins with, if it does.
func escaped(s string) (char byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	decoded, err := hex.DecodeString(s[1:3])
	if err != nil {
		return 0, false
	}
	return decoded[0], true
}
