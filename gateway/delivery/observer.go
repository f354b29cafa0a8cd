package delivery

import (
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// An Observer is told what happens, on the goroutine where it does. It must not
// keep what it is given. The Event of a Delivery may be gone, or, of one that is
// Dead, no more than its Key, ID and Type.
type Observer interface {
	// Attempted is told of each attempt that has ended, once.
	Attempted(Attempt)

	// Settled is told of each delivery that is durably Delivered or Dead.
	Settled(gateway.Address, *gateway.Delivery)

	// Lost is told of each delivery that was somebody else's when what became
	// of it was to be stored: its lease had ended.
	Lost(gateway.Address, *gateway.Delivery)

	// BreakerChanged is told of each destination that counts as down from now
	// on, when state is open, or as up again, when it is closed.
	BreakerChanged(a gateway.Address, state string)
}

// An Attempt is one that has ended.
type Attempt struct {
	Address  gateway.Address
	Delivery *gateway.Delivery // nil when Live
	Result   gateway.Result
	Live     bool          // a sender waited for it
	Lag      time.Duration // from when it was due until it began; 0 when Live
}

type nobody struct{}

func (nobody) Attempted(Attempt)                          {}
func (nobody) Settled(gateway.Address, *gateway.Delivery) {}
func (nobody) Lost(gateway.Address, *gateway.Delivery)    {}
func (nobody) BreakerChanged(gateway.Address, string)     {}

// A LaneState is how the way to one destination stands.
type LaneState struct {
	Address    gateway.Address
	InService  bool
	Paused     bool
	Attempting int    // attempts under way
	Waiting    int    // deliveries leased and not begun
	Breaker    string // closed, open or half_open
}

// Snapshot describes all lanes. It asks nobody else.
func (w *Worker) Snapshot() []LaneState {
	now := w.options.Now()
	var states []LaneState
	for _, l := range w.all() {
		states = append(states, l.describe(now))
	}
	return states
}

func (l *lane) describe(now time.Time) LaneState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return LaneState{
		Address: l.address, InService: len(l.serving) > 0, Paused: l.paused,
		Attempting: l.under, Waiting: len(l.waiting), Breaker: l.breaker.state(now),
	}
}
