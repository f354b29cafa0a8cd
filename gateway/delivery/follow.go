package delivery

import (
	"context"
	"log/slog"
	"time"
)

// A shifter is a queue that can follow a clock that was put back.
type shifter interface {
	// Shift returns what has the deliveries that are Pending follow a clock
	// that was put back to now by so much: what was put off waits as long as
	// was meant, and what was due already is due now. Each call does a part, and
	// reports whether there may be more. One that failed can be called again.
	Shift(now time.Time, by time.Duration) (step func(context.Context) (more bool, err error))
}

// A prolonger is a queue that can have leases end later.
type prolonger interface {
	// Prolong makes all leases end later by so much.
	Prolong(ctx context.Context, by time.Duration) error
}

// checkClock returns the time. If the clock jumped it has all lanes look at the
// queue before. When it was put back, what was put off waits no longer for it.
// When it was put forward, what is under way stays with those who have it.
// Nobody works by the new time before that is seen to.
func (w *Worker) checkClock() time.Time {
	w.checking <- struct{}{}
	defer func() { <-w.checking }()
	now := w.options.Now() // not before: to come in may take long
	if off := w.jumped(now); off != 0 {
		w.options.Log.Warn("the clock jumped", slog.Duration("by", off))
		w.follow(w.following(now, off))
		for _, l := range w.all() {
			l.follow(now, off)
		}
		return w.options.Now()
	}
	return now
}

// jumped is by how much the clock did since it was checked last.
func (w *Worker) jumped(now time.Time) time.Duration {
	off := w.clock.look(now)
	if ahead := w.latest.Sub(now); ahead > jump {
		off = -ahead
	}
	w.latest = time.Time{}
	return off
}

// follow moves what is to happen a while from now, so that the while stays the
// same, and has the lane look at the queue.
func (l *lane) follow(now time.Time, off time.Duration) {
	l.mu.Lock()
	l.look.notUntil = l.look.notUntil.Add(off)
	l.breaker.until = l.breaker.until.Add(off)
	l.mu.Unlock()
	l.Wake(now)
}

// A step is a part of what is to be done. It reports whether there is more.
type step func(context.Context) (more bool, err error)

// following has the queue follow the clock, if it can.
func (w *Worker) following(now time.Time, off time.Duration) step {
	if queue, ok := w.options.Queue.(shifter); ok && off < 0 {
		return queue.Shift(now, -off)
	}
	return func(ctx context.Context) (bool, error) {
		if queue, ok := w.options.Queue.(prolonger); ok && off > 0 {
			return false, queue.Prolong(ctx, off)
		}
		return false, nil
	}
}

// follow goes step by step. A queue that is full or slow is asked until it
// answers or the Worker stops.
func (w *Worker) follow(next step) {
	failures := 0
	for {
		more, err := next(w.storing)
		switch {
		case err == nil && !more:
			return
		case err == nil:
			failures = 0
			continue
		case failures == 0 && w.storing.Err() == nil:
			w.options.Log.Error("webhook deliveries wait until the store follows the clock", slog.Any("error", err))
		}
		if hopeless(err) || !pass(w.attempts, min(firstFinish<<min(failures, 10), longestFinish)) {
			return
		}
		failures++
	}
}
