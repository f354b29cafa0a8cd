package delivery_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// A tally is an application that refuses every third attempt, and counts what
// it accepted; and an observer that waits until so many are settled.
type tally struct {
	mu       sync.Mutex
	attempts int
	accepted map[string]int
	settled  sync.WaitGroup
	limit    int           // further attempts are held until they are broken off; 0: none is
	reached  chan struct{} // closed when the limit is
}

func newTally(limit, settled int) *tally {
	a := &tally{accepted: map[string]int{}, limit: limit, reached: make(chan struct{})}
	a.settled.Add(settled)
	return a
}

func (a *tally) Pass(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return a.Deliver(w, r, e)
}

func (a *tally) Deliver(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	a.mu.Lock()
	a.attempts++
	n := a.attempts
	if n == a.limit {
		close(a.reached)
	}
	a.mu.Unlock()
	switch {
	case a.limit > 0 && n > a.limit:
		<-r.Context().Done()
	case n%3 == 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		a.mu.Lock()
		a.accepted[e.ID]++
		a.mu.Unlock()
		w.WriteHeader(http.StatusOK)
	}
	return nil
}

func (a *tally) Attempted(delivery.Attempt)                 {}
func (a *tally) Settled(gateway.Address, *gateway.Delivery) { a.settled.Done() }
func (*tally) BreakerChanged(gateway.Address, string)       {}
func (a *tally) Lost(gateway.Address, *gateway.Delivery)    {}

// open opens the store at path, and a worker that delivers what is in it to the
// application. Retries do not wait.
func open(t *testing.T, path string, app *tally) (*sqlite.Store, *delivery.Worker) {
	t.Helper()
	store, err := sqlite.Open(path, sqlite.Options{Now: time.Now, Limits: sqlite.Limits{RetainFor: time.Hour, Reserve: 1, CommitWithin: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	w := delivery.New(delivery.Options{
		Queue: store, Observer: app, Now: time.Now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler),
	})
	w.Serve(&gateway.Destination{
		Address: shop, Route: app, Timeout: time.Minute, Now: time.Now, InFlight: 8,
		Retry: gateway.Retry{Attempts: 100}.WithDefaults(), Breaker: gateway.Breaker{Off: true},
	})
	return store, w
}

// take stores n events as a gateway does that answers before it delivers: with
// a place if there is one.
func take(t *testing.T, store gateway.Journal, lane gateway.Lane, n int) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			now, id := time.Now(), fmt.Sprint("e", i)
			e := &gateway.Event{Key: gateway.NewKey(id), ID: id, ReceivedAt: now, Method: http.MethodPost, Target: "/hook", Header: http.Header{"A": {"b"}}, Body: []byte(id)}
			d := &gateway.Delivery{Event: e, Address: shop, ReceivedAt: now, Due: now}
			place, ok := lane.Enter(now, false)
			if ok {
				d.State, d.Attempt, d.Due = gateway.Delivering, 1, now.Add(time.Minute)
			}
			if claim, err := store.Append(t.Context(), &gateway.Entry{Event: e, Until: now.Add(time.Hour), Deliveries: []*gateway.Delivery{d}}); claim != gateway.Ours || err != nil {
				t.Errorf("Append = %v, %v", claim, err)
			}
			if ok {
				lane.Carry(d, place, func() {})
			} else {
				lane.Wake(d.Due)
			}
		})
	}
	all.Wait()
}

func (a *tally) check(t *testing.T, before map[string]int, n int) {
	t.Helper()
	for i := range n {
		id := fmt.Sprint("e", i)
		if got := a.accepted[id] + before[id]; got != 1 {
			t.Errorf("%s was accepted %d times, want once", id, got)
		}
	}
}

func closeAll(t *testing.T, ctx context.Context, store *sqlite.Store, w *delivery.Worker) {
	t.Helper()
	_ = w.Stop(ctx) // whether something was broken off is the test's to know
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func TestWithSQLite(t *testing.T) {
	const n = 300
	app := newTally(0, n)
	store, w := open(t, filepath.Join(t.TempDir(), "hooks.db"), app)
	take(t, store, w.Lane(shop), n)
	app.settled.Wait()
	closeAll(t, t.Context(), store, w)
	app.check(t, nil, n)
}

// A restart in the middle repeats nothing that was accepted, and loses nothing.
func TestRestartWithSQLite(t *testing.T) {
	const n = 300
	path := filepath.Join(t.TempDir(), "hooks.db")
	first := newTally(n/2, n)
	store, w := open(t, path, first)
	take(t, store, w.Lane(shop), n)
	<-first.reached
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	closeAll(t, ended, store, w)

	second := newTally(0, n-len(first.accepted))
	store, w = open(t, path, second)
	second.settled.Wait()
	closeAll(t, t.Context(), store, w)
	second.check(t, first.accepted, n)
}
