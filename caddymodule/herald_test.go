package caddymodule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func init() { caddy.RegisterModule(new(hearer)) }

// A hearer is a handler of events that hands them to the test.
type hearer struct{}

var heard = make(chan caddy.Event, 16)

func (*hearer) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "events.handlers.hearer", New: func() caddy.Module { return new(hearer) }}
}

func (*hearer) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }

// Handle implements caddyevents.Handler.
func (*hearer) Handle(_ context.Context, e caddy.Event) error {
	if strings.HasPrefix(e.Name(), "webhook_gateway.") {
		heard <- e
	}
	return nil
}

var _ caddyevents.Handler = (*hearer)(nil)

// hearing is the global options that have events heard.
func hearing(t *testing.T) string {
	t.Helper()
	return "\tevents {\n\t\ton " + eventDeadLettered + " hearer\n\t\ton " + eventBreakerOpened + " hearer\n\t\ton " + eventBreakerClosed + " hearer\n\t\ton " + eventStoreFailed + " hearer\n\t}\n" + keeping(t)
}

func wantHeard(t *testing.T, name string, data map[string]any) {
	t.Helper()
	e := <-heard
	if e.Name() != name || e.Origin() == nil || e.Origin().CaddyModule().ID != "webhook_gateway" {
		t.Errorf("%s of %v is heard, want %s of ours", e.Name(), e.Origin(), name)
	}
	for key, want := range data {
		if e.Data[key] != want {
			t.Errorf("%s: %s is %v, want %v", name, key, e.Data[key], want)
		}
	}
	if len(e.Data) != len(data) {
		t.Errorf("%s has %v", name, e.Data)
	}
}

// TestEvents has an application that refuses one event, and fails and recovers
// with the next.
func TestEvents(t *testing.T) {
	status := make(chan int, 3)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(<-status) }))
	defer app.Close()
	site := strings.NewReplacer("rate_limit 2/1h", "mode store\n\t\tbreaker 1 pause 10ms\n\t\tretry {\n\t\t\tdelay 1ms\n\t\t}",
		"respond accepted 202", "reverse_proxy "+strings.TrimPrefix(app.URL, "http://")).Replace(counting)
	if err := loadWith(t, hearing(t), site); err != nil {
		t.Fatal(err)
	}
	address := map[string]any{"endpoint": "counting", "destination": "default"}
	status <- http.StatusGone
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("1"))
	r.Header.Set("X-Hub-Signature-256", sign("1"))
	r.Header.Set("X-Github-Event", "push")
	r.Header.Set("X-Github-Delivery", "id-1")
	send(t, "srv0", r)
	wantHeard(t, eventDeadLettered, map[string]any{"endpoint": "counting", "destination": "default", "reference": "id-1", "event": "push", "reason": "status"})

	status <- http.StatusServiceUnavailable
	post(t, "srv0", "2")
	wantHeard(t, eventBreakerOpened, address)
	status <- http.StatusOK
	wantHeard(t, eventBreakerClosed, address)
}

func TestEventStoreFailed(t *testing.T) {
	if err := loadWith(t, hearing(t), counting); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	newHerald(ctx, slog.New(slog.DiscardHandler)).storeFailed("w.db", errors.New("disk"))
	wantHeard(t, eventStoreFailed, map[string]any{"path": "w.db", "error": "disk"})
}

// TestSlowHandlersOfEvents hold up nobody: what finds no place is dropped, and
// the log says so.
func TestSlowHandlersOfEvents(t *testing.T) {
	var log strings.Builder
	h := &herald{queue: make(chan announcement, 1), log: slog.New(slog.NewTextHandler(&log, nil))} // nobody emits
	for range 2 {
		h.breakerChanged(gateway.Address{}, "open")
	}
	if a := <-h.queue; a.name != eventBreakerOpened || len(h.queue) != 0 {
		t.Errorf("%+v waits, and %d more", a, len(h.queue))
	}
	if !strings.Contains(log.String(), "event="+eventBreakerOpened) {
		t.Errorf("the log says %q", log.String())
	}
}
