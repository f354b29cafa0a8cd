package sqlite

import (
	"context"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// replayStep is how many are replayed in one transaction, so that others need
// not wait for them all.
const replayStep = 100

// Replay is gateway.Archive's. It takes the newest first. When it fails, some
// may have been replayed.
func (s *Store) Replay(ctx context.Context, f gateway.Filter, now, until time.Time, limit int) (replayed int, err error) {
	if f.States = replayable(f.States); len(f.States) == 0 {
		return 0, nil
	}
	for replayed < limit {
		r := &replaying{now: nanos(now), until: nanos(until)}
		err = s.readLong(ctx, func(c *engine.Conn) (err error) {
			r.ids, err = s.match(c, f, min(limit-replayed, replayStep))
			return err
		})
		if err != nil || len(r.ids) == 0 {
			return replayed, err
		}
		if err := s.do(ctx, r, 0, 0); err != nil {
			return replayed, err
		}
		replayed += r.done
		f.Before = r.ids[len(r.ids)-1]
	}
	return replayed, nil
}

// replayable are those of the states from which there is a way back.
func replayable(states []gateway.State) (some []gateway.State) {
	if len(states) == 0 {
		return []gateway.State{gateway.Delivered, gateway.Dead}
	}
	for _, state := range states {
		if settled(state) {
			some = append(some, state)
		}
	}
	return some
}

type replaying struct {
	ids        []int64
	now, until int64
	done       int
}

func (r *replaying) apply(w *writer) error {
	r.done = 0
	for _, id := range r.ids {
		d, _, found, err := w.find(id)
		if err != nil {
			return err
		}
		if !found || !settled(d.state) {
			continue
		}
		if err := r.replay(w, d); err != nil {
			return err
		}
		r.done++
	}
	w.store.counts.unlearn()
	return nil
}

func (r *replaying) replay(w *writer, d stored) error {
	others, err := w.others(d)
	if err != nil {
		return err
	}
	if others[gateway.Pending]+others[gateway.Delivering] == 0 {
		w.totals.settle(d.size, -1)
		err = prepare(w.conn, `UPDATE deliveries SET shelf = NULL WHERE id BETWEEN ? AND ? AND shelf IS NOT NULL`).int(d.first, d.first+d.siblings-1).run()
		if err != nil {
			return err
		}
	}
	if err := r.claim(w, d.first); err != nil {
		return err
	}
	place, err := w.overtake(d)
	if err != nil {
		return err
	}
	d.lane.move(d.state, gateway.Pending)
	return prepare(w.conn, `UPDATE deliveries SET state = 0, spent = 0, due = ?, lane = ? WHERE id = ?`).int(r.now).intOrNull(place).int(d.id).run()
}

// claim takes the event's key again, if nobody has it.
func (r *replaying) claim(w *writer, event int64) error {
	key, err := w.keyOf(event)
	if err != nil || r.until == 0 {
		return err
	}
	v, err := w.keys.stagedHolder(w.conn, key)
	if err == nil && v.until <= r.now {
		w.keys.stage(key, holding{r.until, event})
	}
	return err
}

// overtake makes those wait that come behind d in its order, and is d's own
// place.
func (w *writer) overtake(d stored) (int64, error) {
	if d.ordering != 0 {
		err := prepare(w.conn, `UPDATE deliveries SET lane = NULL WHERE destination = ? AND ordering = ? AND state < 2 AND state = 0 AND id > ?`).
			int(d.lane.id, d.ordering, d.id).run()
		if err != nil {
			return 0, err
		}
	}
	return w.place(d.lane, d.id, d.ordering, gateway.Pending)
}
