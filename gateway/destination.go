package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

// A Route hands events to an application.
type Route interface {
	// Deliver makes the request r, which is as the sender made it, and writes
	// the application's answer to w. It may panic, as net/http's handlers may.
	// An error is a *Failure, and means that nothing was written.
	Deliver(w http.ResponseWriter, r *http.Request, e *Event) error

	// Pass does the same with the sender's own request, which the server is
	// serving and knows.
	Pass(w http.ResponseWriter, r *http.Request, e *Event) error
}

// A Destination is where the events of an endpoint go, and how. It does not
// change and may be used concurrently.
type Destination struct {
	Address
	Route    Route
	Timeout  time.Duration // for one attempt
	Retry    Retry
	InFlight int              // most attempts at once
	Pace     ratelimit.Policy // of attempts; the zero Policy sets none
	Breaker  Breaker
	Sign     *Countersigner // nil: attempts are not signed
	Tracer   Tracer         // nil: attempts are not traced
	Now      func() time.Time
}

// An Answer is what a route writes to: it knows what was written.
type Answer interface {
	http.ResponseWriter
	Status() int       // the final status; 0 before it is written
	Beginning() []byte // of the body, for the record
}

// Attempt hands the event to the application once, in a request of its own, and
// says how it went. It ends with the destination's timeout, and with ctx: that
// is Canceled.
func (d *Destination) Attempt(ctx context.Context, e *Event, w Answer) Result {
	return d.attempt(ctx, e, w, func(ctx context.Context, span Span, body *bodyReader) error {
		r, err := e.request(ctx, body)
		if err != nil {
			return err
		}
		inject(span, r.Header)
		if err := d.sign(r.Header, e); err != nil {
			return err
		}
		return d.Route.Deliver(w, r, e)
	})
}

// pass is Attempt in the sender's own request.
func (d *Destination) pass(r *http.Request, e *Event, w Answer) Result {
	ctx := context.WithoutCancel(r.Context())
	return d.attempt(ctx, e, w, func(ctx context.Context, span Span, body *bodyReader) error {
		e.dress(r.Header)
		inject(span, r.Header)
		if err := d.sign(r.Header, e); err != nil {
			return err
		}
		return d.Route.Pass(w, e.reframe(r.WithContext(ctx), body), e)
	})
}

func (d *Destination) sign(h http.Header, e *Event) error {
	if d.Sign == nil {
		return nil
	}
	return d.Sign.sign(h, e, d.Now())
}

// attempt runs deliver, and judges what comes of it.
func (d *Destination) attempt(ctx context.Context, e *Event, w Answer, deliver func(context.Context, Span, *bodyReader) error) Result {
	ctx, cancel := context.WithTimeoutCause(ctx, d.Timeout, errTimeout)
	defer cancel()
	ctx, span := d.trace(ctx, e)
	body := &bodyReader{rest: e.Body}
	defer func() { _ = body.Close() }() // it does not fail
	result := Result{Start: d.Now()}
	err := result.run(func() error { return deliver(ctx, span, body) })
	result.Duration = d.Now().Sub(result.Start)
	result.Status, result.Answer = w.Status(), w.Beginning()
	result.RetryAfter = ratelimit.ParseRetryAfter(w.Header().Get("Retry-After"), d.Now())
	result.judge(ctx, err, d.Retry)
	endAttempt(span, result)
	return result
}

// destinations are those of the endpoint that c describes.
func (c Config) destinations(parts Parts) ([]*Destination, error) {
	names := make([]string, len(parts.Routes))
	for i, route := range parts.Routes {
		names[i] = route.Name
	}
	if err := CheckDestinations(names, parts.Durable); err != nil {
		return nil, err
	}
	var sign *Countersigner
	if c.Sign != "" {
		var err error
		if sign, err = NewCountersigner(string(c.Sign)); err != nil {
			return nil, fmt.Errorf("sign: %w", err)
		}
	}
	all := make([]*Destination, len(parts.Routes))
	for i, route := range parts.Routes {
		all[i] = &Destination{
			Address: Address{c.Name, route.Name}, Route: route.Route, Timeout: time.Duration(c.Timeout),
			Retry: c.Retry, InFlight: c.InFlight, Pace: c.Pace, Breaker: c.Breaker, Sign: sign, Tracer: parts.Tracer, Now: parts.Now,
		}
	}
	return all, nil
}

// CheckDestinations reports destinations, by name, that an endpoint cannot have.
func CheckDestinations(names []string, durable bool) error {
	seen := make(map[string]bool)
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		if seen[name] {
			return fmt.Errorf("deliver: there are two destinations named %q", name)
		}
		seen[name] = true
	}
	switch {
	case len(names) == 0:
		return errors.New("deliver: there is no destination")
	case !durable && len(names) > 1:
		return errors.New("deliver: several destinations need a store")
	}
	return nil
}
