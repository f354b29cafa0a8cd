package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/internal/failpoint"
)

// ReasonInternal is the reason of an attempt that failed through a fault of
// ours, which says nothing about the application. It counts against the policy,
// so that an event that cannot be handled ends as a dead letter.
const ReasonInternal = "internal"

// A job is the attempt of one delivery in the background.
type job struct {
	lane     *lane
	delivery *gateway.Delivery
	place    *place
	due      time.Time
	done     func() // the event's memory is not needed any more
	facts    facts
}

// Carry makes the attempt of a delivery that is leased to the caller. See
// gateway.Lane.
func (l *lane) Carry(d *gateway.Delivery, p gateway.Place, done func()) {
	if p := p.(*place); p.queued {
		l.join(d, p, done)
		return
	}
	j := &job{lane: l, delivery: d, place: p.(*place), due: d.ReceivedAt, done: done}
	if !l.w.start(j.run) {
		j.drop()
	}
}

// join lets a delivery wait here for a place.
func (l *lane) join(d *gateway.Delivery, p *place, done func()) {
	defer p.Leave(gateway.Result{})
	more := lease{d, d.ReceivedAt, d.Due, done}
	l.mu.Lock()
	if !l.closed {
		l.waiting = append(l.waiting, more)
	}
	closed := l.closed
	l.mu.Unlock()
	if closed {
		l.giveBack([]lease{more})
		return
	}
	l.signal()
}

// drop gives the delivery back unattempted: the Worker has stopped.
func (j *job) drop() {
	j.lane.giveBack([]lease{{Delivery: j.delivery, due: j.due, done: j.done}})
	j.place.Leave(gateway.Result{})
}

func (j *job) run() {
	var told gateway.Result
	defer func() { j.place.Leave(told) }()
	defer j.rescue(func(error) {}) // its lease ends by itself
	result := j.attempt()
	if result.Reason == ReasonInternal {
		j.observe(result)
	} else {
		told = result
	}
	j.lane.settle(j.delivery, j.place.to, result, j.facts)
}

// attempt loads the event if need be and hands it over.
func (j *job) attempt() (r gateway.Result) {
	defer j.rescue(func(err error) {
		if r.Verdict == 0 { // else the application has been asked, whatever broke then
			r = j.internal(err)
		}
	})
	defer j.release()
	if err := j.load(); err != nil {
		return j.unloaded(err)
	}
	j.facts = factsOf(j.delivery)
	failpoint.Hit("attempt.before")
	r = j.place.to.Attempt(j.lane.w.attempts, j.delivery.Event, &gateway.Recording{})
	failpoint.Hit("attempt.after")
	r.Probe = j.place.probe
	j.observe(r)
	return r
}

func (j *job) observe(r gateway.Result) {
	j.lane.w.options.Observer.Attempted(Attempt{Address: j.lane.address, Delivery: j.delivery, Result: r, Lag: max(0, r.Start.Sub(j.due))})
}

// rescue, deferred, ends a panic: neither the process nor the place is lost by
// it.
func (j *job) rescue(then func(error)) {
	v := recover()
	if v == nil {
		return
	}
	j.lane.log().Error("panic in a webhook delivery", slog.Int64("delivery", j.delivery.ID), slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
	then(fmt.Errorf("panic: %v", v))
}

func (j *job) load() error {
	if j.delivery.Event != nil {
		return nil
	}
	return j.lane.w.options.Queue.Load(j.lane.w.attempts, j.delivery)
}

func (j *job) release() {
	j.delivery.Event = nil
	j.done()
}

// unloaded is the result when there is no event to hand over: no attempt if
// the store or the Worker ends, else one that counts.
func (j *job) unloaded(err error) gateway.Result {
	for _, end := range []error{context.Canceled, gateway.ErrFailed, gateway.ErrClosed, gateway.ErrSlow} {
		if errors.Is(err, end) {
			return gateway.Result{Verdict: gateway.Canceled, Reason: gateway.ReasonCanceled, Err: err, Start: j.lane.w.options.Now()}
		}
	}
	j.lane.log().Error("a webhook's event cannot be loaded", slog.Int64("delivery", j.delivery.ID), slog.Any("error", err))
	return j.internal(err)
}

func (j *job) internal(err error) gateway.Result {
	return gateway.Result{Verdict: gateway.Again, Reason: ReasonInternal, Err: err, Start: j.lane.w.options.Now()}
}
