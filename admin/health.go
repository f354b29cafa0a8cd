package admin

import (
	"fmt"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// The values of Health.
const (
	healthy  = "healthy"
	degraded = "degraded"
)

// threshold is the percentage of attempts in the last hour below which an
// endpoint is degraded.
const threshold = 95

// judge fills in the health of all, and the reasons when it is not good.
func (s *Status) judge() {
	if s.Store.State != gateway.Ready.String() && s.Store.State != storeOff {
		reason := "The store is " + s.Store.State
		if s.Store.Error != "" {
			reason += ": " + s.Store.Error
		}
		s.Reasons = append(s.Reasons, reason+".")
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		e.Reasons = e.reasons()
		e.Health = health(e.Reasons)
		for _, r := range e.Reasons {
			s.Reasons = append(s.Reasons, e.Name+": "+r)
		}
	}
	s.Health = health(s.Reasons)
}

func health(reasons []string) string {
	if len(reasons) > 0 {
		return degraded
	}
	return healthy
}

// reasons say what is wrong with the endpoint, each cause in a line.
func (e *EndpointStatus) reasons() (all []string) {
	report := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	made := e.Hour.Delivered + e.Hour.Failed
	report(e.Hour.Delivered*100 < made*threshold, "%d of %d attempts in the last hour failed (a success rate of at least %d %% is healthy).", e.Hour.Failed, made, threshold)
	report(e.Hour.Dead > 0, "%s in the last hour.", some(e.Hour.Dead, "dead letter", "dead letters"))
	for _, d := range e.Destinations {
		report(d.Breaker != breakerClosed, "the destination %s is down.", d.Name)
		waiting := d.Pending + d.Delivering
		report(!d.Configured && waiting > 0, "%s for the destination %s, which is not configured.", some(waiting, "delivery waits", "deliveries wait"), d.Name)
	}
	return all
}

// some is a count with what is counted.
func some(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}
