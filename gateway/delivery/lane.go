package delivery

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// inFlight is how many attempts are made at once where the destination does
// not say.
const inFlight = 64

// A lane is the way to one address. Its loop (run) decides what is attempted
// in the background, and sleeps until something changes.
type lane struct {
	w       *Worker
	address gateway.Address
	changed chan struct{} // wakes the loop; holds one

	mu      sync.Mutex
	serving []*gateway.Destination // in service; the last one is used
	to      *gateway.Destination   // used last, in service or not
	paused  bool
	breaker breaker
	pace    pace
	taken   int // places that count
	under   int // attempts under way, those without such a place too
	waiting []lease
	closed  bool // nothing may wait here any more
	look    look
}

// A lease is a delivery that waits here for its attempt.
type lease struct {
	*gateway.Delivery
	due   time.Time
	until time.Time
	done  func() // its event is in memory, which is not needed any more
}

func newLane(w *Worker, a gateway.Address) *lane {
	return &lane{w: w, address: a, to: &gateway.Destination{Address: a}, changed: make(chan struct{}, 1)}
}

// serve puts d into service.
func (l *lane) serve(d *gateway.Destination) {
	l.mu.Lock()
	l.serving = append(l.serving, d)
	turned := l.use(d)
	l.mu.Unlock()
	if turned {
		l.tell(false)
	}
	l.signal()
}

// leave takes d out of service.
func (l *lane) leave(d *gateway.Destination) {
	l.mu.Lock()
	if i := slices.Index(l.serving, d); i >= 0 {
		l.serving = slices.Delete(l.serving, i, i+1)
	}
	turned := false
	if n := len(l.serving); n > 0 {
		turned = l.use(l.serving[n-1])
	}
	l.mu.Unlock()
	if turned {
		l.tell(false)
	}
	l.signal()
}

// use makes attempts by d's rules. What is known of the application stays; but
// it counts as up, and turned is true, if it was down and d has no breaker.
func (l *lane) use(d *gateway.Destination) (turned bool) {
	l.to = d
	l.pace.set(d.Pace)
	return l.breaker.set(d.Breaker)
}

func (l *lane) inService() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.serving) > 0
}

func (l *lane) pause(paused bool) {
	l.mu.Lock()
	l.paused = paused
	l.mu.Unlock()
	l.signal()
}

// Wake says that something was stored that is due at the instant.
func (l *lane) Wake(due time.Time) {
	l.mu.Lock()
	l.look.due = earlier(l.look.due, due)
	l.mu.Unlock()
	l.signal()
}

// signal has the loop look at what changed.
func (l *lane) signal() {
	select {
	case l.changed <- struct{}{}:
	default: // it has not seen the last one yet
	}
}

// limit is how many attempts there may be at once.
func (l *lane) limit() int {
	if l.to.InFlight > 0 {
		return l.to.InFlight
	}
	return inFlight
}

// opens is when attempts in the background are made again: the zero time if
// they are, never if something has to change first.
func (l *lane) opens(now time.Time) time.Time {
	if len(l.serving) == 0 || l.paused || l.w.stopping.Load() {
		return never
	}
	return l.breaker.opens(now)
}

func (l *lane) log() *slog.Logger {
	return l.w.options.Log.With(slog.String("endpoint", l.address.Endpoint), slog.String("destination", l.address.Destination))
}
