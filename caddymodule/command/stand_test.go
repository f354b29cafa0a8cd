package command

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// A stand is the admin API over a real store, without a gateway.
type stand struct {
	t       *testing.T
	address string // for --address
	store   *sqlite.Store
	system  *admin.System
}

func newStand(t *testing.T) *stand {
	t.Helper()
	store, err := sqlite.Open(filepath.Join(t.TempDir(), "webhooks.db"), sqlite.Options{Now: time.Now, Limits: sqlite.Limits{RetainFor: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	worker := delivery.New(delivery.Options{Queue: store, Now: time.Now})
	t.Cleanup(func() { _ = worker.Stop(context.Background()) })
	s := &stand{t: t, store: store, system: &admin.System{
		Version: "test", Activity: activity.New(activity.Options{Now: time.Now}),
		Endpoints: []admin.Endpoint{{Name: "stripe", Provider: "stripe", Mode: "store", Destinations: []string{"default", "audit"}}},
		Engine: &admin.Engine{
			Store: store, Worker: worker, Path: "/var/lib/webhooks.db",
			Stats: gateway.Stats{Disk: &gateway.Disk{Free: 1 << 30, Reserve: 64 << 20}},
		},
	}}
	s.address = serve(t, admin.NewHandler(admin.Options{Source: func() *admin.System { return s.system }, Prefix: prefix, Backups: true, Now: time.Now}))
	return s
}

// serve returns the address of a server with the handler.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// execute runs a command that asks the stand.
func (s *stand) execute(args ...string) result {
	s.t.Helper()
	return execute(s.t, "", append(args, "--address", s.address)...)
}

// An event's parts, where a case is odd about them.
type stored struct {
	id, typ, body string
	state         gateway.State
	last          gateway.Attempt
}

// add stores n events with one delivery each, to stripe's default.
func (s *stand) add(n int, e stored) {
	s.t.Helper()
	if e.body == "" {
		e.body = `{"amount":100}`
	}
	for i := range n {
		id := e.id
		if n > 1 {
			id += fmt.Sprint(i)
		}
		now := time.Now()
		d := &gateway.Delivery{Address: gateway.Address{Endpoint: "stripe", Destination: "default"}, State: e.state, Due: now.Add(time.Hour), LastAttempt: e.last, Attempt: e.last.Number}
		_, err := s.store.Append(s.t.Context(), &gateway.Entry{Deliveries: []*gateway.Delivery{d}, Event: &gateway.Event{
			Key: gateway.NewKey(id), ID: id, Type: e.typ, Endpoint: "stripe", Provider: "stripe", ReceivedAt: now,
			Sender: netip.MustParseAddr("192.0.2.7"), Method: http.MethodPost, Target: "/stripe?x=1", Host: "hooks.example.com", TLS: true,
			Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(e.body),
		}})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// in returns how many deliveries are in a state.
func (s *stand) in(state gateway.State) int {
	s.t.Helper()
	n, err := s.store.Count(s.t.Context(), gateway.Filter{States: []gateway.State{state}})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// failed is an attempt that the application answered 503.
var failed = gateway.Attempt{Number: 1, Start: time.Now(), Duration: 12 * time.Millisecond, Status: 503, Reason: gateway.ReasonStatus, Error: "the application answered 503", Answer: []byte("down\x1b[31m")}
