package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// largest is how many bytes of an event the engine can take in one value, with
// room to spare.
const largest = 999_000_000

// Append is gateway.Journal's.
func (s *Store) Append(ctx context.Context, e *gateway.Entry) (gateway.Claim, error) {
	if n := len(e.Event.Body); n > largest {
		return 0, fmt.Errorf("%w for an event of %d bytes", gateway.ErrFull, n)
	}
	a := &appending{record: newRecord(e), late: e.Late}
	err := s.do(ctx, a, a.record.size(), s.limits.Load().CommitWithin)
	if err != nil {
		return 0, err // the record may still be in use
	}
	defer a.record.recycle()
	if a.err == nil && a.claim == gateway.Ours {
		for i, d := range e.Deliveries {
			d.EventID, d.ID, d.ReceivedAt = a.record.first, a.record.first+int64(i), e.Event.ReceivedAt
		}
	}
	return a.claim, a.err
}

// Note is gateway.Journal's.
func (s *Store) Note(e *gateway.Entry) {
	if s.limits.Load().RetainFor == 0 && !slices.ContainsFunc(e.Deliveries, dead) {
		e = &gateway.Entry{Event: e.Event, Until: e.Until}
	}
	s.queue.note(newRecord(e))
}

func dead(d *gateway.Delivery) bool { return d.State == gateway.Dead }

type appending struct {
	record *record
	late   func(id int64) // may be nil
	claim  gateway.Claim
	err    error
}

func (a *appending) apply(w *writer) (err error) {
	a.claim, a.err = gateway.Done, nil
	known, err := w.known(a.record)
	if err != nil || known {
		return err
	}
	a.claim, a.err = 0, w.limits.room(w.totals, a.record.size(), w.full)
	if a.err != nil {
		return nil
	}
	a.claim = gateway.Ours
	return w.take(a.record)
}

// room reports, as an error, that there is none for an event of the size.
func (l *Limits) room(t totals, size int64, full bool) error {
	switch {
	case full:
		return fmt.Errorf("%w: the disk is, but for the reserve of %d bytes", gateway.ErrFull, l.Reserve)
	case l.MaxEvents > 0 && t.unsettled >= l.MaxEvents:
		return fmt.Errorf("%w: %d events are waiting", gateway.ErrFull, t.unsettled)
	case l.MaxBytes > 0 && t.unsettledBytes+size > l.MaxBytes:
		return fmt.Errorf("%w: %d bytes are waiting", gateway.ErrFull, t.unsettledBytes)
	}
	return nil
}

// known reports whether one of the record's keys is claimed.
func (w *writer) known(r *record) (bool, error) {
	if r.until == 0 {
		return false, nil
	}
	for _, k := range r.keys.all() {
		v, err := w.keys.stagedHolder(w.conn, k)
		if err != nil || v.until > r.received {
			return err == nil, err
		}
	}
	return false, nil
}

// take claims the record's keys and stores its event.
func (w *writer) take(r *record) error {
	first, err := w.insert(r)
	if err == nil && r.until != 0 {
		for _, k := range r.keys.all() {
			w.keys.stage(k, holding{r.until, first})
		}
		w.keys.tell(r.received, w.store.now())
	}
	return err
}

// insert stores the record's event with its deliveries.
func (w *writer) insert(r *record) (first int64, err error) {
	if len(r.deliveries) == 0 {
		return 0, nil
	}
	r.first = w.next
	var column [2 * len(gateway.Key{})]byte
	err = prepare(w.conn, `INSERT INTO events VALUES (?, ?, ?, ?, ?)`).int(r.first).bytes(r.keys.column(column[:0])).int(r.sum).bytes(r.head).bytes(r.body).run()
	shelf := r.shelf()
	for i := range r.deliveries {
		if err == nil {
			err = w.insertDelivery(r, i, shelf)
		}
	}
	w.next += int64(len(r.deliveries))
	w.events++
	w.bytes += r.size()
	if shelf == 0 {
		w.settle(r.size(), -1)
	}
	return r.first, err
}

// insertDelivery stores the i-th. The last one has the event's place on the
// shelf.
func (w *writer) insertDelivery(r *record, i int, shelf int64) error {
	d := &r.deliveries[i]
	l, err := w.lane(w.conn, d.Address)
	if err != nil {
		return err
	}
	id := r.first + int64(i)
	place, err := w.place(l, id, ordering(d.Order), d.State)
	if err != nil {
		return err
	}
	if i < len(r.deliveries)-1 {
		shelf = 0
	}
	l.add(d.State, 1)
	b := prepare(w.conn, `INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`).
		int(id, int64(i), int64(len(r.deliveries)), l.id, int64(d.State), int64(d.Attempt), int64(d.Spent), nanos(d.Due), r.received, r.size()).
		intOrNull(place).intOrNull(shelf).intOrNull(ordering(d.Order))
	return attempt(b, &d.LastAttempt).int(r.reference, r.kind).run()
}

// attempt binds the columns of a last attempt.
func attempt(b *binding, a *gateway.Attempt) *binding {
	if a.Number == 0 {
		return b.null().null().null().null().null().null().null()
	}
	return b.int(int64(a.Number)).time(a.Start).int(int64(a.Duration), int64(a.Status)).text(a.Reason).text(a.Error).bytes(a.Answer)
}

// disown tells a caller who did not wait until his event was stored, or gives
// its leases back.
func (s *Store) disown(op operation) {
	a, ok := op.(*appending)
	if !ok || a.err != nil || a.claim != gateway.Ours || len(a.record.deliveries) == 0 {
		return
	}
	if a.late != nil {
		a.late(a.record.first)
		return
	}
	_ = s.queue.push(&call{operation: &disowning{a.record}, done: make(chan error, 1)}) // a store that is shut gives back all leases when it is opened
}

type disowning struct{ record *record }

func (d *disowning) apply(w *writer) error {
	for i, delivery := range d.record.deliveries {
		delivery.ID, delivery.State, delivery.Due = d.record.first+int64(i), gateway.Pending, instant(d.record.received)
		if err := (&finishing{delivery: delivery}).apply(w); err != nil { // one that is not leased stays as it is
			return err
		}
	}
	return nil
}
