package ratelimit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// The fastest and the slowest Policy.
const (
	MinInterval = time.Microsecond     // Window / Events
	MaxFill     = 365 * 24 * time.Hour // Burst * Window / Events
)

// ErrPolicy is wrapped by every error about the text or the values of a Policy.
var ErrPolicy = errors.New("invalid rate limit")

// A Policy is a limit as a user writes it: "50/1s" is 50 events per second and
// 50 at once; "50/1s burst 100" is 50 per second and, after a pause, 100 at
// once. The window is a Go duration. A burst below the events is allowed: it
// spreads them over the window.
//
// In JSON a Policy is that same text. The zero Policy is no policy, written
// "", and its Limiter refuses everything.
type Policy struct {
	Events int           // per Window; at least 1
	Window time.Duration // at least Events times MinInterval
	Burst  int           // events at once; 0 means Events; an empty bucket fills in MaxFill at most
}

// ParsePolicy reads the text form of a Policy and validates it. An empty text
// is an error.
func ParsePolicy(s string) (Policy, error) {
	f := strings.Fields(s)
	if len(f) == 1 {
		f = append(f, "burst", "")
	}
	if len(f) != 3 || f[1] != "burst" {
		return Policy{}, fmt.Errorf("%w: %q is not like 50/1s or 50/1s burst 100", ErrPolicy, s)
	}
	p, err := parsePolicy(f[0], f[2])
	if err != nil {
		return Policy{}, fmt.Errorf("%w: %q: %w", ErrPolicy, s, err)
	}
	return p, p.Validate()
}

func parsePolicy(limit, burst string) (p Policy, err error) {
	events, window, _ := strings.Cut(limit, "/")
	if p.Events, err = count(events); err != nil {
		return p, err
	}
	if p.Window, err = time.ParseDuration(window); err != nil {
		return p, fmt.Errorf("%q is not a window like 1s or 1h", window)
	}
	p.Burst = p.Events
	if burst != "" {
		p.Burst, err = count(burst)
	}
	return p, err
}

// count reads a number of events, which zero is not: as a burst it would
// silently mean the default.
func count(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a whole number above zero", s)
	}
	return n, nil
}

// Validate reports every value that is out of range.
func (p Policy) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrPolicy}, args...)...))
	}
	if p.Events < 1 {
		bad("%d events, want at least 1", p.Events)
	}
	if p.Window <= 0 {
		bad("window %v, want more than 0s", p.Window)
	}
	if p.Burst < 0 {
		bad("burst %d, want at least 1", p.Burst)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if p.Window/MinInterval < time.Duration(p.Events) {
		bad("%d events in %v, want at most one per %v", p.Events, p.Window, MinInterval)
	}
	// In floats, because the product of two large integers wraps around.
	if fill := float64(p.burst()) / float64(p.Events) * float64(p.Window); fill > float64(MaxFill) {
		bad("burst %d takes more than %s to come back", p.burst(), short(MaxFill))
	}
	return errors.Join(errs...)
}

// Limiter is a new limiter of this policy that remembers size keys; 0 means
// DefaultSize. That of an invalid policy refuses everything.
func (p Policy) Limiter(size int) *Limiter {
	if p.Validate() != nil {
		return &Limiter{Size: size}
	}
	r := rate.Limit(float64(p.Events) / p.Window.Seconds())
	return &Limiter{Rate: r, Burst: p.burst(), Size: size}
}

func (p Policy) burst() int {
	if p.Burst == 0 {
		return p.Events
	}
	return p.Burst
}

// String is the text that ParsePolicy reads: "" for the zero Policy.
func (p Policy) String() string {
	switch {
	case p == Policy{}:
		return ""
	case p.burst() == p.Events:
		return fmt.Sprintf("%d/%s", p.Events, short(p.Window))
	}
	return fmt.Sprintf("%d/%s burst %d", p.Events, short(p.Window), p.Burst)
}

// short writes 24h where time.Duration writes 24h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// MarshalText is String for encoding/json; it does not fail.
func (p Policy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePolicy for encoding/json; an empty text is the zero Policy.
func (p *Policy) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*p = Policy{}
		return nil
	}
	*p, err = ParsePolicy(string(text))
	return err
}
