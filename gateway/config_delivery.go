package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// deliveryProblems reports what is wrong with the options about what happens
// to an admitted event.
func (c Config) deliveryProblems() []error {
	var problems []error
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	report(!slices.Contains([]string{"", ModeProxy, ModeStore}, c.Mode), "mode: %q is neither proxy nor store", c.Mode)
	report(!slices.Contains([]string{"", OverLimitDefer, OverLimitReject}, c.OverLimit), "over_limit: %q is neither defer nor reject", c.OverLimit)
	report(!slices.Contains([]int{0, http.StatusOK, http.StatusAccepted}, c.Respond), "respond: %d is neither 200 nor 202", c.Respond)
	report(c.AckWithin < 0, "ack_within: %v is negative", c.AckWithin)
	report(c.AckWithin > 0 && c.Timeout > 0 && c.AckWithin > c.Timeout, "ack_within: %v is longer than the timeout, %v", c.AckWithin, c.Timeout)
	report(c.InFlight < 0, "in_flight: %d is negative", c.InFlight)
	report(c.Order != "" && c.Mode != ModeStore, "order: needs mode store: what is proxied cannot wait for its turn")
	if c.Pace != (Config{}).Pace {
		if err := c.Pace.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("pace: %w", err))
		}
	}
	return append(problems, split(c.Retry.Validate(), c.Breaker.Validate())...)
}

// split takes joined errors apart, so that each is located where its option
// stands.
func split(errs ...error) (parts []error) {
	for _, err := range errs {
		var joined interface{ Unwrap() []error }
		switch {
		case err == nil:
		case errors.As(err, &joined):
			parts = append(parts, joined.Unwrap()...)
		default:
			parts = append(parts, err)
		}
	}
	return parts
}
