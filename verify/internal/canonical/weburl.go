package canonical

import (
	"net/netip"
	"strconv"
	"strings"
)

// A splitted URL is in pieces that are as they were written.
type splitted struct {
	scheme   string // with "://"
	userinfo string // with "@", or ""
	host     string
	port     string // with ":", or ""
	rest     string // path, query and fragment
}

// splitURL takes a URL apart without changing a byte. It reports false for
// what is no absolute URL.
func splitURL(raw string) (u splitted, ok bool) {
	scheme, after, found := strings.Cut(raw, "://")
	if !found || strings.Trim(scheme, alphanumeric+"+.-") != "" || scheme == "" {
		return u, false
	}
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		end = len(after)
	}
	authority := after[:end]
	at := strings.LastIndexByte(authority, '@') + 1
	u = splitted{scheme: scheme + "://", userinfo: authority[:at], host: authority[at:], rest: after[end:]}
	// An IPv6 address has colons of its own, inside its brackets.
	bracket := strings.LastIndexByte(u.host, ']') + 1
	if colon := strings.IndexByte(u.host[bracket:], ':'); colon >= 0 {
		u.host, u.port = u.host[:bracket+colon], u.host[bracket+colon:]
	}
	return u, true
}

func (u splitted) withoutPort() string { return u.scheme + u.userinfo + u.host + u.rest }

// withPort adds the standard port if there is none.
func (u splitted) withPort() string {
	port := u.port
	if port == "" {
		port = u.standardPort()
	}
	return u.scheme + u.userinfo + u.host + port + u.rest
}

func (u splitted) standardPort() string {
	if strings.EqualFold(u.scheme, "https://") {
		return ":443"
	}
	return ":80"
}

// What the WHATWG URL standard leaves alone in each piece of a URL:
// https://url.spec.whatwg.org/#percent-encoded-bytes
const (
	inUserinfo = alphanumeric + "-._~!$%&'()*+,"
	inPath     = inUserinfo + "/:;=@[]|\\^"
	inQuery    = alphanumeric + "-._~!$%&()*+,/:;=@[]|\\^?`{}"
	inFragment = alphanumeric + "-._~!$%&'()*+,/:;=@[]|\\^?{}#"
)

// normalizeURL writes a URL as the WHATWG URL standard does. It reports false
// where that takes more than it knows: for other schemes than http and https,
// control characters, and hosts that are not ASCII or an odd kind of address.
func normalizeURL(u splitted) (splitted, bool) {
	u.scheme = strings.ToLower(u.scheme)
	web := u.scheme == "https://" || u.scheme == "http://"
	if !web || strings.ContainsFunc(u.withPort(), func(r rune) bool { return r < ' ' }) {
		return u, false
	}
	host, okHost := normalizeHost(u.host)
	port, okPort := normalizePort(u)
	u.host, u.port, u.userinfo = host, port, normalizeUserinfo(u.userinfo)

	beforeFragment, fragment, hasFragment := strings.Cut(u.rest, "#")
	path, query, hasQuery := strings.Cut(beforeFragment, "?")
	u.rest = normalizePath(path)
	if hasQuery {
		u.rest += "?" + escape(query, inQuery)
	}
	if hasFragment {
		u.rest += "#" + escape(fragment, inFragment)
	}
	return u, okHost && okPort
}

func normalizeHost(host string) (string, bool) {
	host = strings.ToLower(host)
	if inside, found := strings.CutPrefix(host, "["); found {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inside, "]"))
		ok := err == nil && addr.Zone() == "" && !addr.Is4In6()
		return "[" + addr.String() + "]", ok
	}
	label := strings.TrimSuffix(host, ".")
	label = label[strings.LastIndexByte(label, '.')+1:]
	if label != "" && strings.Trim(label[:1], "0123456789") == "" {
		_, err := netip.ParseAddr(host)
		return host, err == nil
	}
	return host, host != "" && strings.Trim(host, alphanumeric+"-._~") == "" && !strings.Contains(host, "xn--")
}

// normalizePort drops an empty and the standard port.
func normalizePort(u splitted) (string, bool) {
	digits := strings.TrimPrefix(u.port, ":")
	if digits == "" {
		return "", true
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	port := ":" + strconv.FormatUint(n, 10)
	if port == u.standardPort() {
		port = ""
	}
	return port, err == nil
}

func normalizeUserinfo(userinfo string) string {
	user, password, _ := strings.Cut(strings.TrimSuffix(userinfo, "@"), ":")
	user, password = escape(user, inUserinfo), escape(password, inUserinfo)
	switch {
	case password != "":
		return user + ":" + password + "@"
	case user != "":
		return user + "@"
	}
	return ""
}

// normalizePath resolves dot segments, also encoded ones, and takes "\" for "/".
func normalizePath(path string) string {
	segments := strings.Split(strings.TrimPrefix(strings.ReplaceAll(path, `\`, "/"), "/"), "/")
	var kept []string
	for i, segment := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		case ".":
		default:
			kept, last = append(kept, escape(segment, inPath)), false
		}
		if last {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}
