package delivery

import (
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A place is held from before an attempt until what came of it is stored, so
// that a crash repeats no more attempts than there are places.
type place struct {
	lane   *lane
	to     *gateway.Destination
	live   bool // a sender waits, or did
	counts bool // among those that the destination limits
	waited bool // for by Stop
	queued bool // it is none yet: the delivery is to wait here for one
	probe  bool
	era    int // of the breaker
}

// Enter takes a place for one attempt now. See gateway.Lane.
func (l *lane) Enter(now time.Time, live bool) (gateway.Place, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.admits(now, live):
		return l.take(now, live), true
	case !live && l.joins(now):
		return &place{lane: l, to: l.to, waited: l.w.places.enter(), queued: true}, true
	}
	return nil, false
}

// mostWaiting is how many deliveries may wait here for each place.
const mostWaiting = 4

// joins reports whether a delivery may wait here for a place, behind those
// that do.
func (l *lane) joins(now time.Time) bool {
	return l.opens(now).IsZero() && l.look.caughtUp(now) && len(l.waiting) < mostWaiting*l.limit()
}

// admits reports whether there is a place now. In the background nobody
// overtakes, and nobody who comes from outside is a probe.
func (l *lane) admits(now time.Time, live bool) bool {
	switch {
	case l.counts(live) && l.taken >= l.limit(), l.pace.ready(now).After(now):
		return false
	case live:
		return !l.breaker.opens(now).After(now)
	}
	return l.opens(now).IsZero() && len(l.waiting) == 0 && l.look.caughtUp(now)
}

// counts reports whether an attempt is among those that are limited: live ones
// only if the destination says how many it takes.
func (l *lane) counts(live bool) bool { return !live || l.to.InFlight > 0 }

// take takes a place that there is.
func (l *lane) take(now time.Time, live bool) *place {
	p := &place{lane: l, to: l.to, live: live, counts: l.counts(live), waited: l.w.places.enter()}
	p.probe, p.era = l.breaker.enter()
	l.pace.take(now)
	l.under++
	if p.counts {
		l.taken++
	}
	return p
}

// Leave gives the place back and tells the lane how the attempt went.
func (p *place) Leave(r gateway.Result) {
	l := p.lane
	if p.queued {
		if p.waited {
			l.w.places.leave()
		}
		return
	}
	if p.live && r.Verdict != 0 {
		l.w.options.Observer.Attempted(Attempt{Address: l.address, Result: r, Live: true})
	}
	l.mu.Lock()
	l.under--
	if p.counts {
		l.taken--
	}
	turned := l.breaker.leave(l.w.options.Now(), p.era, p.probe, r)
	down := l.breaker.down
	l.mu.Unlock()
	if p.waited {
		l.w.places.leave()
	}
	if turned {
		l.logTurn(down, r)
		l.tell(down)
	}
	l.signal()
}

// Go makes the attempt of a caller, for whom nobody here waits.
func (p *place) Go(attempt func()) {
	p.lane.w.callers.start(attempt, func(f func()) { go f() })
}

// Probe reports whether the attempt is to find out if the destination is up.
func (p *place) Probe() bool { return p.probe }
