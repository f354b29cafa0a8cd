package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// An IPSource gives ranges of addresses that may change while the server runs,
// such as those a provider publishes. It must be quick and must not fail.
type IPSource interface {
	GetIPRanges(*http.Request) []netip.Prefix
}

// An allowlist says from where an endpoint may be reached. One with neither
// ranges nor sources allows everybody.
type allowlist struct {
	ranges  []netip.Prefix
	sources []IPSource
}

// allows reports whether addr may send. A sender whose address is not known
// may not, where there is a list: fail closed.
func (l allowlist) allows(r *http.Request, addr netip.Addr) bool {
	if len(l.ranges) == 0 && len(l.sources) == 0 {
		return true
	}
	if !addr.IsValid() {
		return false
	}
	if contains(l.ranges, addr) {
		return true
	}
	for _, s := range l.sources {
		if contains(s.GetIPRanges(r), addr) {
			return true
		}
	}
	return false
}

func contains(ranges []netip.Prefix, addr netip.Addr) bool {
	for _, p := range ranges {
		if unmapPrefix(p).Contains(addr) {
			return true
		}
	}
	return false
}

// privateRanges are what `private_ranges` stands for: the ranges of RFC 1918,
// RFC 4193 and loopback, the same as Caddy's.
var privateRanges = []string{"192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "127.0.0.0/8", "fd00::/8", "::1"}

// parsePrefixes reads addresses and CIDR ranges. IPv4 written as IPv6 is
// unmapped; a zone or host bits are refused: the writer meant something else.
func parsePrefixes(list []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	var problems []error
	for _, s := range list {
		if s == "private_ranges" {
			for _, private := range privateRanges {
				p, _ := parsePrefix(private)
				prefixes = append(prefixes, p)
			}
			continue
		}
		p, err := parsePrefix(s)
		if err != nil {
			problems = append(problems, fmt.Errorf("allow_ips: %w", err))
			continue
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, errors.Join(problems...)
}

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "%") {
		return netip.Prefix{}, fmt.Errorf("%q has a zone, which an address from the network cannot have", s)
	}
	if !strings.Contains(s, "/") {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a CIDR range", s)
		}
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a CIDR range", s)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has bits set outside its range; did you mean %q?", s, p.Masked())
	}
	return unmapPrefix(p), nil
}

// unmapPrefix turns ::ffff:a.b.c.d/(96+n) into a.b.c.d/n.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}
