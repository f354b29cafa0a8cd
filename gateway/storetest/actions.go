package storetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Append appends an entry, leased to us if it says so.
func (m *machine) Append(t *rapid.T) {
	e := m.entry(t, anyState)
	copied := copyEntry(e)
	claim, err := m.store.Append(t.Context(), e)
	want, wantErr := m.model.Append(t.Context(), copied)
	agree(t, "the claim", claim, err, want, wantErr)
	agree(t, "the appended deliveries", e.Deliveries, nil, copied.Deliveries, nil)
	for _, d := range e.Deliveries {
		if d.State == gateway.Delivering && claim == gateway.Ours {
			m.held = append(m.held, d)
		}
	}
}

// Note notes an entry.
func (m *machine) Note(t *rapid.T) {
	e := m.entry(t, rapid.SampledFrom([]gateway.State{gateway.Delivered, gateway.Dead}))
	m.store.Note(e)
	m.model.Note(e)
	m.bench.Flush(m.store)
}

// Pass lets time pass.
func (m *machine) Pass(t *rapid.T) { m.now = m.now.Add(pauses.Draw(t, "time")) }

// Lease leases what is due.
func (m *machine) Lease(t *rapid.T) {
	to, n, until := addresses.Draw(t, "address"), rapid.IntRange(1, 4).Draw(t, "n"), m.now.Add(pauses.Draw(t, "lease"))
	leased, next, err := m.store.Lease(t.Context(), to, m.now, until, n)
	want, wantNext, wantErr := m.model.Lease(t.Context(), to, m.now, until, n)
	agree(t, "what is leased", unloaded(leased), err, want, wantErr)
	agree(t, "the next", next, nil, wantNext, nil)
	m.held = append(m.held, leased...)
}

// unloaded takes the events away, which a store may have loaded or not.
func unloaded(ds []*gateway.Delivery) []*gateway.Delivery {
	for _, d := range ds {
		d.Event = nil
	}
	return ds
}

// Load loads the event of something that is or was leased.
func (m *machine) Load(t *rapid.T) {
	if len(m.held) == 0 {
		return
	}
	d := rapid.SampledFrom(m.held).Draw(t, "delivery")
	copied := copyDelivery(d)
	err := m.store.Load(t.Context(), d)
	wantErr := m.model.Load(t.Context(), copied)
	agree(t, "the event", d.Event, err, copied.Event, wantErr)
}

// Finish finishes something that is leased, or was.
func (m *machine) Finish(t *rapid.T) {
	if len(m.held) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.held)-1).Draw(t, "delivery")
	d := attempted(m.held[i], ended.Draw(t, "state"), m.now)
	d.Due = m.now.Add(pauses.Draw(t, "due"))
	forgotten, err := m.store.Finish(t.Context(), d)
	want, wantErr := m.model.Finish(t.Context(), d)
	agree(t, "forgotten", forgotten, err, want, wantErr)
	m.held = append(m.held[:i:i], m.held[i+1:]...)
}

// Known asks for a key.
func (m *machine) Known(t *rapid.T) {
	key := gateway.NewKey(fmt.Sprint("event ", rapid.IntRange(0, 30).Draw(t, "key")))
	known, err := m.store.Known(t.Context(), m.now, key)
	want, wantErr := m.model.Known(t.Context(), m.now, key)
	agree(t, "known", known, err, want, wantErr)
}

// List lists what a filter matches, and counts it.
func (m *machine) List(t *rapid.T) {
	f, limit := m.filter(t), rapid.IntRange(1, 5).Draw(t, "limit")
	n, err := m.store.Count(t.Context(), f)
	want, wantErr := m.model.Count(t.Context(), f)
	agree(t, "the count", n, err, want, wantErr)
	for more := true; more; {
		page, err := m.store.List(t.Context(), f, limit)
		want, wantErr := m.model.List(t.Context(), f, limit)
		agree(t, "the page", page.Deliveries, err, want.Deliveries, wantErr)
		agree(t, "whether there is another page", page.Next != 0, nil, want.Next != 0, nil)
		f.Before, more = page.Next, page.Next != 0
	}
}

// Show shows a delivery, or what was one.
func (m *machine) Show(t *rapid.T) {
	id := rapid.Int64Range(1, 20).Draw(t, "id")
	d, err := m.store.Show(t.Context(), id)
	want, wantErr := m.model.Show(t.Context(), id)
	agree(t, "the delivery", d, err, want, wantErr)
}

// Discard discards what a filter matches.
func (m *machine) Discard(t *rapid.T) {
	f, limit := m.filter(t), rapid.IntRange(1, 5).Draw(t, "limit")
	n, err := m.store.Discard(t.Context(), f, limit)
	want, wantErr := m.model.Discard(t.Context(), f, limit)
	agree(t, "the number discarded", n, err, want, wantErr)
}

// Replay replays what a filter matches.
func (m *machine) Replay(t *rapid.T) {
	f, limit, until := m.filter(t), rapid.IntRange(1, 5).Draw(t, "limit"), m.now.Add(pauses.Draw(t, "until"))
	n, err := m.store.Replay(t.Context(), f, m.now, until, limit)
	want, wantErr := m.model.Replay(t.Context(), f, m.now, until, limit)
	agree(t, "the number replayed", n, err, want, wantErr)
}

func (m *machine) filter(t *rapid.T) (f gateway.Filter) {
	f.States = rapid.SliceOfN(anyState, 0, 2).Draw(t, "states")
	f.Before = rapid.SampledFrom([]int64{0, 0, 5, 20}).Draw(t, "before")
	if rapid.Bool().Draw(t, "of a destination") {
		a := addresses.Draw(t, "address")
		f.Endpoint, f.Destination = a.Endpoint, a.Destination
	}
	if rapid.Bool().Draw(t, "of a time") {
		f.Since, f.Until = m.now.Add(-time.Minute), m.now
	}
	if rapid.Bool().Draw(t, "of an event") {
		f.Reference = rapid.SampledFrom([]string{"", "event 1", (&gateway.Event{Key: gateway.NewKey("event 0")}).Reference()}).Draw(t, "reference")
		f.Type = rapid.SampledFrom([]string{"", "order.paid"}).Draw(t, "type")
		f.Search = rapid.SampledFrom([]string{"", "VENT 1", "Made", "a"}).Draw(t, "search")
	}
	f.IDs = rapid.SliceOfN(rapid.Int64Range(1, 20), 0, 2).Draw(t, "ids")
	return f
}

// Sweep sweeps until nothing is left to do.
func (m *machine) Sweep(t *rapid.T) {
	m.now = m.now.Add(rapid.SampledFrom([]time.Duration{0, Retention / 2}).Draw(t, "time"))
	for more := true; more; {
		var err error
		more, err = m.store.Sweep(t.Context(), m.now)
		agree(t, "sweeping", more, err, more, nil)
	}
	_, _ = m.model.Sweep(t.Context(), m.now) // it does not fail
}

// Restart closes the store and opens it again.
func (m *machine) Restart(*rapid.T) {
	m.store = m.bench.Reopen(m.store)
	m.model.Reopen(m.now)
}

// Crash loses what is in memory: at most the entry noted last.
func (m *machine) Crash(t *rapid.T) {
	e := m.entry(t, rapid.Just(gateway.Delivered))
	highest := m.highest(t)
	known, err := m.store.Known(t.Context(), m.now, e.Event.Key)
	agree(t, "asking for a key", known, err, known, nil)
	m.store.Note(e)
	m.store = m.bench.Crash(m.store)
	m.model.Reopen(m.now)
	knownNow, err := m.store.Known(t.Context(), m.now, e.Event.Key)
	agree(t, "asking for a key", knownNow, err, knownNow, nil)
	if m.highest(t) > highest || knownNow && !known {
		m.model.Note(e)
	}
}

// highest is the id of the newest delivery.
func (m *machine) highest(t *rapid.T) int64 {
	page, err := m.store.List(t.Context(), gateway.Filter{}, 1)
	agree(t, "listing one", page, err, page, nil)
	if len(page.Deliveries) == 0 {
		return 0
	}
	return page.Deliveries[0].ID
}
