package sqlite

import (
	"context"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Discard is gateway.Archive's. It takes the newest first. When it fails, some
// may have been discarded.
func (s *Store) Discard(ctx context.Context, f gateway.Filter, limit int) (int, error) {
	if f.States = only(f.States, gateway.Pending, gateway.Delivered, gateway.Dead); len(f.States) == 0 {
		return 0, s.usable()
	}
	return s.inSteps(ctx, f, limit, func(ids []int64) (discarded int, err error) {
		for len(ids) > 0 {
			d := &discarding{ids: ids, states: f.States}
			if err := s.do(ctx, d, 0, 0); err != nil {
				return discarded, err
			}
			discarded += d.done
			ids = d.left
		}
		return discarded, nil
	})
}

// only are those of the states that are possible; all of these when there are
// none.
func only(states []gateway.State, possible ...gateway.State) []gateway.State {
	if len(states) == 0 {
		return possible
	}
	return slices.DeleteFunc(slices.Clone(states), func(s gateway.State) bool { return !slices.Contains(possible, s) })
}

type discarding struct {
	ids    []int64
	states []gateway.State // a delivery that is in none of them any more stays

	done int
	left []int64 // for a later step, since this one is large
}

func (x *discarding) apply(w *writer) error {
	x.done, x.left = 0, x.ids
	for size := int64(0); len(x.left) > 0 && size < sweptBytes; x.left = x.left[1:] {
		d, _, found, err := w.find(x.left[0])
		if err != nil {
			return err
		}
		if !found || !slices.Contains(x.states, d.state) {
			continue
		}
		if err := w.discard(d); err != nil {
			return err
		}
		size += d.size
		x.done++
	}
	return nil
}

// discard forgets a delivery, and its event with the last one. The next of its
// order can be given out then.
func (w *writer) discard(d stored) error {
	others, err := w.others(d)
	if err != nil {
		return err
	}
	open := others[gateway.Pending] + others[gateway.Delivering]
	if !settled(d.state) && open == 0 {
		w.totals.settle(d.size, 1)
	}
	switch {
	case open+others[gateway.Delivered]+others[gateway.Dead] == 0:
		err = w.remove(d)
	case open == 0:
		err = w.removeOne(d)
		if err == nil {
			err = w.shelve(d)
		}
	default:
		err = w.removeOne(d)
	}
	if err != nil || settled(d.state) {
		return err
	}
	return w.advance(d)
}

// removeOne forgets a delivery, but not its event.
func (w *writer) removeOne(d stored) error {
	for _, query := range [...]string{`DELETE FROM deliveries WHERE id = ?`, `DELETE FROM attempts WHERE delivery = ?`} {
		if err := prepare(w.conn, query).int(d.id).run(); err != nil {
			return err
		}
	}
	d.lane.add(d.state, -1)
	return nil
}
