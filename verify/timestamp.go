package verify

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A stamp reads and judges the timestamp of a scheme.
type stamp struct {
	field     *field  // in a header
	body      *source // in the body
	key       string  // in the signature header
	sameAs    bool    // the signature header repeats it under key
	unit      string
	tolerance time.Duration // 0: any age
	exact     bool          // see template.abuts

	missing, bad, stale, future error
}

func newStamp(t *Timestamp, signature *source, jsonFrom string) *stamp {
	s := &stamp{unit: t.Unit, tolerance: time.Duration(t.Tolerance) * time.Second, key: t.SameAs, sameAs: t.SameAs != ""}
	where := t.Name
	switch t.In {
	case "header":
		s.field = newField(ErrNoTimestamp, append([]string{t.Name}, t.AltNames...)...)
	case "signature":
		s.key, where = t.Name, signature.name
	default:
		s.body = newSource(ErrNoTimestamp, t.In, jsonFrom, t.Name)
	}
	s.missing = fmt.Errorf("%s: %w", where, ErrNoTimestamp)
	s.bad = fmt.Errorf("%s: %w", where, ErrBadTimestamp)
	s.stale = fmt.Errorf("%s: %w (more than %v)", where, ErrStale, s.tolerance)
	s.future = fmt.Errorf("%s: %w (more than %v)", where, ErrFuture, s.tolerance)
	return s
}

// secondsDigits is how many digits a time in seconds has from 2001 to 2286.
const secondsDigits = 10

// check judges the timestamp text. Exactly at the tolerance is in time.
func (s *stamp) check(now time.Time, text string) error {
	t, ok := parseTime(s.unit, text)
	if !ok || s.exact && s.unit == "s" && len(text) != secondsDigits {
		return s.bad
	}
	if s.tolerance == 0 {
		return nil
	}
	// Sub saturates, and each side is compared by itself: no difference is
	// too large to be seen.
	switch age := now.Sub(t); {
	case age > s.tolerance:
		return s.stale
	case age < -s.tolerance:
		return s.future
	}
	return nil
}

// maxTime is how many bytes a time may have: RFC 3339 has 35 with nanoseconds.
// An error of time.Parse quotes the text, whatever it is.
const maxTime = 64

func parseTime(unit, s string) (time.Time, bool) {
	if len(s) > maxTime {
		return time.Time{}, false
	}
	switch unit {
	case "s":
		n, ok := digits(s, 1, 12)
		return time.Unix(n, 0), ok
	case "ms":
		n, ok := digits(s, 13, 13)
		return time.UnixMilli(n), ok
	case "rfc3339":
		return parseRFC3339(s)
	}
	t, err := time.Parse(http.TimeFormat, s)
	// Parse overlooks a wrong day of the week.
	return t, err == nil && t.Format(http.TimeFormat) == s
}

// digits reads a positive number of least to most ASCII digits. At most 13
// digits fit an int64 with room to spare. (ParseInt would accept signs.)
func digits(s string, least, most int) (n int64, ok bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, n > 0
}

// parseRFC3339 reads a time as RFC 3339 writes it; Go would also accept an
// hour of one digit and a comma. A leap second, which Go does not know, counts
// as the second before it.
func parseRFC3339(s string) (t time.Time, ok bool) {
	const upToSeconds = len("2006-01-02T15:04:")
	if len(s) < len("2006-01-02T15:04:05Z") || s[13] != ':' || s[16] != ':' || strings.Contains(s, ",") {
		return t, false
	}
	if strings.HasPrefix(s[upToSeconds:], "60") {
		s = s[:upToSeconds] + "59" + s[upToSeconds+2:]
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}
