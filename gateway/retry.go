package gateway

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Retry says when a delivery is attempted again, and when it is given up.
type Retry struct {
	// How many attempts count before a delivery is given up. Attempts that a
	// shutdown broke off do not count, nor do those by which a destination that
	// was down is probed.
	// Default: 8.
	Attempts int `json:"attempts,omitempty"`

	// The wait before the second attempt is random, up to this long; it doubles
	// with each that follows.
	// Default: 5s.
	Delay Duration `json:"delay,omitempty"`

	// No wait is longer than this, unless the application asks for more with
	// Retry-After, of which an hour at most is heeded.
	// Default: 10m, or `delay` if that is longer.
	Longest Duration `json:"longest,omitempty"`

	// After which failures it is attempted again: `network` (not reached, or the
	// answer broke off), `timeout`, status codes and classes like `503` and
	// `5xx`, and `!501` for exceptions, which alone are from the default. Any
	// other is final.
	// Default: network timeout 408 425 429 5xx.
	On []string `json:"on,omitempty"`

	// How long after its receipt a delivery is given up, however many attempts
	// are left. While the process runs it counts what passes, and not what the
	// clock jumps.
	// Default: 48h.
	GiveUpAfter Duration `json:"give_up_after,omitempty"`
}

var retryOn = []string{ReasonNetwork, ReasonTimeout, "408", "425", "429", "5xx"}

// longestRetryAfter bounds what an application can ask for.
const longestRetryAfter = time.Hour

// WithDefaults returns a copy of r in which every option has a value.
func (r Retry) WithDefaults() Retry {
	setDefault(&r.Attempts, 8)
	setDefault(&r.Delay, Duration(5*time.Second))
	setDefault(&r.Longest, max(r.Delay, Duration(10*time.Minute)))
	setDefault(&r.GiveUpAfter, Duration(48*time.Hour))
	if !slices.ContainsFunc(r.On, func(on string) bool { return !strings.HasPrefix(on, "!") }) {
		r.On = append(slices.Clone(retryOn), r.On...) // exceptions alone are from the default
	}
	return r
}

// Validate reports every problem of r, by option.
func (r Retry) Validate() error {
	var problems []error
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf("retry: "+format, args...))
		}
	}
	report(r.Attempts < 0, "attempts: %d is negative", r.Attempts)
	report(r.Delay < 0, "delay: %v is negative", r.Delay)
	report(r.Longest < 0, "delay: %v is negative", r.Longest)
	report(r.Longest > 0 && r.Longest < r.Delay, "delay: the longest, %v, is shorter than the first, %v", r.Longest, r.Delay)
	report(r.GiveUpAfter < 0, "give_up_after: %v is negative", r.GiveUpAfter)
	for _, on := range r.On {
		report(!retryOnText.MatchString(on), "on: %q is not network, timeout, a status code or a class like 5xx", on)
	}
	return errors.Join(problems...)
}

var retryOnText = regexp.MustCompile(`^!?(network|timeout|[345](xx|[0-9]{2}))$`)

// again reports whether a failure is one after which another attempt is made.
// An exception weighs more than what it is one of.
func (r Retry) again(reason string, status int) bool {
	names := []string{reason}
	if reason == ReasonStatus {
		names = []string{strconv.Itoa(status), strconv.Itoa(status/100) + "xx"}
	}
	yes := false
	for _, name := range names {
		if slices.Contains(r.On, "!"+name) {
			return false
		}
		yes = yes || slices.Contains(r.On, name)
	}
	return yes
}

// Settle moves d on after an attempt that ended at now, when it was so old: to
// Delivered, to Dead, or back to Pending with the instant of the next attempt.
// random is a number from 0 up to 1. It changes nothing durable: Queue.Finish
// does.
func (r Retry) Settle(d *Delivery, result Result, now time.Time, age time.Duration, random float64) {
	d.LastAttempt = result.attempt(d.Attempt)
	if result.Verdict == Canceled {
		d.State, d.Due = Pending, now
		return
	}
	if !result.Probe || result.Verdict != Again {
		d.Spent++
	}
	switch {
	case result.Verdict == Accepted:
		d.State = Delivered
	case result.Verdict == Final, d.Spent >= r.Attempts, age >= time.Duration(r.GiveUpAfter):
		d.State = Dead
	default:
		d.State, d.Due = Pending, now.Add(r.wait(d.Spent, result.RetryAfter, random))
	}
}

// Begun is when the delivery's age began: a replay begins it anew.
func (d *Delivery) Begun() time.Time {
	if d.ReplayedAt.After(d.ReceivedAt) {
		return d.ReplayedAt
	}
	return d.ReceivedAt
}

// wait is the time until the next attempt after spent of them: full jitter, so
// that an application that comes back is not met by all at once.
func (r Retry) wait(spent int, asked time.Duration, random float64) time.Duration {
	longest := time.Duration(r.Longest)
	bound := time.Duration(r.Delay)
	for i := 1; i < spent && bound < longest; i++ {
		bound = min(bound, longest/2) * 2
	}
	return max(time.Duration(random*float64(bound)), min(asked, longestRetryAfter))
}
