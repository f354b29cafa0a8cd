package ipranges

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// parse reads the ranges out of a list in a provider's format, sorted and
// without those that others contain. One fault refuses all of it.
func parse(from verify.IPRanges, body []byte) ([]netip.Prefix, error) {
	var texts []string
	var err error
	switch from.Format {
	case "text":
		texts = lines(string(body))
	case "json":
		texts, err = members(body, from.Paths)
	default:
		err = fmt.Errorf("%w: format %q is neither json nor text", errFormat, from.Format)
	}
	if err != nil {
		return nil, err
	}
	if len(texts) > maxRanges {
		return nil, errMany
	}
	ranges := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		if ranges[i], err = parseRange(text); err != nil {
			return nil, err
		}
	}
	return checked(ranges)
}

// lines are what stands in a text, but empty lines and comments.
func lines(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			found = append(found, line)
		}
	}
	return found
}

// members are the strings to which the paths lead in a JSON document.
func members(body []byte, paths []string) ([]string, error) {
	var root any
	if err := json.Unmarshal(body, &root); err != nil {
		return nil, fmt.Errorf("%w: %w", errFormat, err)
	}
	var found []string
	for _, path := range paths {
		if !collect(root, strings.Split(path, "."), &found) {
			return nil, fmt.Errorf("%w: %s", errPath, path)
		}
	}
	return found, nil
}

// collect adds the strings to which a path leads: one, or an array of them. It
// returns false if the path ends elsewhere or does not go on somewhere.
func collect(value any, path []string, found *[]string) bool {
	if len(path) == 0 {
		return add(value, found)
	}
	array, _ := value.([]any)
	object, _ := value.(map[string]any)
	if path[0] != "*" {
		member, ok := object[path[0]]
		return ok && collect(member, path[1:], found)
	}
	for _, element := range array {
		if !collect(element, path[1:], found) {
			return false
		}
	}
	for _, member := range object {
		if !collect(member, path[1:], found) {
			return false
		}
	}
	return array != nil || object != nil
}

func add(value any, found *[]string) bool {
	if s, ok := value.(string); ok {
		*found = append(*found, s)
		return true
	}
	array, ok := value.([]any)
	for _, element := range array {
		s, isString := element.(string)
		if !isString {
			return false
		}
		*found = append(*found, s)
	}
	return ok
}

// parseRange reads an address or a CIDR range. IPv4 written as IPv6 becomes
// IPv4, so that it is judged as what it means.
func parseRange(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%w: %.60q", errFormat, s)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%w: %v has bits set outside its range", errRange, p)
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p, nil
}

// checked returns the ranges as they are used if a provider can have all of
// them.
func checked(ranges []netip.Prefix) ([]netip.Prefix, error) {
	if len(ranges) == 0 {
		return nil, errEmpty
	}
	if len(ranges) > maxRanges {
		return nil, errMany
	}
	for _, p := range ranges {
		if !plausible(p) {
			return nil, fmt.Errorf("%w: %v", errRange, p)
		}
	}
	return compact(ranges), nil
}

// private is the IPv4 that nobody sends from on the Internet: this network,
// private use, shared, loopback, link-local, multicast and reserved (RFC 6890).
var private = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3")

// unicast is the IPv6 that is in use on the Internet (RFC 4291, 2.4).
var unicast = netip.MustParsePrefix("2000::/3")

// plausible reports whether a provider can send from all of a range: it is not
// so wide that it is most likely a mistake, and is of the Internet.
func plausible(p netip.Prefix) bool {
	if !p.IsValid() || p != p.Masked() {
		return false
	}
	if p.Addr().Is4() {
		return p.Bits() >= 8 && !slices.ContainsFunc(private, p.Overlaps)
	}
	return p.Bits() >= 16 && unicast.Overlaps(p)
}

// compact sorts ranges and leaves out those that another contains.
func compact(ranges []netip.Prefix) []netip.Prefix {
	sorted := slices.SortedFunc(slices.Values(ranges), netip.Prefix.Compare)
	kept := sorted[:0]
	for _, p := range sorted {
		if n := len(kept); n == 0 || !kept[n-1].Overlaps(p) {
			kept = append(kept, p)
		}
	}
	return slices.Clip(kept)
}

func prefixes(texts ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		parsed[i] = netip.MustParsePrefix(text)
	}
	return parsed
}
