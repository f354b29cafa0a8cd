package storetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// List is gateway.Archive's.
func (m *Model) List(_ context.Context, f gateway.Filter, limit int) (page gateway.Page, err error) {
	defer m.lock()()
	for i, d := range m.match(f) {
		if i >= limit {
			page.Next = d.ID + 1
			break
		}
		copied := m.load(d)
		copied.Event.Body = nil
		page.Deliveries = append(page.Deliveries, copied)
	}
	if limit <= 0 {
		page.Next = 0
	}
	return page, m.usable()
}

// load is a copy of d with its event.
func (m *Model) load(d *gateway.Delivery) *gateway.Delivery {
	copied := copyDelivery(d)
	copied.Event = copyEvent(m.events[d.EventID])
	copied.Event.Attempt = d.Attempt
	return copied
}

// Count is gateway.Archive's.
func (m *Model) Count(_ context.Context, f gateway.Filter) (int, error) {
	defer m.lock()()
	return len(m.match(f)), m.usable()
}

// Show is gateway.Archive's.
func (m *Model) Show(_ context.Context, id int64) (*gateway.Delivery, error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return nil, err
	}
	d := m.deliveries[id]
	if d == nil {
		return nil, gateway.ErrNotFound
	}
	return m.load(d), nil
}

// match are the deliveries that the filter selects, the newest first.
func (m *Model) match(f gateway.Filter) (list []*gateway.Delivery) {
	for _, id := range slices.Backward(m.sorted()) {
		if d := m.deliveries[id]; matches(f, d) && contains(f, m.events[d.EventID]) {
			list = append(list, d)
		}
	}
	return list
}

func matches(f gateway.Filter, d *gateway.Delivery) bool {
	return (len(f.IDs) == 0 || slices.Contains(f.IDs, d.ID)) &&
		(f.Before == 0 || d.ID < f.Before) &&
		(f.Endpoint == "" || f.Endpoint == d.Address.Endpoint) &&
		(f.Destination == "" || f.Destination == d.Address.Destination) &&
		(len(f.States) == 0 || slices.Contains(f.States, d.State)) &&
		!d.ReceivedAt.Before(f.Since) &&
		(f.Until.IsZero() || d.ReceivedAt.Before(f.Until))
}

// contains reports whether the event has what the filter asks of it.
func contains(f gateway.Filter, e *gateway.Event) bool {
	has := func(text string) bool { return strings.Contains(lower(text), lower(f.Search)) }
	return (f.Reference == "" || f.Reference == e.Reference()) &&
		(f.Type == "" || f.Type == e.Type) &&
		(has(e.Reference()) || has(e.Type) || has(string(e.Body)))
}

// lower is text with small ASCII letters, whatever else it is.
func lower(text string) string {
	b := []byte(text)
	for i := range b {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] |= 0x20
		}
	}
	return string(b)
}

// Attempts is gateway.Archive's.
func (m *Model) Attempts(_ context.Context, id int64) ([]gateway.Attempt, error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return nil, err
	}
	d := m.deliveries[id]
	if d == nil {
		return nil, gateway.ErrNotFound
	}
	list := slices.Clone(m.attempts[id])
	if d.LastAttempt.Number != 0 {
		list = append(list, copyDelivery(d).LastAttempt)
	}
	return list, nil
}

// Replay is gateway.Archive's.
func (m *Model) Replay(_ context.Context, f gateway.Filter, now, until time.Time, limit int) (n int, err error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return 0, err
	}
	for _, d := range m.match(f) {
		if n == limit || open(d) {
			continue
		}
		n++
		d.State, d.Due, d.ReplayedAt, d.Spent = gateway.Pending, now, now, 0
		delete(m.settled, d.EventID)
		for _, key := range m.events[d.EventID].Keys() {
			if !until.IsZero() && !m.claims[key].until.After(now) {
				m.claims[key] = claim{until, d.EventID}
			}
		}
	}
	return n, nil
}

// Discard is gateway.Archive's.
func (m *Model) Discard(_ context.Context, f gateway.Filter, limit int) (n int, err error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return 0, err
	}
	for _, d := range m.match(f) {
		if n == limit || d.State == gateway.Delivering {
			continue
		}
		n++
		delete(m.deliveries, d.ID)
		delete(m.attempts, d.ID)
		if len(m.of(d.EventID)) == 0 {
			m.remove(d.EventID)
		} else {
			m.settle(d.EventID)
		}
	}
	return n, nil
}

// Sweep is gateway.Archive's; here it does everything at once.
func (m *Model) Sweep(_ context.Context, now time.Time) (more bool, err error) {
	defer m.lock()()
	for event, at := range m.settled {
		if m.RetainFor > 0 && !at.After(now.Add(-m.RetainFor)) {
			m.remove(event)
		}
	}
	return false, m.usable()
}

func (m *Model) remove(event int64) {
	for _, d := range m.of(event) {
		delete(m.deliveries, d.ID)
		delete(m.attempts, d.ID)
	}
	delete(m.events, event)
	delete(m.settled, event)
}

// Stats is gateway.Archive's. Bytes is not counted.
func (m *Model) Stats(_ context.Context, now time.Time) (gateway.Stats, error) {
	defer m.lock()()
	if err := m.usable(); err != nil {
		return gateway.Stats{Health: gateway.Closed, Err: err}, err
	}
	s := gateway.Stats{Events: int64(len(m.events)), Unsettled: int64(m.unsettled()), Lanes: make(map[gateway.Address]gateway.LaneStats)}
	if m.MaxEvents > 0 && m.unsettled() >= m.MaxEvents {
		s.Health, s.Err = gateway.Full, gateway.ErrFull
	}
	for a := range m.lanes {
		s.Lanes[a] = m.lane(a)
	}
	return s, nil
}

func (m *Model) lane(a gateway.Address) (l gateway.LaneStats) {
	for _, id := range m.sorted() {
		d := m.deliveries[id]
		if d.Address != a {
			continue
		}
		l.Count[d.State]++
		if open(d) && l.Oldest.IsZero() {
			l.Oldest = d.ReceivedAt
		}
		if (d.State == gateway.Delivering || d.State == gateway.Pending && !m.behind(d)) && (l.Due.IsZero() || d.Due.Before(l.Due)) {
			l.Due = d.Due
		}
	}
	return l
}
