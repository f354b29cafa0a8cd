package sqlite

import (
	"context"
	"time"
)

// clampStep is how many are changed in one transaction.
const clampStep = 500

// Clamp makes due at latest whatever is pending and due after it: when the
// clock has jumped back, what it was set for is further away than was meant.
func (s *Store) Clamp(ctx context.Context, latest time.Time) error {
	for {
		c := &clamping{latest: nanos(latest)}
		if err := s.do(ctx, c, 0, 0); err != nil || c.changed < clampStep {
			return err
		}
	}
}

type clamping struct {
	latest  int64
	changed int
}

func (c *clamping) apply(w *writer) error {
	c.changed = 0
	// The second one says state < 2 as well because only so its index is used.
	for id := range w.byID {
		for _, query := range [...]string{
			`UPDATE deliveries SET due = ?1 WHERE id IN (SELECT id FROM deliveries WHERE lane = ?2 AND due > ?1 LIMIT ?3)`,
			`UPDATE deliveries SET due = ?1 WHERE id IN (SELECT id FROM deliveries
				WHERE destination = ?2 AND ordering IS NOT NULL AND state < 2 AND state = 0 AND due > ?1 LIMIT ?3)`,
		} {
			if c.changed >= clampStep {
				return nil
			}
			if err := prepare(w.conn, query).int(c.latest, id, clampStep).run(); err != nil {
				return err
			}
			c.changed += w.conn.Changes()
		}
	}
	return nil
}

// Prolong makes all leases end later by so much: the clock has been put
// forward, and those who have them know nothing of it.
func (s *Store) Prolong(ctx context.Context, by time.Duration) error {
	return s.do(ctx, prolonging(by), 0, 0)
}

type prolonging time.Duration

func (p prolonging) apply(w *writer) error {
	return prepare(w.conn, `UPDATE deliveries SET due = due + ? WHERE lane < 0`).int(int64(p)).run()
}
