package gateway

import (
	"errors"
	"net/http"
	"time"
)

// errPatience is why an event was stored whose attempt is still under way.
var errPatience = errors.New("the application did not answer within ack_within")

// A live is an attempt that a sender waits for. It is made on a goroutine of
// its own, because it may outlast the sender's patience.
type live struct {
	place  Place
	reply  *reply
	done   chan struct{}
	result Result // once done is closed
}

// begin starts the attempt at the first destination.
func (v *visit) begin(place Place) *live {
	d, e, ctx := v.destinations[0], v.event, v.background()
	l := &live{place: place, reply: newReply(v.w, d.Retry), done: make(chan struct{})}
	place.Go(func() {
		defer close(l.done)
		l.result = d.Attempt(ctx, e, l.reply)
		l.result.Probe = place.Probe()
	})
	return l
}

// wait reports whether the attempt ends within the time.
func (l *live) wait(patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-l.done:
		return true
	case <-timer.C:
		return false
	}
}

// late returns what settles the delivery by the attempt when the store took it
// in although it had not said so in time. The event's body is not kept for it.
func (l *live) late(d Delivery, lane Lane) func(id int64) {
	d.Event = d.Event.shell()
	return func(id int64) {
		d.EventID, d.ID = id, id
		go func() {
			<-l.done
			lane.Settle(&d, l.result)
		}()
	}
}

// ended notes for the log how the attempt went.
func (v *visit) ended(l *live) {
	v.outcome.Upstream, v.outcome.Status, v.outcome.Cause = l.result.Duration, l.result.Status, l.result.Reason
	if l.result.Verdict != Accepted {
		v.outcome.Err = l.result.Err
	}
}

// answer gives the sender what the application said. What is not all that it
// said is never passed for it: the connection is broken off if the sender has
// seen a part.
func (l *live) answer() error {
	whole := l.result.Verdict == Accepted || l.result.Reason == ReasonStatus && l.reply.Status() != 0
	switch {
	case whole && l.reply.send():
		return nil
	case whole, l.reply.begun():
		panic(http.ErrAbortHandler)
	default:
		return l.result.failure()
	}
}

// note has the store remember a delivery that is settled: nobody waits for it.
// The key of one that the application did not take stays free.
func (v *visit) note(d *Delivery) {
	e := v.entry(d)
	if d.State != Delivered {
		e.Until = time.Time{}
		v.outcome.Dead = true
	}
	v.backing.Journal.Note(e)
}
