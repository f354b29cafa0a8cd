package gateway

import (
	"fmt"
	"net/http"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

// limits are an endpoint's rate limits, by when they can be checked.
type limits struct {
	early, late []limit
}

type limit struct {
	RateLimit
	name    string // in the RateLimit header fields
	limiter *ratelimit.Limiter
}

func newLimits(config []RateLimit, limiters []*ratelimit.Limiter) limits {
	var ls limits
	for i, c := range config {
		l := limit{c, fmt.Sprintf("limit%d", i+1), limiters[i]}
		if c.early() {
			ls.early = append(ls.early, l)
		} else {
			ls.late = append(ls.late, l)
		}
	}
	return ls
}

// checkEarlyLimits takes a token of each limit that needs no event.
func (v *visit) checkEarlyLimits() error { return v.keepTo(v.limits.early) }

// checkLimits takes a token of each limit that does, or defers the event until
// there is one.
func (v *visit) checkLimits() error {
	if !v.Durable || v.config.OverLimit == OverLimitReject {
		return v.keepTo(v.limits.late)
	}
	most := time.Duration(v.config.Retry.GiveUpAfter) // later would be too late
	for _, l := range v.limits.late {
		wait, ok := l.limiter.Book(v.now, v.limitKey(l), most)
		if !ok {
			return l.refusal(ratelimit.Decision{Wait: wait, Reset: wait})
		}
		v.deferred = max(v.deferred, wait)
	}
	return nil
}

func (v *visit) keepTo(ls []limit) error {
	for _, l := range ls {
		if d := l.limiter.Take(v.now, v.limitKey(l)); !d.OK {
			return l.refusal(d)
		}
	}
	return nil
}

func (l limit) refusal(d ratelimit.Decision) *Refusal {
	return &Refusal{
		Status: http.StatusTooManyRequests, Reason: ReasonRateLimited, Wait: max(d.Wait, time.Second),
		Header: http.Header{"Ratelimit": {d.Header(l.name)}, "Ratelimit-Policy": {l.Limit.Header(l.name)}},
	}
}

// clientIP is the placeholder that nearly every limit is per.
const clientIP = "{http.vars.client_ip}"

func (v *visit) limitKey(l limit) string {
	switch l.Per {
	case "":
		return ""
	case clientIP:
		return ratelimit.Key(v.outcome.Sender.String())
	}
	key, _ := v.Server.Expand(l.Per, v.r, v.event) // what has no value shares a bucket
	return ratelimit.Key(key)
}
