package gateway_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

var t0 = gateway.T0

// A route is what the application does.
type route func(w http.ResponseWriter, r *http.Request, e *gateway.Event) error

func (f route) Pass(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return f.Deliver(w, r, e)
}

func (f route) Deliver(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return f(w, r, e)
}

// An endpoint is a durable gateway whose clock is at t0. All of its
// destinations have the same application; the first is called app, the others
// b, c, ...
type endpoint struct {
	*gateway.Gateway
	config gateway.Config
	parts  gateway.Parts
	store  *journal
	lanes  []*lane
	app    route        // what the application does; nil: it must not be asked
	asked  atomic.Int64 // how often it was

	mu       sync.Mutex
	admitted []*gateway.Event // what the server was told, in order
	outcomes []gateway.Outcome
}

// newEndpoint returns an endpoint with n destinations, changed by edit.
func newEndpoint(t *testing.T, n int, edit func(*gateway.Config)) *endpoint {
	t.Helper()
	e := &endpoint{store: &journal{Model: storetest.NewModel()}}
	e.config = gateway.Config{Name: "test", Verify: verify.Config{Provider: "broxi", Secrets: []string{gateway.Secret}}}
	if edit != nil {
		edit(&e.config)
	}
	e.parts = gateway.Parts{
		Server: e, Durable: true, Seen: gateway.NewSeen(0), Budget: gateway.NewBudget(1 << 20), Observer: e,
		Now: func() time.Time { return t0 }, Random: func() float64 { return 0.5 },
	}
	for _, name := range []string{"app", "b", "c"}[:n] {
		e.parts.Routes = append(e.parts.Routes, gateway.NamedRoute{Name: name, Route: route(e.deliver)})
		e.lanes = append(e.lanes, newLane())
	}
	for _, l := range e.config.RateLimits {
		e.parts.Limiters = append(e.parts.Limiters, l.Limit.Limiter(0))
	}
	e.open(t)
	return e
}

// open makes the gateway, and makes it durable.
func (e *endpoint) open(t *testing.T) {
	t.Helper()
	g, err := gateway.New(e.config, e.parts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	g.Open(e.backing())
	e.Gateway = g
}

func (e *endpoint) backing() *gateway.Backing {
	b := &gateway.Backing{Journal: e.store}
	for _, l := range e.lanes {
		b.Lanes = append(b.Lanes, l)
	}
	return b
}

// restart is a new process with the same store: memory is empty.
func (e *endpoint) restart(t *testing.T) {
	t.Helper()
	e.parts.Seen = gateway.NewSeen(0)
	e.open(t)
}

func (e *endpoint) deliver(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
	e.asked.Add(1)
	return e.app(w, r, ev)
}

// ClientIP and the methods that follow are those of gateway.Server.
func (e *endpoint) ClientIP(*http.Request) netip.Addr { return netip.MustParseAddr("203.0.113.7") }

func (e *endpoint) RequestURI(r *http.Request) string { return r.RequestURI }

func (e *endpoint) Expand(template string, _ *http.Request, ev *gateway.Event) (string, bool) {
	path := strings.TrimSuffix(strings.TrimPrefix(template, "{webhook.body."), "}")
	return ev.Lookup(path)
}

func (e *endpoint) Admit(_ *http.Request, ev *gateway.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.admitted = append(e.admitted, ev)
}

// Observe is gateway.Observer's.
func (e *endpoint) Observe(o *gateway.Outcome) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.outcomes = append(e.outcomes, *o)
}

// outcome is that of the last request.
func (e *endpoint) outcome() gateway.Outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.outcomes[len(e.outcomes)-1]
}

// An answer is what a sender gets.
type answer struct {
	*httptest.ResponseRecorder
	broken bool // the connection was broken off
}

// send posts the event with the delivery id.
func (e *endpoint) send(id string) answer { return e.serve(gateway.Signed(gateway.BodyOf(id))) }

// serve answers refusals and failures, and breaks off, as a server does.
func (e *endpoint) serve(r *http.Request) (a answer) {
	a.ResponseRecorder = httptest.NewRecorder()
	defer func() {
		switch value := recover(); value {
		case nil:
		case http.ErrAbortHandler:
			a.broken = true
		default:
			panic(value)
		}
	}()
	var refusal *gateway.Refusal
	var failure *gateway.Failure
	switch err := e.Serve(a, r); {
	case errors.As(err, &refusal):
		refusal.Respond(a)
	case errors.As(err, &failure):
		http.Error(a, "", failure.Status)
	}
	return a
}

// stored describes the deliveries in the store, the first one first.
func (e *endpoint) stored(t *testing.T) string {
	t.Helper()
	page, err := e.store.List(t.Context(), gateway.Filter{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range slices.Backward(page.Deliveries) {
		line := fmt.Sprintf("%s %v %d/%d", d.Address.Destination, d.State, d.Spent, d.Attempt)
		if d.State == gateway.Pending || d.State == gateway.Delivering {
			line += fmt.Sprintf(" due %v", d.Due.Sub(t0))
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ", ")
}

// knows reports whether the store has a claim of the delivery id.
func (e *endpoint) knows(t *testing.T, id string) bool {
	t.Helper()
	known, err := e.store.Model.Known(t.Context(), t0, gateway.NewKey("test", id))
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// A journal is a store that can be told to fail. It does nothing for a sender
// who is gone.
type journal struct {
	*storetest.Model
	err    error  // of Append
	known  error  // of Known
	before func() // called by Append, if it is not nil
}

func (j *journal) Append(ctx context.Context, e *gateway.Entry) (gateway.Claim, error) {
	if j.before != nil {
		j.before()
	}
	if err := cmp.Or(ctx.Err(), j.err); err != nil {
		return 0, err
	}
	return j.Model.Append(ctx, e)
}

func (j *journal) Known(ctx context.Context, now time.Time, k gateway.Key) (bool, error) {
	if err := cmp.Or(ctx.Err(), j.known); err != nil {
		return false, err
	}
	return j.Model.Known(ctx, now, k)
}

// says is an application that answers with the status.
func says(status int) route {
	return func(w http.ResponseWriter, _ *http.Request, _ *gateway.Event) error {
		w.WriteHeader(status)
		_, err := w.Write([]byte("from the application"))
		return err
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
