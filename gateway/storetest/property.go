package storetest

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A Bench is where RunModel has its stores: empty ones, without bounds, which
// keep settled events for Retention, and take the clock for now.
type Bench interface {
	// Open opens a new store.
	Open(t testing.TB, now func() time.Time) gateway.Store

	// Reopen closes the store and opens it again.
	Reopen(gateway.Store) gateway.Store

	// Crash leaves the store as if the machine had lost power, and opens what
	// is left of it.
	Crash(gateway.Store) gateway.Store

	// Flush waits until what has been noted is stored.
	Flush(gateway.Store)

	// Discard ends the store, for good.
	Discard(gateway.Store)
}

// RunModel does at random the same with stores and with Models, restarts and
// crashes included, and compares. It does so ten times; -rapid.checks=n is for
// more.
func RunModel(t *testing.T, b Bench) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set("10") // a number is what it takes
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{bench: b, now: Epoch, model: NewModel()}
		m.model.RetainFor = Retention
		m.store = b.Open(t, func() time.Time { return m.now })
		defer func() { b.Discard(m.store) }()
		rt.Repeat(rapid.StateMachineActions(m))
	})
}

// A machine is a store and its model, and what is known of both. Its exported
// methods are what can happen.
type machine struct {
	bench Bench
	store gateway.Store
	model *Model
	now   time.Time
	held  []*gateway.Delivery // leased at some time, and not finished since
}

var (
	addresses = rapid.SampledFrom([]gateway.Address{main, audit, {Endpoint: "github", Destination: "main"}})
	types     = rapid.SampledFrom([]string{"order.paid", "order.MADE", ""})
	orders    = rapid.SampledFrom([]string{"", "", "", "x", "y"})
	pauses    = rapid.SampledFrom([]time.Duration{0, 1, time.Second, 10 * time.Second, time.Minute, time.Hour})
	ended     = rapid.SampledFrom([]gateway.State{gateway.Pending, gateway.Delivered, gateway.Dead})
	anyState  = rapid.SampledFrom([]gateway.State{gateway.Pending, gateway.Delivering, gateway.Delivered, gateway.Dead})
)

// entry draws one: of few keys, so that they meet again.
func (m *machine) entry(t *rapid.T, states *rapid.Generator[gateway.State]) *gateway.Entry {
	e := &gateway.Entry{Event: Event(fmt.Sprint("event ", rapid.IntRange(0, 30).Draw(t, "key")))}
	e.Event.ReceivedAt = m.now
	e.Event.Type = types.Draw(t, "type")
	if rapid.IntRange(0, 3).Draw(t, "named") == 0 {
		e.Event.ID = ""
	}
	if rapid.IntRange(0, 2).Draw(t, "proven") == 0 {
		e.Event.Proof = gateway.NewKey(fmt.Sprint("event ", rapid.IntRange(0, 30).Draw(t, "proof")))
	}
	e.Event.Body = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")
	if rapid.IntRange(0, 5).Draw(t, "claimed") > 0 {
		e.Until = m.now.Add(pauses.Draw(t, "until"))
	}
	for range rapid.IntRange(0, 3).Draw(t, "deliveries") {
		e.Deliveries = append(e.Deliveries, m.delivery(t, states.Draw(t, "state")))
	}
	return e
}

func (m *machine) delivery(t *rapid.T, state gateway.State) *gateway.Delivery {
	d := &gateway.Delivery{Address: addresses.Draw(t, "address"), State: state, Order: orders.Draw(t, "order"), Due: m.now.Add(pauses.Draw(t, "due"))}
	if state != gateway.Pending {
		d.Attempt = 1
	}
	if !open(d) {
		d.Spent, d.LastAttempt = 1, gateway.Attempt{Number: 1, Start: m.now, Duration: time.Second, Status: 200, Reason: "x", Answer: []byte("ok")}
	}
	return d
}

func copyEntry(e *gateway.Entry) *gateway.Entry {
	copied := &gateway.Entry{Event: e.Event, Until: e.Until}
	for _, d := range e.Deliveries {
		copied.Deliveries = append(copied.Deliveries, copyDelivery(d))
	}
	return copied
}

// agree fails the test unless store and model gave the same.
func agree[T any](t *rapid.T, what string, got T, err error, want T, wantErr error) {
	t.Helper()
	if diff := diff(got, want); diff != "" {
		t.Fatalf("%s (-model +store):\n%s", what, diff)
	}
	if diff := diff(err, wantErr); diff != "" {
		t.Fatalf("the error of %s (-model +store):\n%s", what, diff)
	}
}

// Check compares all that is stored.
func (m *machine) Check(t *rapid.T) {
	list, err := m.store.List(t.Context(), gateway.Filter{}, 1000)
	want, wantErr := m.model.List(t.Context(), gateway.Filter{}, 1000)
	agree(t, "what is stored", list, err, want, wantErr)
	for _, d := range list.Deliveries {
		if d.LastAttempt.Number > 1 {
			attempts, err := m.store.Attempts(t.Context(), d.ID)
			want, wantErr := m.model.Attempts(t.Context(), d.ID)
			agree(t, "the attempts", attempts, err, want, wantErr)
		}
	}
	stats, err := m.store.Stats(t.Context(), m.now)
	stats.Bytes, stats.Disk = 0, nil // the model does not count, and has none
	wantStats, wantErr := m.model.Stats(t.Context(), m.now)
	agree(t, "the statistics", stats, err, wantStats, wantErr)
}
