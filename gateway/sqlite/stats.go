package sqlite

import (
	"context"
	"sync"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// counts are the ledger as it was committed last, for those who read.
type counts struct {
	mu     sync.Mutex
	totals totals
	lanes  map[int64]lane

	first   map[int64]int64 // by lane: no delivery before it is unsettled
	replays int64
}

func (c *counts) publish(l *ledger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lanes == nil {
		c.lanes, c.first = make(map[int64]lane), make(map[int64]int64)
	}
	c.totals = l.totals
	for id, d := range l.byID {
		c.lanes[id] = *d
	}
}

func (c *counts) address(id int64) gateway.Address {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lanes[id].address
}

// snapshot is a copy that stays as it is.
func (c *counts) snapshot() *counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &counts{totals: c.totals, lanes: make(map[int64]lane, len(c.lanes)), first: make(map[int64]int64), replays: c.replays}
	for id, l := range c.lanes {
		s.lanes[id], s.first[id] = l, c.first[id]
	}
	return s
}

// learn takes over what the snapshot found out, unless something that was
// settled has been replayed meanwhile.
func (c *counts) learn(s *counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.replays == s.replays {
		c.first = s.first
	}
}

// unlearn: deliveries anywhere may be unsettled again.
func (c *counts) unlearn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.first)
	c.replays++
}

// Stats is gateway.Archive's.
func (s *Store) Stats(ctx context.Context, now time.Time) (gateway.Stats, error) {
	health, why := s.health()
	if health == gateway.Failed || health == gateway.Closed {
		return gateway.Stats{Health: health, Err: why}, why
	}
	c := s.counts.snapshot()
	stats := gateway.Stats{
		Health: health, Err: why, Events: c.totals.events, Bytes: c.totals.bytes, Unsettled: c.totals.unsettled,
		Disk: s.disk(), Lanes: make(map[gateway.Address]gateway.LaneStats),
	}
	err := s.readLong(ctx, func(conn *engine.Conn) error {
		for _, l := range c.lanes {
			lane, err := c.describe(conn, l)
			if err != nil {
				return err
			}
			stats.Lanes[l.address] = lane
		}
		return nil
	})
	if err == nil {
		s.counts.learn(c)
	}
	return stats, err
}

// describe asks the file for what is not counted.
func (c *counts) describe(conn *engine.Conn, l lane) (gateway.LaneStats, error) {
	stats := gateway.LaneStats{Count: l.count}
	if l.open() == 0 {
		return stats, nil
	}
	for _, place := range [...]int64{l.id, -l.id} {
		_, err := prepare(conn, `SELECT due FROM deliveries WHERE lane = ? ORDER BY due LIMIT 1`).int(place).one(func(s *engine.Stmt) {
			if due := instant(s.ColumnInt64(0)); stats.Due.IsZero() || due.Before(stats.Due) {
				stats.Due = due
			}
		})
		if err != nil {
			return stats, err
		}
	}
	_, err := prepare(conn, `SELECT id, received FROM deliveries WHERE id >= ? AND destination = ? AND +state < 2 ORDER BY id LIMIT 1`).
		int(c.first[l.id], l.id).one(func(s *engine.Stmt) {
		c.first[l.id], stats.Oldest = s.ColumnInt64(0), instant(s.ColumnInt64(1))
	})
	return stats, err
}

// Latest is when the newest event was received, of those that were there when
// the store was opened; zero when there was none.
func (s *Store) Latest() time.Time { return instant(s.latest) }

func (s *Store) disk() *gateway.Disk {
	free, known := s.space.measure(s.now())
	if !known {
		return nil
	}
	return &gateway.Disk{Free: free, Reserve: s.limits.Load().Reserve}
}

// health is how the store is, and why it is not ready.
func (s *Store) health() (gateway.Health, error) {
	if s.closed.Load() {
		return gateway.Closed, gateway.ErrClosed
	}
	if err := s.failure(); err != nil {
		return gateway.Failed, err
	}
	limits := s.limits.Load()
	s.counts.mu.Lock()
	t := s.counts.totals
	s.counts.mu.Unlock()
	if err := limits.room(t, 1, s.space.full(s.now(), limits.Reserve)); err != nil {
		return gateway.Full, err
	}
	return gateway.Ready, nil
}
