package delivery

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// facts are what is needed of an event after its memory is gone.
type facts struct {
	known bool
	key   gateway.Key
	proof gateway.Key
	name  string
	typ   string
}

func factsOf(d *gateway.Delivery) facts {
	if d.Event == nil {
		return facts{}
	}
	return facts{true, d.Event.Key, d.Event.Proof, d.Event.Reference(), d.Event.Type}
}

// Settle ends the lease of a delivery by the result of the caller's attempt.
// It returns when that is durable, or cannot be made so. See gateway.Lane.
func (l *lane) Settle(d *gateway.Delivery, r gateway.Result) {
	l.mu.Lock()
	to := l.to
	l.mu.Unlock()
	l.settle(d, to, r, factsOf(d))
}

// settle moves the delivery on and makes it durable.
func (l *lane) settle(d *gateway.Delivery, to *gateway.Destination, r gateway.Result, f facts) {
	now := l.w.checkClock()
	to.Retry.Settle(d, r, now, l.w.clock.since(d.Begun(), now), l.w.options.Random())
	forgotten, err := l.finish(d)
	if err != nil {
		l.logUnsettled(d, err)
		return
	}
	if forgotten && f.known {
		l.forget(f)
	}
	if d.State == gateway.Pending {
		l.Wake(d.Due)
		return
	}
	if d.Order != "" {
		l.Wake(l.w.options.Now()) // the next of that order may go
	}
	if d.State == gateway.Dead {
		l.logDead(d, f)
		if d.Event == nil && f.known {
			d.Event = &gateway.Event{Key: f.key, Proof: f.proof, ID: f.name, Type: f.typ}
		}
	}
	l.w.options.Observer.Settled(l.address, d)
}

// forget lets the event's keys be claimed again.
func (l *lane) forget(f facts) {
	for _, k := range (&gateway.Event{Key: f.key, Proof: f.proof}).Keys() {
		l.w.options.Forget(k)
	}
}

// The waits between two tries to store what must be stored.
const (
	firstFinish   = 50 * time.Millisecond
	longestFinish = 5 * time.Second
)

// finish stores what came of an attempt. It has happened, so a queue that is
// full or slow is asked until it answers or the Worker stops.
func (l *lane) finish(d *gateway.Delivery) (forgotten bool, err error) {
	for wait := firstFinish; ; wait = min(2*wait, longestFinish) {
		forgotten, err = l.w.options.Queue.Finish(l.w.storing, d)
		if err == nil || hopeless(err) || !pass(l.w.attempts, wait) {
			return forgotten, err
		}
	}
}

// hopeless reports whether a queue that failed so will not do better.
func hopeless(err error) bool {
	return errors.Is(err, gateway.ErrLeaseLost) || errors.Is(err, gateway.ErrFailed) || errors.Is(err, gateway.ErrClosed)
}

// pass waits, and reports whether it did to the end.
func pass(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// giveBack ends leases of which nothing was made: the deliveries are as due as
// before, and in any case now, even if the clock was put back meanwhile.
// Together, so that a store that groups commits needs one.
func (l *lane) giveBack(back []lease) {
	var all sync.WaitGroup
	now := l.w.options.Now()
	for _, b := range back {
		all.Go(func() {
			b.State, b.Due, b.Event = gateway.Pending, earlier(b.due, now), nil
			b.done()
			if _, err := l.w.options.Queue.Finish(l.w.storing, b.Delivery); err != nil {
				l.logUnsettled(b.Delivery, err) // its lease ends by itself
			}
		})
	}
	all.Wait()
	if len(back) > 0 {
		l.Wake(now)
	}
}

func (l *lane) logDead(d *gateway.Delivery, f facts) {
	a := d.LastAttempt
	l.log().Error("webhook is a dead letter", slog.String("event", f.name), slog.Int64("delivery", d.ID),
		slog.String("reason", a.Reason), slog.Int("status", a.Status), slog.Int("attempts", d.Attempt), slog.String("error", a.Error))
}

func (l *lane) logUnsettled(d *gateway.Delivery, err error) {
	if errors.Is(err, gateway.ErrLeaseLost) {
		l.w.options.Observer.Lost(l.address, d)
	}
	l.log().Warn("what became of a webhook's attempt is not stored", slog.Int64("delivery", d.ID), slog.Int("attempt", d.Attempt), slog.Any("error", err))
}
