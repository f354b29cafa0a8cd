package delivery_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

var shop = gateway.Address{Endpoint: "shop", Destination: "app"}

// A stand is a worker with a queue and an application, in a bubble. Its clock
// is the bubble's, off by what a test says.
type stand struct {
	*testing.T
	*delivery.Worker
	queue  queue
	random float64
	log    bytes.Buffer

	mu        sync.Mutex
	off       time.Duration
	made      int // deliveries
	attempts  []delivery.Attempt
	settled   []gateway.Delivery
	lost      int
	turned    []string // states of the breaker
	forgotten []gateway.Key
	surprise  func() // runs in Attempted, if not nil
}

// run runs a test in a bubble; the worker is stopped at its end.
func run(t *testing.T, test func(*stand)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stand{T: t, queue: queue{Model: storetest.NewModel()}}
		s.Worker = delivery.New(delivery.Options{
			Queue: &s.queue, Observer: s, Now: s.now,
			Random: func() float64 { return s.random },
			Forget: s.forget,
			Log:    slog.New(slog.NewTextHandler(&s.log, nil)),
		})
		test(s)
		s.stop()
	})
}

func (s *stand) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.off)
}

// pass lets time pass, and what is due then happen.
func (s *stand) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// stop stops the worker at once.
func (s *stand) stop() {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	_ = s.Stop(ctx) // whether attempts were under way is not what most tests are about
}

func (s *stand) Attempted(a delivery.Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts = append(s.attempts, a)
	if s.surprise != nil {
		s.surprise()
	}
}

func (s *stand) forget(k gateway.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgotten = append(s.forgotten, k)
}

func (s *stand) Settled(_ gateway.Address, d *gateway.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = append(s.settled, *d)
}

func (s *stand) Lost(gateway.Address, *gateway.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost++
}

func (s *stand) BreakerChanged(a gateway.Address, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turned = append(s.turned, a.Endpoint+" "+state)
}

// An app is a route to an application: status by status, of which the last one
// stays. It notes who came when.
type app struct {
	mu       sync.Mutex
	statuses []int
	came     []string
	numbers  []int // of the attempts, as the application sees them
	at       []time.Time
	header   http.Header
	hold     chan struct{} // if not nil, answers wait for it
	under    int
	most     int
}

func answering(statuses ...int) *app { return &app{statuses: statuses} }

func (a *app) Pass(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return a.Deliver(w, r, e)
}

func (a *app) Deliver(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	status := a.enter(e)
	defer a.leave()
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-r.Context().Done():
			return nil
		}
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	return nil
}

func (a *app) enter(e *gateway.Event) (status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.came = append(a.came, e.ID)
	a.numbers = append(a.numbers, e.Attempt)
	a.at = append(a.at, time.Now())
	a.under++
	a.most = max(a.most, a.under)
	status = a.statuses[0]
	if len(a.statuses) > 1 {
		a.statuses = a.statuses[1:]
	}
	return status
}

func (a *app) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.under--
}

// count is how often it was asked, while it may be asked again.
func (a *app) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.came)
}

// times are the instants at which the application was asked, since start.
func (a *app) times(start time.Time) (times []time.Duration) {
	for _, at := range a.at {
		times = append(times, at.Sub(start))
	}
	return times
}

// destination is one of the shop's with the route; changes are made to it.
func (s *stand) destination(route gateway.Route, changes ...func(*gateway.Destination)) *gateway.Destination {
	d := &gateway.Destination{
		Address: shop, Route: route, Timeout: 30 * time.Second, Now: s.now,
		Retry: gateway.Retry{}.WithDefaults(), Breaker: gateway.Breaker{Off: true},
	}
	for _, change := range changes {
		change(d)
	}
	return d
}

// store stores a delivery that is due now and wakes its lane, if there is one.
func (s *stand) store(changes ...func(*gateway.Delivery)) *gateway.Delivery {
	d := s.delivery()
	for _, change := range changes {
		change(d)
	}
	s.add(d)
	if l := s.Lane(d.Address); l != nil {
		l.Wake(d.Due)
	}
	return d
}

// stores stores n of them, at once.
func (s *stand) stores(n int) (all []*gateway.Delivery) {
	for range n {
		all = append(all, s.store())
	}
	return all
}

// add stores d, and wakes nobody.
func (s *stand) add(d *gateway.Delivery) *gateway.Delivery {
	claim, err := s.queue.Append(s.Context(), &gateway.Entry{Event: d.Event, Until: s.now().AddDate(1, 0, 0), Deliveries: []*gateway.Delivery{d}})
	if claim != gateway.Ours || err != nil {
		s.Fatalf("Append = %v, %v", claim, err)
	}
	return d
}

// delivery is a new one, of an event that came just now: e1, e2 and so on.
func (s *stand) delivery() *gateway.Delivery {
	s.made++
	id := fmt.Sprint("e", s.made)
	e := &gateway.Event{Key: gateway.NewKey(id), ID: id, ReceivedAt: s.now(), Method: http.MethodPost, Target: "/hook", Header: http.Header{}, Body: []byte("secret body")}
	return &gateway.Delivery{Event: e, Address: shop, ReceivedAt: s.now(), Due: s.now()}
}

// lane is the shop's.
func (s *stand) lane() *delivery.LaneState {
	for _, l := range s.Snapshot() {
		if l.Address == shop {
			return &l
		}
	}
	return nil
}

// A poisoned app panics at one event.
type poisoned struct {
	*app
	event string
}

func (p poisoned) Pass(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return p.Deliver(w, r, e)
}

func (p poisoned) Deliver(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	if e.ID == p.event {
		panic("poison")
	}
	return p.app.Deliver(w, r, e)
}
