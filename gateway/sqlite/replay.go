package sqlite

import (
	"context"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Replay is gateway.Archive's. It takes the newest first. When it fails, some
// may have been replayed.
func (s *Store) Replay(ctx context.Context, f gateway.Filter, now, until time.Time, limit int) (int, error) {
	if f.States = only(f.States, gateway.Delivered, gateway.Dead); len(f.States) == 0 {
		return 0, s.usable()
	}
	return s.inSteps(ctx, f, limit, func(ids []int64) (int, error) {
		r := &replaying{ids: ids, states: f.States, now: nanos(now), until: nanos(until)}
		if err := s.do(ctx, r, 0, 0); err != nil {
			return 0, err
		}
		return r.done, nil
	})
}

type replaying struct {
	ids        []int64
	states     []gateway.State // a delivery that is in none of them any more stays
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
		if !found || !slices.Contains(r.states, d.state) {
			continue
		}
		if err := r.replay(w, d); err != nil {
			return err
		}
		r.done++
	}
	w.replayed = true
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
	return prepare(w.conn, `UPDATE deliveries SET state = 0, spent = 0, due = ?1, replayed = ?1, lane = ?2 WHERE id = ?3`).int(r.now).intOrNull(place).int(d.id).run()
}

// claim takes the event's keys again, if nobody has them.
func (r *replaying) claim(w *writer, event int64) error {
	k, err := w.keysOf(event)
	if err != nil || r.until == 0 {
		return err
	}
	for _, key := range k.all() {
		v, err := w.keys.stagedHolder(w.conn, key)
		if err != nil {
			return err
		}
		if v.until <= r.now {
			w.keys.stage(key, holding{r.until, event})
		}
	}
	return nil
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
