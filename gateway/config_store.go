package gateway

import (
	"errors"
	"fmt"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

// CheckStoreless reports the options of c that do nothing, or not what they
// say, where there is no store. It wants c as it was given, without defaults.
func (c Config) CheckStoreless() error {
	var problems []error
	for _, o := range []struct {
		given bool
		name  string
	}{
		{c.Mode == ModeStore, "mode: store"},
		{c.AckWithin != 0, "ack_within:"},
		{c.OverLimit == OverLimitDefer, "over_limit: defer"},
		{c.Respond != 0, "respond:"},
		{c.StatusURL, "status_url:"},
		{c.Retry.given(), "retry:"},
		{c.Breaker.Failures != 0 || c.Breaker.Pause != 0, "breaker:"},
		{c.InFlight != 0, "in_flight:"},
		{c.Pace != ratelimit.Policy{}, "pace:"},
		{c.Order != "", "order:"},
	} {
		if o.given {
			problems = append(problems, fmt.Errorf("%s needs a store", o.name))
		}
	}
	return errors.Join(problems...)
}

func (r Retry) given() bool {
	return r.Attempts != 0 || r.Delay != 0 || r.Longest != 0 || r.GiveUpAfter != 0 || len(r.On) > 0
}
