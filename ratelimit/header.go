package ratelimit

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The names of the header fields of draft-ietf-httpapi-ratelimit-headers-10.
const (
	FieldPolicy = "RateLimit-Policy" // Policy.Header
	FieldLimit  = "RateLimit"        // Decision.Header
)

// Header is the value of RateLimit-Policy for the policy of that name, such as
//
//	"broxi";q=50;w=1
//
// The window is left out when it is not whole seconds, which the draft cannot say.
func (p Policy) Header(name string) string {
	v := quote(name) + ";q=" + strconv.Itoa(p.Events)
	if p.Window > 0 && p.Window%time.Second == 0 {
		v += ";w=" + seconds(p.Window)
	}
	return v
}

// Header is the value of RateLimit for the policy of that name, such as
//
//	"broxi";r=0;t=1
//
// t is the seconds until there is more than r; a full bucket has none. With a
// refusal it is the same number as Retry-After, which must not be smaller.
func (d Decision) Header(name string) string {
	v := quote(name) + ";r=" + strconv.Itoa(d.Remaining)
	if d.Reset > 0 {
		v += ";t=" + seconds(d.Reset)
	}
	return v
}

// RetryAfter is the value of Retry-After for a wait of d: whole seconds,
// rounded up, and at least 1, because 0 invites a busy loop.
func RetryAfter(d time.Duration) string { return seconds(max(d, 1)) }

// ParseRetryAfter returns the wait that a Retry-After received at now asks
// for: seconds or an HTTP date (RFC 9110, section 10.2.3). What is neither, or
// is past, asks for none.
func ParseRetryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}

func seconds(d time.Duration) string {
	s := int64(d / time.Second)
	if d%time.Second > 0 {
		s++
	}
	return strconv.FormatInt(s, 10)
}

// quote makes a structured-field String (RFC 9651, 3.3.3). It holds printable
// ASCII only: anything else becomes a question mark, byte by byte.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			b.WriteByte('?')
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
