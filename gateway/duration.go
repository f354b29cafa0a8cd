package gateway

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Duration is a time.Duration that is written as text: "2.5s", "5m", "7d".
// The zero value means "the default" wherever a Config holds one.
type Duration time.Duration

// ParseDuration reads what time.ParseDuration reads, and whole or fractional
// days ("7d", "1d12h") in front of it. A negative duration is an error.
func ParseDuration(s string) (Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		days, rest = "", s
	}
	var total float64
	if found {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration like 30s, 5m or 7d", s)
		}
		total = n * float64(24*time.Hour)
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration like 30s, 5m or 7d", s)
		}
		total += float64(d)
	}
	if (!found && rest == "") || !(total >= 0 && total < 1<<62) {
		return 0, fmt.Errorf("%q is not a duration like 30s, 5m or 7d", s)
	}
	return Duration(total), nil
}

// String writes d so that ParseDuration reads it back.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes d as JSON configuration shows it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads d from JSON configuration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	*d = parsed
	return err
}
