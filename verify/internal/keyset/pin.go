package keyset

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxURL is the longest address of a certificate, in bytes. Providers' own are
// about 100.
const maxURL = 1024

// A Pin says which certificates are a provider's. The zero Pin allows none.
type Pin struct {
	// Hosts are the names of hosts, in lower case, compared exactly.
	Hosts []string
	// HostPattern matches the whole of further names, anchored or not.
	HostPattern *regexp.Regexp
	// PathPattern matches the whole path, anchored or not. Nil: any.
	PathPattern *regexp.Regexp
	// NameSuffix is the domain, such as ".paypal.com", that the certificate is
	// made out to a name in. Empty: to any name.
	NameSuffix string
	// LeafOnly accepts a certificate that comes alone without checking who
	// signed it, for a provider who does not publish the certificates in
	// between; one that comes with them is checked. All trust is then in https
	// and in the host: Hosts or HostPattern must be narrow.
	LeafOnly bool
}

// anchored returns a copy whose patterns match whole names and paths only.
func (p Pin) anchored() Pin {
	p.HostPattern, p.PathPattern = anchor(p.HostPattern), anchor(p.PathPattern)
	return p
}

func anchor(pattern *regexp.Regexp) *regexp.Regexp {
	if pattern == nil {
		return nil
	}
	return regexp.MustCompile(`\A(?:` + pattern.String() + `)\z`)
}

// allows reports why an address is not one of the pin's. It takes only the one
// plain spelling that providers use, because everything else is where two
// readers of an address disagree: no escapes, no user, no query, no fragment,
// no dot segments, no capitals in the host, and no port but 443.
func (p Pin) allows(address string) error {
	host, path, ok := split(address)
	if !ok {
		return fmt.Errorf("not plainly written: %w", ErrForeignURL)
	}
	if !slices.Contains(p.Hosts, host) && !(p.HostPattern != nil && p.HostPattern.MatchString(host)) {
		return fmt.Errorf("host: %w", ErrForeignURL)
	}
	if p.PathPattern != nil && !p.PathPattern.MatchString("/"+path) {
		return fmt.Errorf("path: %w", ErrForeignURL)
	}
	return nil
}

// split takes an address apart, and makes sure that net/url, by which it is
// fetched, reads it in the same way.
func split(address string) (host, path string, ok bool) {
	if len(address) > maxURL {
		return "", "", false
	}
	rest, ok := strings.CutPrefix(address, "https://")
	if !ok {
		return "", "", false
	}
	authority, path, ok := strings.Cut(rest, "/")
	if !ok || !isHost(strings.TrimSuffix(authority, ":443")) || !isPath(path) {
		return "", "", false
	}
	u, err := url.Parse(address)
	if err != nil || u.Host != authority || u.Path != "/"+path || u.String() != address {
		return "", "", false
	}
	return strings.TrimSuffix(authority, ":443"), path, true
}

// isHost reports whether s is a domain name in lower case, and no IP address.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && 'a' <= last[0] && last[0] <= 'z'
}

// isPath reports whether s, which followed a slash, is segments of unreserved
// characters (RFC 3986, section 2.3), none of them empty, "." or "..".
func isPath(s string) bool {
	for segment := range strings.SplitSeq(s, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && !strings.ContainsRune("-._~/", rune(c)) {
			return false
		}
	}
	return true
}
