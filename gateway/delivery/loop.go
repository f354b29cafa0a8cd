package delivery

import "time"

// run decides what is done next, until the Worker stops.
func (l *lane) run() {
	for !l.w.stopping.Load() {
		now := l.w.checkClock()
		if !l.retreat(now) && !l.advance(now) && !l.refill(now) {
			l.sleep(now)
		}
	}
	l.close()
}

// close gives back what waits here.
func (l *lane) close() {
	l.mu.Lock()
	l.closed = true
	back := l.waiting
	l.waiting = nil
	l.mu.Unlock()
	l.giveBack(back)
}

// sleep waits until something can be done or has changed.
func (l *lane) sleep(now time.Time) {
	timer := time.NewTimer(min(l.next(now).Sub(now), net))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.changed:
	}
}

// next is when something can be done if nothing changes.
func (l *lane) next(now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return earlier(l.starts(now), l.leases(now))
}

// starts is when the next of those that wait here can be attempted.
func (l *lane) starts(now time.Time) time.Time {
	if len(l.waiting) == 0 || l.taken >= l.limit() {
		return never
	}
	return later(l.opens(now), l.pace.ready(now))
}

// leases is when the queue is to be asked for more.
func (l *lane) leases(now time.Time) time.Time {
	if l.look.underWay || l.wanted(now) <= 0 {
		return never
	}
	return later(l.opens(now), later(l.look.due, l.look.notUntil))
}

// wanted is how many more to lease: as many as there are places for, and as
// many again to wait here, so that a drain does not pay a transaction for
// each; one at a time while the destination is down.
func (l *lane) wanted(now time.Time) int {
	free := l.limit() - l.taken
	switch {
	case l.breaker.down:
		return min(free, 1-len(l.waiting))
	case len(l.waiting) > l.limit()/2:
		return 0
	}
	return l.pace.soon(now, free+l.limit()) - len(l.waiting)
}

// term is how long n more are leased for: two rounds of attempts go before
// theirs, at the destination's pace, and to store what came of them may take a
// while.
func (l *lane) term(n int) time.Duration {
	return l.pace.interval(float64(len(l.waiting)+n)) + 5*l.to.Timeout + 30*time.Second
}

// retreat gives back what waits here if nothing can be attempted now, and
// reports whether there was anything.
func (l *lane) retreat(now time.Time) bool {
	back := l.stranded(now)
	l.giveBack(back)
	return len(back) > 0
}

func (l *lane) stranded(now time.Time) (back []lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opens(now).After(now) {
		back, l.waiting = l.waiting, nil
	}
	return back
}

// advance starts the next attempt, and reports whether there was one to start.
func (l *lane) advance(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.starts(now).After(now) {
		return false
	}
	next := l.waiting[0]
	l.waiting = l.waiting[1:]
	if next.until.Before(now.Add(l.to.Timeout)) { // the lease would end first
		l.w.crew.start(func() { l.giveBack([]lease{next}) }, l.w.running.Go)
		return true
	}
	j := &job{lane: l, delivery: next.Delivery, place: l.take(now, false), due: next.due, done: next.done}
	l.w.crew.start(j.run, l.w.running.Go)
	return true
}
