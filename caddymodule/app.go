// Package caddymodule makes the gateway a part of Caddy: the HTTP handler
// `webhook_gateway`, the app of the same name that its endpoints share, their
// Caddyfile, the matchers and placeholders for events, logs and metrics.
package caddymodule

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func init() {
	caddy.RegisterModule(new(App))
}

const (
	defaultMaxBuffered = 64 << 20
	defaultRemember    = 50_000
)

// App holds what all endpoints of a configuration share.
type App struct {
	// The most bytes of request bodies held at once, by all endpoints
	// together. Past it, requests are answered 503 with Retry-After. The
	// max_body of each endpoint, rounded up to a power of two, must fit in. One
	// sender has at most three quarters of it for requests that are not verified
	// yet, unless that is a single body.
	// Default: 64 MiB.
	MaxBuffered int64 `json:"max_buffered,omitempty"`

	// How many accepted deliveries are remembered, by all endpoints together,
	// to recognise those that are sent again. The ones accepted longest ago
	// are forgotten first. Changing it forgets all of them.
	// Default: 50000.
	Remember int `json:"remember,omitempty"`

	// Where events are kept until the application has taken them.
	Store Store `json:"store,omitzero"`

	// How much is kept of those that it has taken, or that were given up.
	Retain Retain `json:"retain,omitzero"`

	// How much may wait to be delivered.
	MaxStored MaxStored `json:"max_stored,omitzero"`

	ctx       caddy.Context
	log       *zap.Logger
	slog      *slog.Logger
	seen      *gateway.Seen
	held      []any // keys of shared that this instance must give back
	engine    *engine
	leaving   func() // takes the destinations out of service; nil: they are not. Engine.mu guards it
	mu        sync.Mutex
	endpoints map[string]string // name → configuration, see claim
	gateways  []*gateway.Gateway
	handlers  []*Handler
	described []admin.Endpoint // once the app has started
	started   atomic.Bool

	statusSecret []byte // of status tokens; nil while no endpoint has a status_url
}

// CaddyModule returns the Caddy module information.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "webhook_gateway",
		New: func() caddy.Module { return new(App) },
	}
}

// shared is what outlives a configuration: memories and limits, keyed by what
// makes them the same in the next one.
var shared = caddy.NewUsagePool()

// budget bounds the bodies held by all configurations of the process: during
// a reload, two of them are running.
var budget = gateway.NewBudget(defaultMaxBuffered)

// Provision checks the options and reserves the memory of deliveries.
func (a *App) Provision(ctx caddy.Context) error {
	a.ctx, a.log, a.slog = ctx, ctx.Logger(), ctx.Slogger() // later, ctx names them after another module
	a.endpoints = make(map[string]string)
	if _, err := register(ctx.GetMetricsRegistry()); err != nil { // also those of a store without endpoints
		return err
	}
	if err := a.Check(); err != nil {
		return err
	}
	a.MaxBuffered = cmp.Or(a.MaxBuffered, defaultMaxBuffered)
	a.Remember = cmp.Or(a.Remember, defaultRemember)
	seen, err := reserve(&a.held, seenKey{a.Remember}, func() *gateway.Seen { return gateway.NewSeen(a.Remember) })
	a.seen = seen
	return err
}

type seenKey struct{ size int }

// Start applies what takes effect only when the configuration is accepted, and
// opens the store: `caddy validate` never comes here.
func (a *App) Start() error {
	budget.SetMax(a.MaxBuffered)
	a.described = a.describe()
	if err := a.serve(); err != nil {
		return err
	}
	a.started.Store(true)
	return nil
}

// serve opens the store, if there is to be one, and puts the destinations into
// service. If the store's disk is full that comes later.
func (a *App) serve() error {
	if a.StoreOff() {
		return nil
	}
	path, err := a.StorePath()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil && len(a.gateways) == 0 {
		return nil // nothing to store, and nothing stored
	}
	if err := a.loadStatusSecret(); err != nil {
		return err
	}
	if err := a.open(path); err != nil {
		return err
	}
	a.warnOrphans(func(gateway.Address) bool { return true })
	return nil
}

// open takes hold of the engine of the store's file, and joins in its work.
func (a *App) open(path string) error {
	key := engineKey{path}
	value, _, err := shared.LoadOrNew(key, func() (caddy.Destructor, error) { return newEngine(a, path, a.slog, (*App).openStore) })
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	a.held = append(a.held, key)
	a.engine = value.(*engine)
	a.engine.join(a)
	return nil
}

type engineKey struct{ path string }

// Stop takes the destinations out of service. When the process ends it waits
// for the attempts under way, and gives the rest back.
func (a *App) Stop() error {
	if a.engine == nil {
		return nil
	}
	if caddy.Exiting() {
		if err := a.engine.drain(a.grace()); err != nil {
			a.log.Warn("attempts of deliveries were broken off; they are made again after the next start", zap.Error(err))
		}
	}
	a.engine.part(a)
	if !caddy.Exiting() {
		own := a.destinations()
		a.warnOrphans(func(address gateway.Address) bool {
			return slices.ContainsFunc(own, func(d *gateway.Destination) bool { return d.Address == address })
		})
	}
	return nil
}

// defaultGrace is how long attempts under way may take when the process ends.
// Caddy's unit for systemd allows five seconds for everything.
const defaultGrace = 4 * time.Second

// grace is the HTTP app's grace period.
func (a *App) grace() time.Duration {
	if app, err := a.ctx.AppIfConfigured("http"); err == nil {
		if grace := time.Duration(app.(*caddyhttp.App).GracePeriod); grace > 0 {
			return grace
		}
	}
	return defaultGrace
}

// Cleanup gives back what this instance reserved, and only that.
func (a *App) Cleanup() error { return giveBack(a.held) }

// add has the app open the endpoint's gateway when it starts.
func (a *App) add(h *Handler) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gateways = append(a.gateways, h.gateway)
	a.handlers = append(a.handlers, h)
}

// claim registers an endpoint's name, and returns its configuration as JSON.
// Two endpoints may not share a name, unless they are copies of each other:
// Caddy makes those of a site that listens on several ports.
func (a *App) claim(name string, config any) (text []byte, err error) {
	if text, err = json.Marshal(config); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if other, taken := a.endpoints[name]; taken && other != string(text) {
		return nil, fmt.Errorf("there is another endpoint named %q; names must be unique", name)
	}
	a.endpoints[name] = string(text)
	return text, nil
}

// reserve returns the shared value of key, made by construct if there is none,
// and notes the key in held.
func reserve[T any](held *[]any, key any, construct func() T) (T, error) {
	value, _, err := shared.LoadOrNew(key, func() (caddy.Destructor, error) {
		return kept[T]{construct()}, nil
	})
	if err != nil {
		var zero T
		return zero, err
	}
	*held = append(*held, key)
	return value.(kept[T]).value, nil
}

func giveBack(held []any) error {
	for _, key := range held {
		if _, err := shared.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// kept is a value in shared that needs no closing.
type kept[T any] struct{ value T }

// Destruct implements caddy.Destructor.
func (kept[T]) Destruct() error { return nil }

// Interface guards
var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
