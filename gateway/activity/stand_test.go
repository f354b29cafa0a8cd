package activity_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A stand is a real endpoint with a Log that is told everything: its store and
// its worker are real too. Its application is a function.
type stand struct {
	*testing.T
	*activity.Log
	gateway *gateway.Gateway
	verify  verify.Config
	heard   <-chan activity.Happening
	leave   func()
	stop    func() // the worker and the store
}

// An app answers for a destination with a status; 0: it is not reached.
type app func(destination string, attempt int) (status int)

// newStand returns an endpoint with destinations of these names. Retries do
// not wait.
func newStand(t *testing.T, durable bool, answer app, edit func(*gateway.Config), names ...string) *stand {
	t.Helper()
	s := &stand{T: t, Log: activity.New(activity.Options{Now: time.Now}), stop: func() {}}
	s.verify = verify.Config{Provider: "broxi", Secrets: []string{"a-secret-for-tests"}}
	c := gateway.Config{Name: "shop", Verify: s.verify, Breaker: gateway.Breaker{Off: true}}
	if durable {
		c.Retry.Attempts = 3
	}
	if edit != nil {
		edit(&c)
	}
	parts := gateway.Parts{
		Server: server{}, Durable: durable, Seen: gateway.NewSeen(0), Budget: gateway.NewBudget(1 << 20), Observer: s,
		Now: time.Now, Random: func() float64 { return 0 },
	}
	for _, name := range names {
		parts.Routes = append(parts.Routes, gateway.NamedRoute{Name: name, Route: route{name, answer}})
	}
	var err error
	if s.gateway, err = gateway.New(c, parts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.gateway.Close)
	if durable {
		s.open()
	}
	s.heard, s.leave = s.Listen()
	return s
}

// open gives the endpoint a store and a worker.
func (s *stand) open() {
	s.Helper()
	store, err := sqlite.Open(filepath.Join(s.TempDir(), "webhooks.db"), sqlite.Options{Now: time.Now, Limits: sqlite.Limits{RetainFor: time.Hour, Reserve: 1, CommitWithin: time.Minute}})
	if err != nil {
		s.Fatal(err)
	}
	w := delivery.New(delivery.Options{Queue: store, Observer: s, Now: time.Now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler)})
	w.Serve(s.gateway.Destinations()...)
	b := &gateway.Backing{Journal: store}
	for _, d := range s.gateway.Destinations() {
		b.Lanes = append(b.Lanes, w.Lane(d.Address))
	}
	s.gateway.Open(b)
	s.stop = func() {
		if err := w.Stop(context.Background()); err != nil {
			s.Error(err)
		}
		if err := store.Close(); err != nil {
			s.Error(err)
		}
	}
}

// send posts an event, genuine unless spoilt.
func (s *stand) send(id string, spoil func(http.Header)) {
	s.Helper()
	signer, err := verify.NewSigner(s.verify)
	if err != nil {
		s.Fatal(err)
	}
	body := `{"delivery_id":` + strconv.Quote(id) + `,"event":"order.paid"}`
	signed := &verify.Request{Method: http.MethodPost, URI: "/shop", Header: http.Header{}, Body: []byte(body)}
	if err := signer.Sign(time.Now(), signed); err != nil {
		s.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/shop?token=secret", strings.NewReader(body))
	r.Header = signed.Header
	if spoil != nil {
		spoil(r.Header)
	}
	_ = s.gateway.Serve(httptest.NewRecorder(), r) // the Log says how it went
}

// A server knows nothing.
type server struct{}

func (server) ClientIP(*http.Request) netip.Addr   { return netip.MustParseAddr("203.0.113.7") }
func (server) RequestURI(r *http.Request) string   { return r.RequestURI }
func (server) Admit(*http.Request, *gateway.Event) {}
func (server) Expand(template string, _ *http.Request, _ *gateway.Event) (string, bool) {
	return template, true
}

// A route is the way to an application.
type route struct {
	name   string
	answer app
}

func (r route) Pass(w http.ResponseWriter, rq *http.Request, e *gateway.Event) error {
	return r.Deliver(w, rq, e)
}

func (r route) Deliver(w http.ResponseWriter, _ *http.Request, e *gateway.Event) error {
	status := r.answer(r.name, e.Attempt)
	if status == 0 {
		return &gateway.Failure{Status: http.StatusBadGateway, Err: errors.New("connection refused")}
	}
	w.WriteHeader(status)
	return nil
}
