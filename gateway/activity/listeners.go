package activity

import (
	"sync"
	"sync/atomic"
)

// waiting is how many happenings wait for a listener; those that come then are
// missed.
const waiting = 256

// Listen returns a channel of what happens from now on, until leave is called,
// which closes it. A listener who is too slow misses some. leave may be called
// more than once.
func (l *Log) Listen() (happenings <-chan Happening, leave func()) {
	c := make(chan Happening, waiting)
	l.listeners.join(c)
	return c, func() { l.listeners.part(c) }
}

// listeners are those who want to know. The zero listeners are nobody.
type listeners struct {
	count atomic.Int64
	mu    sync.Mutex
	all   map[chan Happening]struct{}
}

// any reports whether somebody listens. It costs next to nothing.
func (l *listeners) any() bool { return l.count.Load() > 0 }

func (l *listeners) join(c chan Happening) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = make(map[chan Happening]struct{})
	}
	l.all[c] = struct{}{}
	l.count.Store(int64(len(l.all)))
}

func (l *listeners) part(c chan Happening) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.all[c]; !there {
		return
	}
	delete(l.all, c)
	l.count.Store(int64(len(l.all)))
	close(c)
}

// tell tells everybody who has room for it.
func (l *listeners) tell(h Happening) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		select {
		case c <- h:
		default:
		}
	}
}
