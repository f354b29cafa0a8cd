package sqlite

import (
	"context"
	"fmt"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/internal/failpoint"
)

// Finish is gateway.Queue's.
func (s *Store) Finish(ctx context.Context, d *gateway.Delivery) (forgotten bool, err error) {
	f := &finishing{delivery: *d}
	f.delivery.LastAttempt.Answer = append([]byte(nil), d.LastAttempt.Answer...)
	if err := s.do(ctx, f, int64(len(d.LastAttempt.Answer)), 0); err != nil {
		return false, err
	}
	return f.forgotten, f.err
}

type finishing struct {
	delivery  gateway.Delivery
	forgotten bool
	err       error
}

func (f *finishing) apply(w *writer) error {
	f.forgotten, f.err = false, nil
	d, attempt, found, err := w.find(f.delivery.ID)
	if err != nil {
		return err
	}
	if !found || d.state != gateway.Delivering || attempt != int64(f.delivery.Attempt) {
		f.err = fmt.Errorf("delivery %d, attempt %d: %w", f.delivery.ID, f.delivery.Attempt, gateway.ErrLeaseLost)
		return nil
	}
	if err := w.remember(d, int64(f.delivery.LastAttempt.Number)); err != nil {
		return err
	}
	failpoint.Hit("store.finish.inside")
	shelf, err := f.settle(w, d)
	if err != nil {
		return err
	}
	return f.update(w, d, shelf)
}

// remembered is how many attempts are, for one delivery: those by which a
// destination that is down is probed can be very many.
const remembered = 100

// remember keeps d's last attempt beside it, before another takes its place.
func (w *writer) remember(d stored, number int64) error {
	if d.number == 0 || d.number == number {
		return nil
	}
	err := prepare(w.conn, `INSERT OR REPLACE INTO attempts
		SELECT id, number, start, duration, status, reason, error, answer FROM deliveries WHERE id = ?`).int(d.id).run()
	if err != nil || number <= remembered {
		return err
	}
	return prepare(w.conn, `DELETE FROM attempts WHERE delivery = ? AND number <= ?`).int(d.id, number-remembered).run()
}

// settle sees to the event, if d was the last of its deliveries: it gets a
// place on the shelf, and its keys are free if all are dead.
func (f *finishing) settle(w *writer, d stored) (shelf int64, err error) {
	state := f.delivery.State
	if !settled(state) {
		return 0, nil
	}
	others, err := w.others(d)
	if err != nil || others[gateway.Pending]+others[gateway.Delivering] > 0 {
		return 0, err
	}
	w.totals.settle(d.size, 1)
	shelf = settledAt(d.received, &f.delivery.LastAttempt)
	if state == gateway.Dead || others[gateway.Dead] > 0 {
		shelf += deadShelf
	}
	if state == gateway.Dead && others[gateway.Delivered] == 0 {
		f.forgotten, err = w.forget(d.first, ended(&f.delivery.LastAttempt))
	}
	return shelf, err
}

// update writes what the delivery says of itself.
func (f *finishing) update(w *writer, d stored, shelf int64) error {
	place, err := w.place(d.lane, d.id, d.ordering, f.delivery.State)
	if err != nil {
		return err
	}
	b := prepare(w.conn, `UPDATE deliveries SET state = ?, spent = ?, due = ?, lane = ?, shelf = ?,
		number = ?, start = ?, duration = ?, status = ?, reason = ?, error = ?, answer = ? WHERE id = ?`).
		int(int64(f.delivery.State), int64(f.delivery.Spent), nanos(f.delivery.Due)).intOrNull(place).intOrNull(shelf)
	if err := attempt(b, &f.delivery.LastAttempt).int(d.id).run(); err != nil {
		return err
	}
	d.lane.move(gateway.Delivering, f.delivery.State)
	if settled(f.delivery.State) {
		return w.advance(d)
	}
	return nil
}

// forget releases the event's keys, and reports whether it may come again: not
// when another event has claimed its key in the meantime.
func (w *writer) forget(event, now int64) (bool, error) {
	k, err := w.keysOf(event)
	if err != nil {
		return false, err
	}
	free := true
	for _, key := range k.all() {
		v, err := w.keys.stagedHolder(w.conn, key)
		switch {
		case err != nil:
			return false, err
		case v.event == event:
			w.keys.stage(key, holding{})
		case key == k.key:
			free = v.until <= now
		}
	}
	return free, nil
}

func (w *writer) keysOf(event int64) (k keys, err error) {
	found, err := prepare(w.conn, `SELECT key FROM events WHERE id = ?`).int(event).one(func(s *engine.Stmt) { k.scan(s, 0) })
	if err == nil && !found {
		err = errBroken
	}
	return k, err
}
