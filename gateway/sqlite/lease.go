package sqlite

import (
	"cmp"
	"context"
	"slices"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Lease is gateway.Queue's.
func (s *Store) Lease(ctx context.Context, to gateway.Address, now, until time.Time, n int) ([]*gateway.Delivery, time.Time, error) {
	l := &leasing{to: to, now: nanos(now), until: nanos(until), n: n}
	if err := s.do(ctx, l, 0, 0); err != nil {
		return nil, time.Time{}, err
	}
	s.preload(ctx, l.leased)
	return l.leased, instant(l.next), nil
}

type leasing struct {
	to         gateway.Address
	now, until int64
	n          int

	leased []*gateway.Delivery
	next   int64
}

func (l *leasing) apply(w *writer) error {
	l.leased, l.next = nil, 0
	lane := w.lanes[l.to]
	if lane == nil || lane.open() == 0 || l.n <= 0 {
		return nil
	}
	for _, place := range [...]int64{lane.id, -lane.id} {
		if err := l.collect(w, place); err != nil {
			return err
		}
	}
	slices.SortStableFunc(l.leased, func(a, b *gateway.Delivery) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	l.leased = l.leased[:min(len(l.leased), l.n)]
	for _, d := range l.leased {
		if err := l.take(w, lane, d); err != nil {
			return err
		}
	}
	if len(l.leased) < l.n {
		return l.lookAhead(w, lane)
	}
	return nil
}

// collect finds what is due: of those waiting and of those whose lease has ended.
func (l *leasing) collect(w *writer, place int64) error {
	return prepare(w.conn, `SELECT `+deliveryColumns+` FROM deliveries d WHERE lane = ? AND due <= ? AND (ordering IS NULL OR NOT EXISTS
		(SELECT 1 FROM deliveries o WHERE o.destination = d.destination AND o.ordering = d.ordering AND o.state < 2 AND o.id < d.id))
		ORDER BY due, id LIMIT ?`).int(place, l.now, int64(l.n)).each(func(s *engine.Stmt) {
		l.leased = append(l.leased, scanDelivery(s, l.to))
	})
}

func (l *leasing) take(w *writer, lane *lane, d *gateway.Delivery) error {
	lane.move(d.State, gateway.Delivering)
	d.State, d.Since, d.Due = gateway.Delivering, d.Due, instant(l.until)
	d.Attempt++
	return prepare(w.conn, `UPDATE deliveries SET state = 1, attempt = ?, due = ?, lane = ? WHERE id = ?`).int(int64(d.Attempt), l.until, -lane.id, d.ID).run()
}

func (l *leasing) lookAhead(w *writer, lane *lane) error {
	for _, place := range [...]int64{lane.id, -lane.id} {
		_, err := prepare(w.conn, `SELECT due FROM deliveries WHERE lane = ? AND due > ? ORDER BY due LIMIT 1`).int(place, l.now).one(func(s *engine.Stmt) {
			if due := s.ColumnInt64(0); l.next == 0 || due < l.next {
				l.next = due
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const deliveryColumns = `id, id - nth, state, attempt, spent, due, received, replayed, ordering, number, start, duration, status, reason, error, answer`

// scanDelivery reads the deliveryColumns.
func scanDelivery(s *engine.Stmt, a gateway.Address) *gateway.Delivery {
	d := &gateway.Delivery{
		ID: s.ColumnInt64(0), EventID: s.ColumnInt64(1), Address: a, State: gateway.State(s.ColumnInt64(2) & 3),
		Attempt: s.ColumnInt(3), Spent: s.ColumnInt(4), Due: instant(s.ColumnInt64(5)), ReceivedAt: instant(s.ColumnInt64(6)),
		ReplayedAt: instant(s.ColumnInt64(7)), Order: orderName(s.ColumnInt64(8)),
	}
	if !s.ColumnIsNull(9) {
		d.LastAttempt = scanAttempt(s, 9)
	}
	return d
}

// scanAttempt reads the columns from number on.
func scanAttempt(s *engine.Stmt, from int) gateway.Attempt {
	return gateway.Attempt{
		Number: s.ColumnInt(from), Start: instant(s.ColumnInt64(from + 1)), Duration: time.Duration(s.ColumnInt64(from + 2)),
		Status: s.ColumnInt(from + 3), Reason: s.ColumnText(from + 4), Error: s.ColumnText(from + 5), Answer: blob(s, from+6),
	}
}
