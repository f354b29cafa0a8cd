package delivery

import (
	"errors"
	"log/slog"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// net is the longest time without a look at the queue. It is a safety net:
// whoever stores something wakes the lane.
const net = time.Minute

// A look is what a lane knows of the queue. The zero look knows nothing.
type look struct {
	underWay bool
	due      time.Time // when something may be due
	notUntil time.Time // the queue has failed, and is left alone so long
	failures int       // of the queue, in a row
}

// caughtUp reports whether nothing that is due is left in the queue.
func (k *look) caughtUp(now time.Time) bool { return !k.underWay && k.due.After(now) }

// begin is called before the queue is asked. A Wake from then on may be about
// something that this look misses, and is kept.
func (k *look) begin() { k.underWay, k.due = true, never }

// end is called with what the queue said: whether there may be more that is
// due and, if not, when the next one is.
func (k *look) end(now time.Time, more bool, next time.Time) {
	k.underWay, k.failures = false, 0
	switch {
	case more:
		next = now
	case next.IsZero():
		next = never
	case !next.After(now): // it was not given out, so it waits for another
		next = now.Add(time.Second)
	}
	k.due = earlier(k.due, earlier(next, now.Add(net)))
}

// fail is called when the queue has failed. It is asked less and less often.
func (k *look) fail(now time.Time, err error) {
	wait := min(100*time.Millisecond<<min(k.failures, 10), net)
	if errors.Is(err, gateway.ErrFailed) || errors.Is(err, gateway.ErrClosed) {
		wait = net
	}
	k.underWay, k.due, k.notUntil = false, now, now.Add(wait)
	k.failures++
}

// refill has what is due leased, while attempts go on, and reports whether it
// asked the queue.
func (l *lane) refill(now time.Time) bool {
	n, until := l.beginLook(now)
	if n > 0 {
		l.w.crew.start(func() {
			found, next, err := l.w.options.Queue.Lease(l.w.storing, l.address, now, until, n)
			l.giveBack(l.endLook(now, until, n, found, next, err))
			l.signal()
		}, l.w.running.Go)
	}
	return n > 0
}

func (l *lane) beginLook(now time.Time) (n int, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.look.underWay || l.leases(now).After(now) {
		return 0, until
	}
	l.look.begin()
	n = l.wanted(now)
	return n, now.Add(l.term(n))
}

// endLook takes in what the queue said. What it gave out and cannot wait here
// any more is to be given back.
func (l *lane) endLook(now, until time.Time, n int, found []*gateway.Delivery, next time.Time, err error) (back []lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		if l.look.failures == 0 && l.w.storing.Err() == nil {
			l.log().Error("webhook deliveries cannot be leased", slog.Any("error", err))
		}
		l.look.fail(now, err)
		return nil
	}
	l.look.end(now, len(found) == n, next)
	leases := make([]lease, len(found))
	for i, d := range found {
		leases[i] = lease{d, d.Since, until, nothing}
	}
	if l.closed {
		return leases
	}
	l.waiting = append(l.waiting, leases...)
	return nil
}

func nothing() {}
