// Package caddymodule makes the gateway a part of Caddy: the HTTP handler
// `webhook_gateway`, the app of the same name that its endpoints share, their
// Caddyfile, the matchers and placeholders for events, logs and metrics.
package caddymodule

import (
	"cmp"
	"context"
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
	// sender has at most half of it for requests that are not verified yet,
	// unless that is a single body.
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
	leave     func() // takes the destinations out of service
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
// service.
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
	a.leave = a.engine.worker.Serve(a.destinations()...)
	for _, g := range a.gateways {
		g.Open(a.backing(g))
	}
	a.warnOrphans(func(gateway.Address) bool { return true })
	return nil
}

// open takes hold of the engine of the store's file.
func (a *App) open(path string) error {
	key := engineKey{path}
	value, _, err := shared.LoadOrNew(key, func() (caddy.Destructor, error) { return newEngine(a, path, a.slog) })
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	a.held = append(a.held, key)
	a.engine = value.(*engine)
	a.engine.join(a)
	return nil
}

type engineKey struct{ path string }

// destinations are those of all endpoints. Copies of an endpoint, which Caddy
// makes for a site that listens on several ports, have the same ones.
func (a *App) destinations() []*gateway.Destination {
	seen := make(map[gateway.Address]bool)
	var all []*gateway.Destination
	for _, g := range a.gateways {
		for _, d := range g.Destinations() {
			if !seen[d.Address] {
				seen[d.Address] = true
				all = append(all, d)
			}
		}
	}
	return all
}

func (a *App) backing(g *gateway.Gateway) *gateway.Backing {
	b := &gateway.Backing{Journal: a.engine.store, Status: a.status(g)}
	for _, d := range g.Destinations() {
		b.Lanes = append(b.Lanes, a.engine.worker.Lane(d.Address))
	}
	return b
}

// warnOrphans tells of deliveries whose endpoint or destination is gone from
// the configuration. They wait for it to return. When a configuration starts,
// the one before it still serves its own: it tells of them when it stops.
func (a *App) warnOrphans(concerned func(gateway.Address) bool) {
	a.engine.measure(context.Background())
	for address, waiting := range a.engine.orphans() {
		if !concerned(address) {
			continue
		}
		a.log.Warn("deliveries wait for a destination that is not in the configuration", zap.String("endpoint", address.Endpoint),
			zap.String("destination", address.Destination), zap.Int64("deliveries", waiting))
	}
}

// Stop takes the destinations out of service. When the process ends it waits
// for the attempts under way, and gives the rest back.
func (a *App) Stop() error {
	if a.leave == nil {
		return nil
	}
	if caddy.Exiting() {
		if err := a.engine.drain(a.grace()); err != nil {
			a.log.Warn("attempts of deliveries were broken off; they are made again after the next start", zap.Error(err))
		}
	}
	a.leave()
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
