package gateway_test

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A lane answers as it is told and remembers what it was asked.
type lane struct {
	live, background bool                                                    // what Enter says
	probe            bool                                                    // what the places say
	carry            func(d *gateway.Delivery, p gateway.Place, done func()) // nil: it is done at once

	settle func(d *gateway.Delivery) // nil: nothing becomes of it

	mu      sync.Mutex
	calls   []string
	settled chan gateway.Result // has room for a few
}

func newLane() *lane {
	return &lane{live: true, background: true, settled: make(chan gateway.Result, 10)}
}

func (l *lane) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, fmt.Sprintf(format, args...))
}

// log is what the lane was asked, in order.
func (l *lane) log() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.calls, ", ")
}

func (l *lane) Enter(_ time.Time, live bool) (gateway.Place, bool) {
	ok := l.background
	if live {
		ok = l.live
	}
	l.note("enter live=%v: %v", live, ok)
	if !ok {
		return nil, false
	}
	return place{l}, true
}

func (l *lane) Carry(d *gateway.Delivery, p gateway.Place, done func()) {
	l.note("carry %d", d.ID)
	if l.carry != nil {
		l.carry(d, p, done)
		return
	}
	done()
}

func (l *lane) Settle(d *gateway.Delivery, r gateway.Result) {
	l.note("settle %d %v", d.ID, r.Verdict)
	if l.settle != nil {
		l.settle(d)
	}
	l.settled <- r
}

func (l *lane) Wake(due time.Time) { l.note("wake %v", due.Sub(gateway.T0)) }

// A place notes that it was left.
type place struct{ lane *lane }

func (p place) Leave(r gateway.Result) { p.lane.note("leave %v", r.Verdict) }
func (place) Go(attempt func())        { go attempt() }

func (p place) Probe() bool { return p.lane.probe }
