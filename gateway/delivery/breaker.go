package delivery

import (
	"log/slog"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A breaker decides from the attempts whether a destination is down. It is
// closed; or open, while it lets nothing through; or half open, when it lets
// one probe through.
//
// The libraries that do this do not say when they let something through again,
// so that one would have to ask them again and again; they look at a clock of
// their own; and their settings cannot change, as ours do with a reload.
type breaker struct {
	gateway.Breaker
	down     bool
	failures int       // in a row
	until    time.Time // the end of the pause
	probing  bool      // a probe is under way
	era      int       // one more with each turn: results from an earlier one are old news
}

// set changes the settings, and reports whether that turned the state.
func (b *breaker) set(settings gateway.Breaker) (turned bool) {
	b.Breaker = settings.WithDefaults()
	return b.Off && b.turn(false)
}

// opens is when an attempt is let through: the zero time if that is always,
// never if a probe has to end first.
func (b *breaker) opens(now time.Time) time.Time {
	switch {
	case !b.down:
		return time.Time{}
	case b.probing:
		return never
	}
	b.until = earlier(b.until, now.Add(time.Duration(b.Pause))) // the clock may have been put back
	return b.until
}

// enter lets an attempt through, and reports whether it is a probe.
func (b *breaker) enter() (probe bool, era int) {
	b.probing = b.down
	return b.down, b.era
}

// leave takes in what became of an attempt, and reports whether that turned
// the state. An application that refuses an event is up; one that was not
// reached, or did not answer, is not, even if the event is not attempted again.
// An attempt that was broken off says nothing.
func (b *breaker) leave(now time.Time, era int, probe bool, r gateway.Result) (turned bool) {
	if era != b.era {
		return false
	}
	if probe {
		b.probing = false
	}
	switch {
	case r.Verdict == gateway.Accepted, r.Verdict == gateway.Final && r.Reason == gateway.ReasonStatus:
		b.failures = 0
		return b.turn(false)
	case r.Verdict == gateway.Again, r.Verdict == gateway.Final:
		b.failures++
		if probe || !b.Off && b.failures >= b.Failures {
			b.until = now.Add(time.Duration(b.Pause))
			return b.turn(true)
		}
	}
	return false
}

// turn makes the destination count as down, or as up.
func (b *breaker) turn(down bool) (turned bool) {
	if b.down == down {
		return false
	}
	b.down, b.probing, b.failures = down, false, 0
	b.era++
	return true
}

// state is the state's name, for people and for labels of metrics.
func (b *breaker) state(now time.Time) string {
	switch {
	case !b.down:
		return breakerClosed
	case b.probing, !b.opens(now).After(now):
		return "half_open"
	}
	return breakerOpen
}

// The names of the two states that a destination turns to.
const (
	breakerOpen   = "open"
	breakerClosed = "closed"
)

// tell tells the observer that the state turned.
func (l *lane) tell(down bool) {
	state := breakerClosed
	if down {
		state = breakerOpen
	}
	l.w.options.Observer.BreakerChanged(l.address, state)
}

func (l *lane) logTurn(down bool, r gateway.Result) {
	if down {
		l.log().Warn("webhook destination is down", slog.String("reason", r.Reason), slog.Int("status", r.Status), slog.Any("error", r.Err))
	} else {
		l.log().Info("webhook destination is up again")
	}
}
