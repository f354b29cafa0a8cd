package caddymodule

import (
	"context"
	"log/slog"

	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Names of the events that are emitted through Caddy's app for events.
const (
	eventDeadLettered  = "webhook_gateway.dead_lettered"  // endpoint, destination, reference, event, reason
	eventBreakerOpened = "webhook_gateway.breaker_opened" // endpoint, destination
	eventBreakerClosed = "webhook_gateway.breaker_closed" // endpoint, destination
	eventStoreFailed   = "webhook_gateway.store_failed"   // path, error
)

// A herald emits events to the handlers of the configuration that runs at the
// moment, one after the other. Handlers that are too slow miss some, and so do
// those of a configuration that is about to start or has stopped: nothing that
// the gateway does waits for them.
type herald struct {
	queue chan announcement
	log   *slog.Logger
}

type announcement struct {
	name string
	data map[string]any
}

// announcements are how many may wait for slow handlers.
const announcements = 256

// newHerald returns a herald that emits until ctx ends.
func newHerald(ctx context.Context, log *slog.Logger) *herald {
	h := &herald{queue: make(chan announcement, announcements), log: log}
	go h.run(ctx) // nobody waits for its end: a handler may hang
	return h
}

// announce has the event emitted soon. It does not block.
func (h *herald) announce(name string, data map[string]any) {
	select {
	case h.queue <- announcement{name, data}:
	default:
		h.log.Warn("an event was not emitted: the handlers of events are too slow", slog.String("event", name))
	}
}

func (h *herald) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-h.queue:
			h.emit(a)
		}
	}
}

func (h *herald) emit(a announcement) {
	defer func() {
		if v := recover(); v != nil { // it is somebody else's, and would end the process
			h.log.Error("panic in a handler of events", slog.String("event", a.name), slog.Any("panic", v))
		}
	}()
	app := running()
	if app == nil {
		return
	}
	if events, err := app.ctx.AppIfConfigured("events"); err == nil {
		events.(*caddyevents.App).Emit(app.ctx, a.name, a.data)
	}
}

func (h *herald) deadLettered(to gateway.Address, d *gateway.Delivery) {
	data := addressed(to)
	data["reason"] = d.LastAttempt.Reason
	if d.Event != nil {
		data["reference"], data["event"] = d.Event.Reference(), d.Event.Type
	}
	h.announce(eventDeadLettered, data)
}

func (h *herald) breakerChanged(to gateway.Address, state string) {
	name := eventBreakerClosed
	if state == "open" {
		name = eventBreakerOpened
	}
	h.announce(name, addressed(to))
}

func (h *herald) storeFailed(path string, err error) {
	h.announce(eventStoreFailed, map[string]any{"path": path, "error": err.Error()})
}

func addressed(to gateway.Address) map[string]any {
	return map[string]any{"endpoint": to.Endpoint, "destination": to.Destination}
}
