package caddymodule

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// TestFailedConfigurationLeavesNoTrace has a configuration come and go again,
// as when another app refuses to start: what counted before counts again.
func TestFailedConfigurationLeavesNoTrace(t *testing.T) {
	open := func() *engine {
		e, err := newEngine(new(App), filepath.Join(t.TempDir(), "webhooks.db"), slog.New(slog.DiscardHandler), (*App).openStore)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := open()
	running := &App{seen: gateway.NewSeen(1)}
	failing := &App{seen: gateway.NewSeen(1), MaxStored: MaxStored{Events: 1}}
	e.join(running)
	e.join(failing)
	if e.seen.Load() != failing.seen {
		t.Error("the newest configuration's memory does not count")
	}
	other := open() // it named another file, too
	if err := other.Destruct(); err != nil {
		t.Error(err)
	}
	e.part(failing)
	if e.seen.Load() != running.seen {
		t.Error("a configuration that failed still has its memory forget")
	}
	if collectedDeliveries().shown() != e {
		t.Error("the gauges of the store that is open are not shown")
	}
	for i := range 2 { // the failed one's bound is 1
		event := &gateway.Event{Endpoint: "a", Method: "POST", Target: "/"}
		entry := &gateway.Entry{Event: event, Deliveries: []*gateway.Delivery{{Event: event, Address: gateway.Address{Endpoint: "a"}}}}
		if _, err := e.works.Load().store.Append(t.Context(), entry); err != nil {
			t.Errorf("event %d: %v", i+1, err)
		}
	}
	if err := e.Destruct(); err != nil {
		t.Error(err)
	}
	if collectedDeliveries().shown() != nil {
		t.Error("a closed store's gauges are shown")
	}
}
