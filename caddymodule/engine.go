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

// An engine is an open store and who works on it. It is shared by all
// configurations that name the same file, and outlives each of them: during a
// reload two use it at once.
type engine struct {
	path   string
	store  *sqlite.Store
	worker *delivery.Worker
	seen   atomic.Pointer[gateway.Seen] // of the configuration that counts
	stats  atomic.Pointer[figures]

	mu    sync.Mutex
	users []*App // configurations that run; the last one counts

	stop  context.CancelFunc
	tasks sync.WaitGroup
}

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

// newEngine opens the store and begins to work.
func newEngine(a *App, path string, log *slog.Logger) (*engine, error) {
	m := collectedDeliveries()
	ctx, stop := context.WithCancel(context.Background())
	herald := newHerald(ctx, log)
	store, err := a.openStore(path, log, m.committed, func(err error) { herald.storeFailed(path, err) })
	if err != nil {
		stop()
		return nil, err
	}
	e := &engine{path: path, store: store, stop: stop}
	watch := &deliveryWatch{&deliveryLog{deliveryMetrics: m, log: log}, herald}
	e.worker = delivery.New(delivery.Options{
		Queue: store, Forget: e.forget, Observer: watch, Now: time.Now, Random: rand.Float64, Log: log, Latest: store.Latest(),
	})
	e.measure(ctx)
	e.tasks.Go(func() { gateway.Tend(ctx, store, time.Now, log) })
	e.tasks.Go(func() { e.watch(ctx) })
	m.show(e)
	return e, nil
}

// join makes a configuration the one whose bounds and memory count, until it
// parts: then it is the one before, which may go on when a reload fails.
func (e *engine) join(a *App) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.users = append(e.users, a)
	e.apply()
}

func (e *engine) part(a *App) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.users = slices.DeleteFunc(e.users, func(user *App) bool { return user == a })
	e.apply()
}

// apply requires that e.mu is held.
func (e *engine) apply() {
	if n := len(e.users); n > 0 {
		e.seen.Store(e.users[n-1].seen)
		e.store.Configure(e.users[n-1].limits())
	}
}

// forget lets the memory of deliveries take an event for a new one again.
func (e *engine) forget(k gateway.Key) {
	if seen := e.seen.Load(); seen != nil {
		seen.Forget(k)
	}
}

// watch keeps the figures about the store fresh.
func (e *engine) watch(ctx context.Context) {
	ticker := time.NewTicker(statsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			e.measure(ctx)
		}
	}
}

func (e *engine) measure(ctx context.Context) {
	now := time.Now()
	stats, err := e.store.Stats(ctx, now)
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
	for a, lane := range e.stats.Load().Lanes {
		if waiting := lane.Count[gateway.Pending] + lane.Count[gateway.Delivering]; waiting > 0 && e.worker.Lane(a) == nil {
			orphans[a] = waiting
		}
	}
	return orphans
}

// drain ends the work, as Worker.Stop does, within the time.
func (e *engine) drain(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return e.worker.Stop(ctx)
}

// Destruct implements caddy.Destructor: nobody uses the engine any more.
func (e *engine) Destruct() error {
	_ = e.drain(0) // what is under way is given back
	collectedDeliveries().hide(e)
	e.stop()
	e.tasks.Wait()
	return e.store.Close()
}
