package caddymodule

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// An engine is a store and who works on it. It is shared by all configurations
// that name the same file, and outlives each of them: during a reload two use
// it at once.
type engine struct {
	path   string
	log    *slog.Logger
	herald *herald
	open   opener
	works  atomic.Pointer[works]         // nil until the store is open
	shut   atomic.Pointer[error]         // why it is not, or was not; nil if it was opened at once
	limits atomic.Pointer[sqlite.Limits] // of the configuration that counts
	seen   atomic.Pointer[gateway.Seen]  // of the same
	stats  atomic.Pointer[figures]

	mu    sync.Mutex
	users []*App // configurations that run; the last one counts

	opening     sync.WaitGroup     // who tries to open the store
	stopOpening context.CancelFunc // ends that
	ctx         context.Context    // of all other tasks
	stop        context.CancelFunc // ends ctx
	tasks       sync.WaitGroup
}

// works are a store that is open, and the worker on it.
type works struct {
	store  *sqlite.Store
	worker *delivery.Worker
}

// An opener opens the store of a configuration; it is App.openStore.
type opener func(a *App, path string, log *slog.Logger, observe func(sqlite.Commit), failed func(error)) (*sqlite.Store, error)

// statsEvery is how often the store is asked how it stands. Whoever reads the
// metrics sees what it said last: a scrape never waits for the disk.
const statsEvery = 2 * time.Second

// statsAge is how old the figures may be for a person who asks.
const statsAge = 100 * time.Millisecond

// figures are how the store stood at an instant.
type figures struct {
	gateway.Stats
	at time.Time
}

// newEngine opens the store and begins to work. If the disk is too full for
// that, then it is done as soon as possible.
func newEngine(a *App, path string, log *slog.Logger, open opener) (*engine, error) {
	e := &engine{path: path, log: log, open: open, stopOpening: func() {}}
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.herald = newHerald(e.ctx, log)
	e.configure(a)
	store, err := e.openFor(a)
	switch {
	case err == nil:
		e.begin(store)
	case waits(err):
		e.await(err)
	default:
		e.stop()
		return nil, err
	}
	e.measure(e.ctx)
	e.tasks.Go(e.watch)
	collectedDeliveries().show(e)
	return e, nil
}

// openFor opens the store as the configuration wants it.
func (e *engine) openFor(a *App) (*sqlite.Store, error) {
	return e.open(a, e.path, e.log, collectedDeliveries().committed, func(err error) { e.herald.storeFailed(e.path, err) })
}

// begin begins to work on the store.
func (e *engine) begin(store *sqlite.Store) {
	watch := &deliveryWatch{&deliveryLog{deliveryMetrics: collectedDeliveries(), log: e.log}, e.herald}
	e.works.Store(&works{store, delivery.New(delivery.Options{
		Queue: store, Forget: e.forget, Observer: watch, Now: time.Now, Random: rand.Float64, Log: e.log, Latest: store.Latest(),
	})})
	e.tasks.Go(func() { gateway.Tend(e.ctx, store, time.Now, e.log) })
}

// join puts a configuration to work. It is the one whose bounds and memory
// count, until it parts: then it is the one before, which may go on when a
// reload fails.
func (e *engine) join(a *App) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.users = append(e.users, a)
	e.apply()
	a.enter(e.works.Load())
}

func (e *engine) part(a *App) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a.leave()
	e.users = slices.DeleteFunc(e.users, func(user *App) bool { return user == a })
	e.apply()
}

// newest is the configuration that counts; nil: none does.
func (e *engine) newest() *App {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.users) == 0 {
		return nil
	}
	return e.users[len(e.users)-1]
}

// apply requires that e.mu is held.
func (e *engine) apply() {
	if n := len(e.users); n > 0 {
		e.configure(e.users[n-1])
	}
}

// configure makes the configuration's bounds and memory count.
func (e *engine) configure(a *App) {
	limits := a.limits()
	e.limits.Store(&limits)
	e.seen.Store(a.seen)
	if w := e.works.Load(); w != nil {
		w.store.Configure(limits)
	}
}

// forget lets the memory of deliveries take an event for a new one again.
func (e *engine) forget(k gateway.Key) {
	if seen := e.seen.Load(); seen != nil {
		seen.Forget(k)
	}
}

// watch keeps the figures about the store fresh.
func (e *engine) watch() {
	ticker := time.NewTicker(statsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-ticker.C:
			e.measure(e.ctx)
		}
	}
}

func (e *engine) measure(ctx context.Context) {
	now := time.Now()
	w := e.works.Load()
	if w == nil {
		e.stats.Store(&figures{e.unopened(), now})
		return
	}
	stats, err := w.store.Stats(ctx, now)
	if err != nil {
		if old := e.stats.Load(); old != nil {
			stats = old.Stats
		}
		stats.Health, stats.Err = gateway.Failed, err
	}
	e.stats.Store(&figures{stats, now})
}

// current are the figures for a person who asks.
func (e *engine) current() gateway.Stats {
	if time.Since(e.stats.Load().at) > statsAge {
		e.measure(context.Background())
	}
	return e.stats.Load().Stats
}

// orphans are the addresses with deliveries that no configuration serves.
func (e *engine) orphans() map[gateway.Address]int64 {
	orphans := make(map[gateway.Address]int64)
	for a, lane := range e.stats.Load().Lanes { // a store that is not open has none
		if waiting := lane.Count[gateway.Pending] + lane.Count[gateway.Delivering]; waiting > 0 && e.works.Load().worker.Lane(a) == nil {
			orphans[a] = waiting
		}
	}
	return orphans
}

// drain ends the work, as Worker.Stop does, within the time.
func (e *engine) drain(within time.Duration) error {
	w := e.works.Load()
	if w == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return w.worker.Stop(ctx)
}

// Destruct implements caddy.Destructor: nobody uses the engine any more.
func (e *engine) Destruct() error {
	e.stopOpening()
	e.opening.Wait()
	_ = e.drain(0) // what is under way is given back
	collectedDeliveries().hide(e)
	e.stop()
	e.tasks.Wait()
	if w := e.works.Load(); w != nil {
		return w.store.Close()
	}
	return nil
}
