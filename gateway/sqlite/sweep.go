package sqlite

import (
	"context"
	"math"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/internal/failpoint"
)

// How much is swept in one step.
const (
	sweptEvents = 200
	sweptBytes  = 8 << 20
)

// Sweep is gateway.Archive's. Expired keys are forgotten where new ones are
// added to them: until then they do no harm.
func (s *Store) Sweep(ctx context.Context, now time.Time) (more bool, err error) {
	sweep := &sweeping{now: now}
	if err := s.do(ctx, sweep, 0, 0); err != nil {
		return false, err
	}
	return sweep.more, nil
}

type sweeping struct {
	now  time.Time
	more bool
}

func (s *sweeping) apply(w *writer) error {
	s.more = false
	failpoint.Hit("store.sweep")
	room := sweptEvents
	for _, shelf := range [...]struct {
		from   int64
		retain time.Duration
	}{{0, w.limits.RetainFor}, {deadShelf, max(w.limits.RetainFor, w.limits.RetainDead)}} {
		n, err := w.sweep(shelf.from, shelf.from+s.now.Add(-shelf.retain).UnixNano(), room, math.MaxInt64)
		if err != nil {
			return err
		}
		room -= n
	}
	over := w.bytes - w.unsettledBytes - w.limits.RetainBytes
	if w.limits.RetainBytes > 0 && over > 0 {
		n, err := w.sweep(0, math.MaxInt64, room, over)
		if err != nil {
			return err
		}
		room -= n
	}
	s.more = room <= 0
	return nil
}

// sweep removes events from the shelf, between two places: at most n of them,
// and not many more bytes than asked for.
func (w *writer) sweep(from, to int64, n int, size int64) (swept int, err error) {
	var found []stored
	size = min(size, sweptBytes)
	err = prepare(w.conn, `SELECT id - nth, siblings, size FROM deliveries WHERE shelf BETWEEN ? AND ? ORDER BY shelf LIMIT ?`).
		int(from, to, int64(n)).each(func(s *engine.Stmt) {
		if size > 0 {
			found = append(found, stored{first: s.ColumnInt64(0), siblings: s.ColumnInt64(1), size: s.ColumnInt64(2)})
			size -= s.ColumnInt64(2)
		}
	})
	for _, d := range found {
		if err == nil {
			err = w.remove(d)
		}
	}
	if size <= 0 && err == nil {
		return n, nil // as if it were all: there may be more
	}
	return len(found), err
}

// remove forgets an event.
func (w *writer) remove(d stored) error {
	last := d.first + d.siblings - 1
	for _, query := range [...]string{
		`DELETE FROM events WHERE id BETWEEN ? AND ?`,
		`DELETE FROM attempts WHERE delivery BETWEEN ? AND ?`,
	} {
		if err := prepare(w.conn, query).int(d.first, last).run(); err != nil {
			return err
		}
	}
	err := prepare(w.conn, `SELECT destination, state FROM deliveries WHERE id BETWEEN ? AND ?`).int(d.first, last).each(func(s *engine.Stmt) {
		if l := w.byID[s.ColumnInt64(0)]; l != nil {
			l.count[s.ColumnInt64(1)&3]--
			l.changed = true
		}
	})
	if err != nil {
		return err
	}
	w.events--
	w.bytes -= d.size
	return prepare(w.conn, `DELETE FROM deliveries WHERE id BETWEEN ? AND ?`).int(d.first, last).run()
}
