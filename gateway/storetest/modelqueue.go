package storetest

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Lease is gateway.Queue's.
func (m *Model) Lease(_ context.Context, to gateway.Address, now, until time.Time, n int) (leased []*gateway.Delivery, next time.Time, err error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return nil, next, err
	}
	due := m.due(to, now)
	for _, d := range due[:min(len(due), n)] {
		given := copyDelivery(d)
		d.State, d.Due = gateway.Delivering, until
		d.Attempt++
		given.State, given.Since, given.Due, given.Attempt = d.State, given.Due, d.Due, d.Attempt
		leased = append(leased, given)
	}
	if len(leased) < n {
		next = m.nextDue(to, now)
	}
	return leased, next, nil
}

// due are the deliveries that can be given out.
func (m *Model) due(to gateway.Address, now time.Time) (list []*gateway.Delivery) {
	for _, d := range m.deliveries {
		if d.Address == to && open(d) && !d.Due.After(now) && !m.behind(d) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b *gateway.Delivery) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return list
}

// Shift has what is Pending follow a clock that was put back to now by so much:
// what was put off is due as much earlier, and what was due is due now.
func (m *Model) Shift(now time.Time, by time.Duration) {
	defer m.lock()()
	for _, d := range m.deliveries {
		if d.State != gateway.Pending || !d.Due.After(now) {
			continue
		}
		if d.Due = d.Due.Add(-by); d.Due.Before(now) {
			d.Due = now
		}
	}
}

// nextDue is when the first is due that is not at now.
func (m *Model) nextDue(to gateway.Address, now time.Time) (next time.Time) {
	for _, d := range m.deliveries {
		waits := d.State == gateway.Delivering || d.State == gateway.Pending && !m.behind(d)
		if d.Address == to && waits && d.Due.After(now) && (next.IsZero() || d.Due.Before(next)) {
			next = d.Due
		}
	}
	return next
}

// behind reports whether an older one of the same order must come first.
func (m *Model) behind(d *gateway.Delivery) bool {
	for _, o := range m.deliveries {
		if d.Order != "" && o.Order == d.Order && o.Address == d.Address && open(o) && o.ID < d.ID {
			return true
		}
	}
	return false
}

func copyDelivery(d *gateway.Delivery) *gateway.Delivery {
	copied := *d
	copied.LastAttempt.Answer = bytes.Clone(d.LastAttempt.Answer)
	return &copied
}

// Load is gateway.Queue's.
func (m *Model) Load(_ context.Context, d *gateway.Delivery) error {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return err
	}
	e := m.events[d.EventID]
	if e == nil {
		return gateway.ErrNotFound
	}
	d.Event = copyEvent(e)
	d.Event.Attempt = d.Attempt
	return nil
}

// Finish is gateway.Queue's.
func (m *Model) Finish(_ context.Context, f *gateway.Delivery) (forgotten bool, err error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return false, err
	}
	d := m.deliveries[f.ID]
	if d == nil || d.State != gateway.Delivering || d.Attempt != f.Attempt {
		return false, gateway.ErrLeaseLost
	}
	if d.LastAttempt.Number != 0 && d.LastAttempt.Number != f.LastAttempt.Number {
		m.attempts[d.ID] = append(m.attempts[d.ID], d.LastAttempt)
	}
	d.State, d.Spent, d.Due, d.LastAttempt = f.State, f.Spent, f.Due, copyDelivery(f).LastAttempt
	m.settle(d.EventID)
	return m.forget(d, d.LastAttempt.Start.Add(d.LastAttempt.Duration)), nil
}

// forget releases the keys of d's event, if all its deliveries are dead. The
// first one counts as the event's.
func (m *Model) forget(d *gateway.Delivery, now time.Time) bool {
	for _, o := range m.of(d.EventID) {
		if o.State != gateway.Dead {
			return false
		}
	}
	e := m.events[d.EventID]
	for _, key := range e.Keys() {
		if m.claims[key].event == d.EventID {
			delete(m.claims, key)
		}
	}
	return !m.claims[e.Key].until.After(now)
}
