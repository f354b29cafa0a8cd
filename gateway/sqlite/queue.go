package sqlite

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How much is written at once, and how long calls and notes wait for company.
const (
	groupCalls = 512
	groupBytes = 8 << 20
	groupNotes = 512
	giveWay    = 8 // times that others may run before a group is written, at most
	noteDelay  = 50 * time.Millisecond
	notesBytes = 16 << 20 // held in memory; past them only the key of a note is
	notesHeld  = 64 << 10 // past them nothing
)

// A call is an operation whose caller waits for it.
type call struct {
	operation
	size  int64 // bytes, about
	done  chan error
	ended atomic.Bool // it is done, or its caller has left
}

// leave is for a caller who waits no more: reason, unless the call is done in
// that moment.
func (c *call) leave(reason error) error {
	if c.ended.CompareAndSwap(false, true) {
		return reason
	}
	return <-c.done
}

// end tells the caller, and reports whether there is one.
func (c *call) end(err error) bool {
	stayed := c.ended.CompareAndSwap(false, true)
	c.done <- err
	return stayed
}

// A queue is what waits for the writer.
type queue struct {
	mu      sync.Mutex
	calls   []*call
	notes   []*record
	held    int64 // bytes of notes
	dropped int64 // notes, since they were last asked for
	due     bool  // the notes have waited long enough
	shut    error // why nothing is taken in any more
	wake    chan struct{}
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default: // it is about to wake up
	}
}

// push lets c wait.
func (q *queue) push(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shut != nil {
		return q.shut
	}
	q.calls = append(q.calls, c)
	if len(q.calls) == 1 {
		q.ring()
	}
	return nil
}

// withdraw reports whether c was still waiting, and waits no more.
func (q *queue) withdraw(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.calls, c)
	if i >= 0 {
		q.calls = slices.Delete(q.calls, i, i+1)
	}
	return i >= 0
}

// note lets r wait for company, if there is room.
func (q *queue) note(r *record) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held+r.size() > notesBytes && len(r.deliveries) > 0 {
		q.dropped++
		r.keyOnly()
	}
	if q.shut != nil || len(q.notes) >= notesHeld || len(r.deliveries) == 0 && r.until == 0 {
		r.recycle()
		return
	}
	q.notes = append(q.notes, r)
	q.held += r.size()
	switch len(q.notes) {
	case 1:
		time.AfterFunc(noteDelay, q.hurry)
	case groupNotes:
		q.due = true
		q.ring()
	}
}

// hurry ends the notes' waiting.
func (q *queue) hurry() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.due = len(q.notes) > 0
	q.ring()
}

// close lets nobody in any more, for the reason given.
func (q *queue) close(reason error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shut == nil {
		q.shut = reason
	}
	q.ring()
}

// A group is what is written in one transaction.
type group struct {
	calls   []*call
	notes   []*record
	size    int64 // bytes, about
	dropped int64 // notes, since the group before

	// Once it has been written:
	start   time.Time
	changed bool  // something, that is
	err     error // why nothing was
	claims  int64 // the last row in claims
}

// keepKeys makes the group forget what was noted, but for the keys: what room
// there is is for results.
func (g *group) keepKeys() {
	for _, r := range g.notes {
		if len(r.deliveries) > 0 {
			r.keyOnly()
			g.dropped++
		}
	}
}

func (g *group) len() int { return len(g.calls) + len(g.notes) }

// take waits for a group. The last one is empty: the queue is shut.
func (q *queue) take() group {
	for q.idle() {
		<-q.wake
	}
	q.gather()
	return q.cut()
}

func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.calls) == 0 && !q.due && q.shut == nil
}

// gather lets everybody run who can, until nobody calls who has not: the more
// share a commit, the less each costs. When the processors are idle that takes
// no time.
func (q *queue) gather() {
	before := 0
	for range giveWay {
		n := q.waiting()
		if n == before || n >= groupCalls {
			return
		}
		before = n
		runtime.Gosched()
	}
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.calls)
}

func (q *queue) cut() (g group) {
	q.mu.Lock()
	defer q.mu.Unlock()
	g.dropped, q.dropped = q.dropped, 0
	q.takeCalls(&g)
	q.takeNotes(&g)
	return g
}

func (q *queue) takeCalls(g *group) {
	n := 0
	for n < min(len(q.calls), groupCalls) && (n == 0 || g.size+q.calls[n].size <= groupBytes) {
		g.size += q.calls[n].size
		n++
	}
	g.calls, q.calls = q.calls[:n:n], q.calls[n:]
}

func (q *queue) takeNotes(g *group) {
	n := min(len(q.notes), groupNotes)
	g.notes, q.notes = q.notes[:n:n], q.notes[n:]
	for _, r := range g.notes {
		g.size += r.size()
		q.held -= r.size()
	}
	q.due = len(q.notes) >= groupNotes
	if !q.due && len(q.notes) > 0 {
		time.AfterFunc(noteDelay, q.hurry)
	}
}
