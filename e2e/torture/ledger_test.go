package torture

import (
	"context"
	"crypto/sha256"
	"sync"
)

// A ledger is kept outside of the processes that are killed: what was sent,
// what of it was acknowledged, and what reached the application.
type ledger struct {
	mu      sync.Mutex
	grown   *sync.Cond
	counts  counts
	entries map[string]*entry // by event id
	refused map[string]int    // answers other than 2xx, by what they said
}

// counts are what a test can wait for.
type counts struct {
	sent         int // events
	acknowledged int // events answered 2xx
	refused      int // answers other than 2xx
	unanswered   int // requests that broke off
	received     int // requests, by the application
	accepted     int // requests that the application accepted
	strange      int // requests with an id that nobody has sent, by the application
	corrupted    int // requests with a body that is not the one sent, by the application
}

// An entry is one event.
type entry struct {
	sum          [sha256.Size]byte
	acknowledged bool
	accepted     []*acceptance
}

// An acceptance is one request that the application answered 2xx.
type acceptance struct {
	destination string
	life        int    // of the gateway, that made the request
	attempt     string // as the gateway counts them
	unsure      bool   // the answer may not have arrived
}

func newLedger() *ledger {
	l := &ledger{entries: make(map[string]*entry), refused: make(map[string]int)}
	l.grown = sync.NewCond(&l.mu)
	return l
}

// note changes the ledger and wakes those who wait for it.
func (l *ledger) note(change func(c *counts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.counts)
	l.grown.Broadcast()
}

// now is what has been counted until now.
func (l *ledger) now() counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// await returns when the condition holds: true; or when ctx ends: false.
func (l *ledger) await(ctx context.Context, holds func(c counts) bool) bool {
	defer context.AfterFunc(ctx, func() { l.note(func(*counts) {}) })()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !holds(l.counts) {
		if ctx.Err() != nil {
			return false
		}
		l.grown.Wait()
	}
	return true
}

// send is noted before the first request with the event.
func (l *ledger) send(id string, body []byte) {
	l.note(func(c *counts) {
		l.entries[id] = &entry{sum: sha256.Sum256(body)}
		c.sent++
	})
}

// acknowledge is noted after an answer with 2xx.
func (l *ledger) acknowledge(id string) {
	l.note(func(c *counts) {
		l.entries[id].acknowledged = true
		c.acknowledged++
	})
}

// refuse is noted after any other answer.
func (l *ledger) refuse(answer string) {
	l.note(func(c *counts) {
		l.refused[answer]++
		c.refused++
	})
}

// receive is noted by the application for each request, and reports whether it
// is one that was sent.
func (l *ledger) receive(id string, body []byte) (genuine bool) {
	l.note(func(c *counts) {
		c.received++
		e, known := l.entries[id]
		switch {
		case !known:
			c.strange++
		case e.sum != sha256.Sum256(body):
			c.corrupted++
		default:
			genuine = true
		}
	})
	return genuine
}

// accept is noted by the application before it answers 2xx. Afterwards it may
// note a doubt whether the answer has arrived.
func (l *ledger) accept(id string, a *acceptance) (doubt func()) {
	l.note(func(c *counts) {
		c.accepted++
		l.entries[id].accepted = append(l.entries[id].accepted, a)
	})
	return func() { l.note(func(*counts) { a.unsure = true }) }
}
