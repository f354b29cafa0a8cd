package sqlite

import (
	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A settled event has a place on the shelf, from which retention takes it: the
// instant at which it was settled; behind all those instants if it is dead.
const deadShelf = 1 << 62

// settledAt is when the attempt settled its delivery.
func settledAt(received int64, a *gateway.Attempt) int64 { return max(received, ended(a)) }

// ended is when the attempt did; 0 if there was none.
func ended(a *gateway.Attempt) int64 {
	if a.Start.IsZero() {
		return 0
	}
	return nanos(a.Start.Add(a.Duration))
}

// shelf is the place of an event that is settled from the start; 0 for others.
func (r *record) shelf() (place int64) {
	dead := int64(0)
	for i := range r.deliveries {
		d := &r.deliveries[i]
		if !settled(d.State) {
			return 0
		}
		if d.State == gateway.Dead {
			dead = deadShelf
		}
		place = max(place, settledAt(r.received, &d.LastAttempt))
	}
	return place + dead
}

// A stored delivery is what the writer must know of one to change it.
type stored struct {
	id, first, siblings int64
	lane                *lane
	state               gateway.State
	ordering            int64
	received, size      int64
	number              int64 // of its last attempt
}

// find reads a delivery.
func (w *writer) find(id int64) (d stored, attempt int64, found bool, err error) {
	found, err = prepare(w.conn, `SELECT id - nth, siblings, destination, state, ordering, received, size, number, attempt FROM deliveries WHERE id = ?`).
		int(id).one(func(s *engine.Stmt) {
		d = stored{
			id: id, first: s.ColumnInt64(0), siblings: s.ColumnInt64(1), lane: w.byID[s.ColumnInt64(2)], state: gateway.State(s.ColumnInt64(3)),
			ordering: s.ColumnInt64(4), received: s.ColumnInt64(5), size: s.ColumnInt64(6), number: s.ColumnInt64(7),
		}
		attempt = s.ColumnInt64(8)
	})
	if found && (d.lane == nil || d.state < 0 || d.state > gateway.Dead) {
		err = errBroken
	}
	return d, attempt, found, err
}

// others says how the event's other deliveries stand.
func (w *writer) others(d stored) (count [gateway.Dead + 1]int64, err error) {
	if d.siblings == 1 {
		return count, nil
	}
	err = prepare(w.conn, `SELECT state FROM deliveries WHERE id BETWEEN ? AND ? AND id <> ?`).
		int(d.first, d.first+d.siblings-1, d.id).each(func(s *engine.Stmt) { count[s.ColumnInt64(0)&3]++ })
	return count, err
}

// shelve gives d's event, which is settled, its place on the shelf: on the last
// of the deliveries that it has left.
func (w *writer) shelve(d stored) error {
	var last, place int64
	_, err := prepare(w.conn, `SELECT max(id), max(start + duration), max(state = 3) FROM deliveries WHERE id BETWEEN ? AND ?`).
		int(d.first, d.first+d.siblings-1).one(func(s *engine.Stmt) {
		last, place = s.ColumnInt64(0), max(d.received, s.ColumnInt64(1))+s.ColumnInt64(2)*deadShelf
	})
	if err != nil {
		return err
	}
	return prepare(w.conn, `UPDATE deliveries SET shelf = iif(id = ?, ?, NULL) WHERE id BETWEEN ? AND ?`).
		int(last, place, d.first, d.first+d.siblings-1).run()
}

// place is the value of the column lane, for a delivery in the state. One that
// is pending behind another of its order has none.
func (w *writer) place(l *lane, id, ordering int64, state gateway.State) (int64, error) {
	switch {
	case state == gateway.Delivering:
		return -l.id, nil
	case settled(state):
		return 0, nil
	case ordering == 0:
		return l.id, nil
	}
	behind, err := prepare(w.conn, `SELECT 1 FROM deliveries WHERE destination = ? AND ordering = ? AND state < 2 AND id < ?`).
		int(l.id, ordering, id).one(func(*engine.Stmt) {})
	if behind {
		return 0, err
	}
	return l.id, err
}

// advance lets the next of an order be given out, after one was settled.
func (w *writer) advance(d stored) error {
	if d.ordering == 0 {
		return nil
	}
	return prepare(w.conn, `UPDATE deliveries SET lane = destination WHERE state = 0 AND id = (
		SELECT id FROM deliveries WHERE destination = ? AND ordering = ? AND state < 2 ORDER BY id LIMIT 1)`).
		int(d.lane.id, d.ordering).run()
}
