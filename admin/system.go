// Package admin is what an operator sees of the gateway and can do to it: an
// HTTP API in JSON (docs/openapi.yaml), and the dashboard on top of it. It knows
// no particular server.
package admin

import (
	"context"
	"encoding/json"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// A System is the gateway that runs at the moment of a request. All fields but
// Engine are required.
type System struct {
	Version   string
	Activity  *activity.Log
	Endpoints []Endpoint // in the configuration's order
	Engine    *Engine    // nil: there is no store
}

// An Engine is a store and who works on it. Store and Worker are nil while the
// store is not open yet: Stats.Err says why.
type Engine struct {
	Store  gateway.Archive
	Worker *delivery.Worker
	Stats  gateway.Stats // as they were a moment ago
	Path   string        // of the store's file
}

// An Endpoint is one of the configuration.
type Endpoint struct {
	Name         string
	Provider     string          // name in the catalogue
	Title        string          // the provider's own name
	Docs         string          // the provider's page; may be empty
	Mode         string          // proxy or store
	Destinations []string        // in the configuration's order; the first answers in mode proxy
	Config       json.RawMessage // as configured, without secrets
	Facts        []Fact          // what the provider's scheme is
	// Test sends the endpoint an event of its own, signed with its own secret,
	// through all its checks. Without a body it has a small one, which is
	// another each time. It is nil when that cannot be signed.
	Test func(ctx context.Context, event string, body []byte) (TestResult, error)
}

// A Fact is one line about a provider.
type Fact struct{ Name, Value string }

// A TestResult is how an endpoint answered a test event.
type TestResult struct {
	Status  int
	Outcome string // gateway's
	ID      string // the event's reference
	Detail  string // why it was refused
}

// A Source says what runs at the moment; nil: nothing does.
type Source func() *System
