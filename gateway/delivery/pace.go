package delivery

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

// A pace spreads attempts over time. The zero pace lets all through at once.
type pace struct {
	policy  ratelimit.Policy
	limiter *rate.Limiter // nil: none
}

// set changes the policy. One that stays the same starts no new burst.
func (p *pace) set(policy ratelimit.Policy) {
	if policy == p.policy {
		return
	}
	p.policy, p.limiter = policy, nil
	if policy != (ratelimit.Policy{}) {
		l := policy.Limiter(1)
		p.limiter = rate.NewLimiter(l.Rate, l.Burst)
	}
}

// ready is when the next attempt may begin: the zero time if that is at once.
func (p *pace) ready(now time.Time) time.Time {
	if p.limiter == nil {
		return time.Time{}
	}
	if wait := p.interval(1 - p.limiter.TokensAt(now)); wait > 0 {
		return now.Add(wait)
	}
	return time.Time{}
}

// take counts an attempt that is ready.
func (p *pace) take(now time.Time) {
	if p.limiter != nil {
		p.limiter.AllowN(now, 1)
	}
}

// soon is how many of n attempts may begin within a second, but at least one.
func (p *pace) soon(now time.Time, n int) int {
	if p.limiter == nil {
		return n
	}
	return min(n, 1+int(p.limiter.TokensAt(now)+float64(p.limiter.Limit())))
}

// interval is how long n attempts take once the burst is spent.
func (p *pace) interval(n float64) time.Duration {
	if p.limiter == nil {
		return 0
	}
	return time.Duration(n / float64(p.limiter.Limit()) * float64(time.Second))
}
