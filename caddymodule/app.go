// Package caddymodule makes the gateway a part of Caddy: the HTTP handler
// `webhook_gateway`, the app of the same name that its endpoints share, their
// Caddyfile, the matchers and placeholders for events, logs and metrics.
package caddymodule

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

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
	// together. Past it, requests are answered 503 with Retry-After.
	// Default: 64 MiB.
	MaxBuffered int64 `json:"max_buffered,omitempty"`

	// How many accepted deliveries are remembered, by all endpoints together,
	// to recognise those that are sent again. The ones accepted longest ago
	// are forgotten first. Changing it forgets all of them.
	// Default: 50000.
	Remember int `json:"remember,omitempty"`

	log       *zap.Logger
	seen      *gateway.Seen
	held      []any // keys of shared that this instance must give back
	mu        sync.Mutex
	endpoints map[string]string // name → configuration, see claim
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
	a.log = ctx.Logger()
	a.endpoints = make(map[string]string)
	if a.MaxBuffered < 0 {
		return fmt.Errorf("max_buffered: %d is negative", a.MaxBuffered)
	}
	if a.Remember < 0 {
		return fmt.Errorf("remember: %d is negative", a.Remember)
	}
	if a.MaxBuffered == 0 {
		a.MaxBuffered = defaultMaxBuffered
	}
	if a.Remember == 0 {
		a.Remember = defaultRemember
	}
	seen, err := reserve(&a.held, seenKey{a.Remember}, func() *gateway.Seen { return gateway.NewSeen(a.Remember) })
	a.seen = seen
	return err
}

type seenKey struct{ size int }

// Start applies what takes effect only when the configuration is accepted.
func (a *App) Start() error {
	budget.SetMax(a.MaxBuffered)
	return nil
}

// Stop does nothing: there is no work of its own to stop.
func (*App) Stop() error { return nil }

// Cleanup gives back what this instance reserved, and only that.
func (a *App) Cleanup() error { return giveBack(a.held) }

// claim registers an endpoint's name. Two endpoints may not share one, unless
// they are copies of each other: Caddy makes those of a site that listens on
// several ports.
func (a *App) claim(name string, config any) error {
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if other, taken := a.endpoints[name]; taken && other != string(text) {
		return fmt.Errorf("there is another endpoint named %q; names must be unique", name)
	}
	a.endpoints[name] = string(text)
	return nil
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
