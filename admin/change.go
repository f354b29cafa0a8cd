package admin

import (
	"net/http"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// replayedClaim is how long the key of a replayed event is claimed at least:
// while the application gets it from us, the sender's own redeliveries are
// repeats. Few senders go on for more than a day.
const replayedClaim = 24 * time.Hour

var (
	replayable  = []gateway.State{gateway.Dead, gateway.Delivered}
	discardable = []gateway.State{gateway.Dead, gateway.Delivered, gateway.Pending}
)

// replayOne answers POST deliveries/{id}/replay.
func (c *call) replayOne() (Changed, error) {
	return c.changeOne(replayable, "replayed", (*call).replaying)
}

// discardOne answers POST deliveries/{id}/discard.
func (c *call) discardOne() (Changed, error) {
	return c.changeOne(discardable, "discarded", (*call).discarding)
}

// changeOne changes the delivery that the path names, if its state is one of
// those.
func (c *call) changeOne(from []gateway.State, done string, change changer) (Changed, error) {
	if err := c.nothing(); err != nil {
		return Changed{}, err
	}
	e, d, err := c.show()
	if err != nil {
		return Changed{}, err
	}
	if !slices.Contains(from, d.State) {
		return Changed{}, fail(http.StatusConflict, "the delivery is %s, and cannot be %s", d.State, done)
	}
	n, err := change(c, e, gateway.Filter{IDs: []int64{d.ID}, Endpoint: d.Address.Endpoint, Destination: d.Address.Destination}, 1)
	if err == nil && n == 0 {
		err = fail(http.StatusConflict, "the delivery has changed meanwhile, and was not %s", done)
	}
	return Changed{Count: n}, err
}

// A changer changes up to limit deliveries that match.
type changer func(c *call, e *Engine, f gateway.Filter, limit int) (int, error)

// replaying replays deliveries, and wakes who attempts them.
func (c *call) replaying(e *Engine, f gateway.Filter, limit int) (int, error) {
	now := c.Now()
	n, err := e.Store.Replay(c.Context(), f, now, now.Add(replayedClaim), limit)
	if n > 0 {
		e.wake(f, now)
	}
	return n, err
}

// discarding discards deliveries.
func (c *call) discarding(e *Engine, f gateway.Filter, limit int) (int, error) {
	return e.Store.Discard(c.Context(), f, limit)
}

// wake has the worker look at once at what it may not know to be due.
func (e *Engine) wake(f gateway.Filter, now time.Time) {
	for _, l := range e.Worker.Snapshot() {
		if f.Endpoint != "" && f.Endpoint != l.Address.Endpoint || f.Destination != "" && f.Destination != l.Address.Destination {
			continue
		}
		if lane := e.Worker.Lane(l.Address); lane != nil {
			lane.Wake(now)
		}
	}
}
