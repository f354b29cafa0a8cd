package delivery

import (
	"context"
	"sync"
	"time"
)

// lastWords is how long the queue may take to store what comes of the attempts
// that Stop broke off. What it does not take in time is attempted again after
// the next start.
const lastWords = time.Second

// Stop ends the work: nothing more is leased, and attempts under way may end
// until ctx does; then they are broken off, which costs their deliveries
// nothing, and Stop returns the error of ctx. Leases are given back. When it
// returns, all goroutines are gone. It may be called more than once.
//
// Attempts that senders wait for are waited for if they began before Stop, but
// not broken off.
func (w *Worker) Stop(ctx context.Context) error {
	w.stopping.Store(true)
	for _, l := range w.all() {
		l.signal()
	}
	err := w.places.wait(ctx)
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.breakOff()
	defer time.AfterFunc(lastWords, w.giveUp).Stop()
	w.running.Wait()
	w.giveUp()
	return err
}

// A gate counts who is inside.
type gate struct {
	mu     sync.Mutex
	inside int
	empty  chan struct{} // nil until somebody waits; closed when nobody is inside
}

// enter reports whether the caller came in, and must leave: not when somebody
// waits for all to leave.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty != nil {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.inside == 0 && g.empty != nil {
		close(g.empty)
	}
}

// wait lets nobody in any more, and waits until all have left or ctx ends.
func (g *gate) wait(ctx context.Context) error {
	empty := g.shut()
	select {
	case <-empty:
	case <-ctx.Done():
	}
	select {
	case <-empty: // even if ctx had ended before
		return nil
	default:
		return ctx.Err()
	}
}

func (g *gate) shut() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.empty == nil {
		g.empty = make(chan struct{})
		if g.inside == 0 {
			close(g.empty)
		}
	}
	return g.empty
}
