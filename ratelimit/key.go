package ratelimit

import (
	"net/netip"
	"strings"
)

// Key makes the spellings of one sender one key. An IPv6 address becomes its
// /64, the least that a subscriber is given, so that changing the lower half
// does not earn a new bucket. An IPv4-mapped one (::ffff:192.0.2.1) becomes
// IPv4, and a zone is dropped. Any other text is returned as it is.
func Key(s string) string {
	if !maybeIPv6(s) {
		return s // netip knows one spelling of an IPv4 address only
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64) // drops the zone
	if err != nil {
		return s
	}
	return p.String()
}

// maybeIPv6 spares most other keys the error that ParseAddr would allocate.
func maybeIPv6(s string) bool {
	addr, _, _ := strings.Cut(s, "%")
	return strings.Count(addr, ":") >= 2 && strings.Trim(addr, "0123456789abcdefABCDEF:.") == ""
}
