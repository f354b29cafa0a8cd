// Package delivery attempts what is stored until it is delivered or dead.
package delivery

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A Worker attempts the deliveries of a queue. It lives as long as the process
// and serves old and new configurations at once: what it knows of a
// destination outlives both. A Worker is made by New, must be stopped, and may
// be used concurrently.
type Worker struct {
	options  Options
	clock    clock
	checking chan struct{} // the clock; holds one while somebody does, which may take long
	latest   time.Time     // Options.Latest, until the clock is checked
	stopping atomic.Bool
	places   gate               // who holds a place
	attempts context.Context    // ends when attempts are broken off
	breakOff context.CancelFunc // ends attempts
	storing  context.Context    // ends when the queue is waited for no longer
	giveUp   context.CancelFunc // ends storing
	running  sync.WaitGroup     // goroutines
	crew     crew               // for attempts in the background
	callers  crew               // for those of others

	mu      sync.Mutex
	lanes   map[gateway.Address]*lane
	stopped bool // no more goroutines are started from outside
}

// Options are what a Worker works with. Queue, Now, Random and Log are
// required.
type Options struct {
	Queue    gateway.Queue
	Forget   func(gateway.Key) // the key may be claimed again; may be nil
	Observer Observer          // may be nil
	Now      func() time.Time  // wall clock
	Random   func() float64    // from 0 up to 1
	Log      *slog.Logger

	// Latest is when the queue took in its newest event. If that is yet to
	// come, then the clock was put back while nobody worked. May be zero.
	Latest time.Time
}

// New returns a Worker that serves nothing yet.
func New(o Options) *Worker {
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.Forget == nil {
		o.Forget = func(gateway.Key) {}
	}
	w := &Worker{options: o, lanes: map[gateway.Address]*lane{}, clock: newClock(o.Now()), checking: make(chan struct{}, 1), latest: o.Latest}
	w.attempts, w.breakOff = context.WithCancel(context.Background())
	w.crew = crew{next: make(chan func()), quit: w.attempts.Done()}
	w.callers = crew{next: make(chan func()), quit: w.attempts.Done()}
	w.storing, w.giveUp = context.WithCancel(context.Background())
	return w
}

// Serve puts destinations into service, in place of those with the same
// Address, until leave is called: then the ones that they replaced are back in
// service if they have not left themselves. So configurations may come before
// the old ones go, and go again when they fail. Attempts under way end where
// they began. A destination out of service keeps its deliveries.
func (w *Worker) Serve(ds ...*gateway.Destination) (leave func()) {
	for _, d := range ds {
		w.lane(d.Address).serve(d)
	}
	return sync.OnceFunc(func() {
		for _, d := range ds {
			w.lane(d.Address).leave(d)
		}
	})
}

// Lane is the way to a destination; nil when that is not in service. It is the
// same one for all configurations, and stays valid.
func (w *Worker) Lane(a gateway.Address) gateway.Lane {
	w.mu.Lock()
	l := w.lanes[a]
	w.mu.Unlock()
	if l == nil || !l.inService() {
		return nil
	}
	return l
}

// Pause stops attempts in the background until Resume, or until the process
// ends; those under way go on. The address need not be in service.
func (w *Worker) Pause(a gateway.Address) { w.lane(a).pause(true) }

// Resume takes a Pause back.
func (w *Worker) Resume(a gateway.Address) { w.lane(a).pause(false) }

// lane returns the lane to a, which it opens when there is none.
func (w *Worker) lane(a gateway.Address) *lane {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lanes[a]
	if l == nil {
		l = newLane(w, a)
		w.lanes[a] = l
		if !w.stopped {
			w.running.Go(l.run)
		}
	}
	return l
}

// all returns the lanes there are.
func (w *Worker) all() []*lane {
	w.mu.Lock()
	defer w.mu.Unlock()
	lanes := make([]*lane, 0, len(w.lanes))
	for _, l := range w.lanes {
		lanes = append(lanes, l)
	}
	return lanes
}

// start runs f in a goroutine of its own, or reports that the Worker has stopped.
func (w *Worker) start(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.crew.start(f, w.running.Go)
	}
	return !w.stopped
}
