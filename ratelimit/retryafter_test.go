package ratelimit

import (
	"math"
	"net/http"
	"testing"
	"time"
)

func TestParseRetryAfter(t *testing.T) {
	date := func(at time.Time) string { return at.UTC().Format(http.TimeFormat) }
	tests := []struct {
		name  string
		value string
		want  time.Duration
	}{
		{"none", "", 0},
		{"seconds", "120", 2 * time.Minute},
		{"no seconds", "0", 0},
		{"68 years", "2147483647", math.MaxInt32 * time.Second},
		{"negative", "-1", 0},
		{"signed", "+5", 0},
		{"fraction", "1.5", 0},
		{"words", "soon", 0},
		{"two", "1, 2", 0},
		{"date", date(t0.Add(time.Hour)), time.Hour},
		{"date in the format of 1985", t0.Add(time.Hour).Format("Monday, 02-Jan-06 15:04:05 GMT"), time.Hour},
		{"date as C prints it", t0.Add(time.Hour).Format(time.ANSIC), time.Hour},
		{"date that is now", date(t0), 0},
		{"date that is past", date(t0.Add(-time.Hour)), 0},
		{"date beyond all durations", "Fri, 31 Dec 9999 23:59:59 GMT", math.MaxInt64},
	}
	for _, tt := range tests {
		if got := ParseRetryAfter(tt.value, t0); got != tt.want {
			t.Errorf("%s: ParseRetryAfter(%q) = %v, want %v", tt.name, tt.value, got, tt.want)
		}
	}
}

// More seconds than can be counted are still a wish to wait.
func TestParseRetryAfterSaturates(t *testing.T) {
	for _, value := range []string{"2147483648", "99999999999999999999"} {
		if got := ParseRetryAfter(value, t0); got < math.MaxInt32*time.Second {
			t.Errorf("ParseRetryAfter(%q) = %v", value, got)
		}
	}
}

// What RetryAfter says is read back as at least the wait, and less than a
// second more.
func TestRetryAfterIsReadBack(t *testing.T) {
	for _, d := range []time.Duration{1, time.Second - 1, time.Second, time.Second + 1, time.Hour} {
		if got := ParseRetryAfter(RetryAfter(d), t0); got < d || got >= d+time.Second {
			t.Errorf("%v was read back as %v", d, got)
		}
	}
}
