package admin_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

const prefix = "/webhook_gateway"

var (
	shop  = gateway.Address{Endpoint: "shop", Destination: "app"}
	audit = gateway.Address{Endpoint: "shop", Destination: "audit"}
	git   = gateway.Address{Endpoint: "git", Destination: "app"}
)

// A stand is a gateway's store and worker, and the API on a server. Whatever
// the API answers is held against its description.
type stand struct {
	*testing.T
	contract *contract
	handler  http.Handler
	server   *httptest.Server
	store    *sqlite.Store
	worker   *delivery.Worker
	log      *activity.Log
	folder   string
	start    time.Time // when the first event is received

	mu     sync.Mutex
	system *admin.System
	made   int
}

// open begins one without events. Nothing is in service yet.
func open(t *testing.T, changes ...func(*admin.Options)) *stand {
	t.Helper()
	s := &stand{T: t, contract: openContract(t), folder: t.TempDir(), start: time.Now().Add(-time.Hour)}
	path := filepath.Join(s.folder, "hooks.db")
	var err error
	s.store, err = sqlite.Open(path, sqlite.Options{Now: time.Now, Limits: sqlite.Limits{RetainFor: time.Hour, Reserve: 1, CommitWithin: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	s.log = activity.New(activity.Options{Now: time.Now})
	s.worker = delivery.New(delivery.Options{
		Queue: s.store, Observer: s.log, Now: time.Now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler),
	})
	s.system = &admin.System{
		Version: "v1.2.3", Activity: s.log, Engine: &admin.Engine{Store: s.store, Worker: s.worker, Path: path},
		Endpoints: []admin.Endpoint{
			{Name: "shop", Provider: "stripe", Title: "Stripe", Mode: "store", Destinations: []string{"app", "audit"}},
			{Name: "git", Provider: "github", Title: "GitHub", Mode: "proxy", Destinations: []string{"app"}},
		},
	}
	o := admin.Options{Source: s.source, Prefix: prefix, Backups: true, Now: time.Now}
	for _, change := range changes {
		change(&o)
	}
	s.handler = admin.NewHandler(o)
	s.server = httptest.NewServer(s.handler)
	t.Cleanup(s.close)
	return s
}

func (s *stand) close() {
	s.server.Close()
	if err := s.worker.Stop(context.Background()); err != nil {
		s.Error(err)
	}
	if err := s.store.Close(); err != nil {
		s.Error(err)
	}
}

// source is the system, with fresh figures unless a test has set some.
func (s *stand) source() *admin.System {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.system == nil || s.system.Engine == nil || s.system.Engine.Stats.Health != gateway.Ready {
		return s.system
	}
	system, engine := *s.system, *s.system.Engine
	var err error
	if engine.Stats, err = s.store.Stats(context.Background(), time.Now()); err != nil {
		s.Error(err)
	}
	system.Engine = &engine
	return &system
}

// set changes what runs.
func (s *stand) set(change func(*admin.System)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.system)
}

// stop has nothing run any more.
func (s *stand) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.system = nil
}

// add stores an event with a delivery to each address, all in the state. Each
// event is received a second after the one before.
func (s *stand) add(state gateway.State, change func(*gateway.Event), to ...gateway.Address) (ids []string) {
	s.Helper()
	s.made++
	at := s.start.Add(time.Duration(s.made) * time.Second)
	name := "evt_" + string(rune('a'-1+s.made%26)) + time.Duration(s.made).String()
	e := &gateway.Event{
		Key: gateway.NewKey(name), ID: name, Type: "order.paid", Endpoint: to[0].Endpoint, Provider: "stripe", ReceivedAt: at,
		Sender: netip.MustParseAddr("192.0.2.7"), Method: http.MethodPost, Target: "/hook", Host: "hooks.example.com",
		Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"name":"` + name + `"}`),
	}
	if change != nil {
		change(e)
	}
	entry := &gateway.Entry{Event: e, Until: time.Now().Add(time.Hour)}
	for _, a := range to {
		d := &gateway.Delivery{Event: e, Address: a, ReceivedAt: e.ReceivedAt, Due: at}
		if state != gateway.Pending {
			d.State, d.Attempt, d.Due = gateway.Delivering, 1, time.Now().Add(time.Hour)
		}
		entry.Deliveries = append(entry.Deliveries, d)
	}
	if claim, err := s.store.Append(s.Context(), entry); claim != gateway.Ours || err != nil {
		s.Fatalf("Append = %v, %v", claim, err)
	}
	for _, d := range entry.Deliveries {
		s.settle(d, state)
		ids = append(ids, id(d))
	}
	return ids
}

// settle ends the delivery's attempt, if it has ended in the state.
func (s *stand) settle(d *gateway.Delivery, state gateway.State) {
	if state == gateway.Pending || state == gateway.Delivering {
		return
	}
	d.State, d.Spent = state, 1
	d.LastAttempt = gateway.Attempt{Number: 1, Start: s.start, Duration: 1500 * time.Millisecond, Status: 200, Answer: []byte("ok\xff")}
	if state == gateway.Dead {
		d.LastAttempt.Status, d.LastAttempt.Reason, d.LastAttempt.Error = 400, gateway.ReasonStatus, "the application answered 400"
	}
	if _, err := s.store.Finish(s.Context(), d); err != nil {
		s.Fatal(err)
	}
}

// id is the delivery's as the API writes it.
func id(d *gateway.Delivery) string {
	text, _ := json.Marshal(d.ID)
	return string(text)
}

// request makes one with a body, if it has one, in JSON.
func (s *stand) request(method, path, body string) *http.Request {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.server.URL+prefix+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// A reply is an answer that was read to its end.
type reply struct {
	*http.Response
	body []byte
}

// do makes the request and holds the answer against the API's description.
func (s *stand) do(r *http.Request) reply {
	s.Helper()
	answer, err := s.server.Client().Do(r)
	if err != nil {
		s.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		s.Fatal(err)
	}
	s.contract.check(s.T, r, answer, body)
	return reply{answer, body}
}

// ask makes the request, wants the status and reads the answer, unless into is
// nil.
func (s *stand) ask(r *http.Request, want int, into any) {
	s.Helper()
	answer := s.do(r)
	if answer.StatusCode != want {
		s.Fatalf("%s %s = %d %s, want %d", r.Method, r.URL, answer.StatusCode, answer.body, want)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(answer.body, into); err != nil {
		s.Fatalf("%s: %v", answer.body, err)
	}
}

func (s *stand) get(path string, into any) {
	s.Helper()
	s.ask(s.request(http.MethodGet, path, ""), http.StatusOK, into)
}

func (s *stand) post(path, body string, into any) {
	s.Helper()
	s.ask(s.request(http.MethodPost, path, body), http.StatusOK, into)
}

// refused wants an error that has the words in it.
func (s *stand) refused(method, path, body string, status int, words string) {
	s.Helper()
	var e admin.Error
	s.ask(s.request(method, path, body), status, &e)
	if !strings.Contains(e.Error, words) {
		s.Errorf("%s %s: error %q, want %q in it", method, path, e.Error, words)
	}
}

// An app takes what is delivered to it.
type app struct {
	mu   sync.Mutex
	took []string
}

func (a *app) Pass(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return a.Deliver(w, r, e)
}

func (a *app) Deliver(w http.ResponseWriter, _ *http.Request, e *gateway.Event) error {
	a.mu.Lock()
	a.took = append(a.took, e.ID)
	a.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serve puts the addresses into service. What is delivered is heard of from
// the channel.
func (s *stand) serve(to ...gateway.Address) (happenings <-chan activity.Happening) {
	happenings, leave := s.log.Listen()
	s.Cleanup(leave)
	for _, a := range to {
		s.worker.Serve(&gateway.Destination{
			Address: a, Route: &app{}, Timeout: time.Minute, Now: time.Now, InFlight: 8,
			Retry: gateway.Retry{}.WithDefaults(), Breaker: gateway.Breaker{Off: true},
		})
	}
	return happenings
}
