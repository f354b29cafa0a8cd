package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// openEvery is how often it is tried to open a store whose disk is full.
const openEvery = 5 * time.Second

// waits reports whether the engine goes without a store until that can be
// opened. Caddy would not start otherwise, and all its sites be gone because
// of a disk that is full. What runs already need not give way to that: a
// reload is refused, and the configuration before it goes on.
func waits(err error) bool { return errors.Is(err, gateway.ErrFull) && running() == nil }

// await has the store opened as soon as its disk has room for that.
func (e *engine) await(err error) {
	e.shut.Store(&err)
	e.log.Error("the webhook store cannot be opened, for its disk is full: webhooks are refused until there is room",
		slog.String("path", e.path), slog.Any("error", err), slog.Duration("tried_every", openEvery))
	var trying context.Context
	trying, e.stopOpening = context.WithCancel(e.ctx)
	e.opening.Go(func() {
		ticker := time.NewTicker(openEvery)
		defer ticker.Stop()
		for ended := false; !ended; {
			select {
			case <-trying.Done():
				return
			case <-ticker.C:
				ended = e.tryAgain()
			}
		}
	})
}

// tryAgain tries to open the store, and reports whether that has come to an
// end. It fails for good by anything else than a full disk.
func (e *engine) tryAgain() (ended bool) {
	a := e.newest()
	if a == nil {
		return false // nobody has come yet, or all have left
	}
	store, err := e.openFor(a)
	switch {
	case err == nil:
		e.log.Info("the webhook store is open: there is room on its disk", slog.String("path", e.path))
		e.enter(store)
		a.warnOrphans(func(gateway.Address) bool { return true })
	case errors.Is(err, gateway.ErrFull):
		e.refuse(err)
		return false
	default:
		e.log.Error("the webhook store cannot be opened: restart to try it again", slog.String("path", e.path), slog.Any("error", err))
		e.refuse(fmt.Errorf("%w: %w", gateway.ErrFailed, err))
		e.herald.storeFailed(e.path, err)
	}
	return true
}

// enter puts all configurations to work on the store.
func (e *engine) enter(store *sqlite.Store) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.begin(store)
	e.apply() // it may be another one's by now
	e.enterAll()
}

// refuse has all configurations refuse webhooks because of err.
func (e *engine) refuse(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shut.Store(&err)
	e.enterAll()
}

// enterAll requires that e.mu is held.
func (e *engine) enterAll() {
	for _, a := range e.users {
		a.enter(e.works.Load())
	}
	e.measure(e.ctx)
}

// unopened are the figures of a store that is not open.
func (e *engine) unopened() gateway.Stats {
	stats := gateway.Stats{Health: gateway.Full, Err: *e.shut.Load(), Disk: sqlite.DiskOf(e.path, *e.limits.Load())}
	if errors.Is(stats.Err, gateway.ErrFailed) {
		stats.Health = gateway.Failed
	}
	return stats
}
