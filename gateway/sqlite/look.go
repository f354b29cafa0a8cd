package sqlite

import (
	"context"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// How long a list looks for what matches before it answers with what it has
// found, and how often it reads the clock meanwhile.
const (
	lookFor  = 50 * time.Millisecond
	lookStep = 1021 // deliveries that do not match, about; a prime, because the ids of some destinations are all even
)

// look calls found with the deliveries that the filter selects, the newest
// first, until it wants no more or lookFor has passed. It returns the id below
// which to go on; 0 is the end.
//
// It is one transaction. A longer one would keep the log from being begun anew.
func (s *Store) look(c *engine.Conn, f gateway.Filter, found func(id int64) (more bool, err error)) (next int64, err error) {
	query, some := s.query(f)
	if !some {
		return 0, nil
	}
	stmt, _, err := c.PrepareTransient(query)
	if err != nil {
		return 0, err
	}
	defer func() {
		if end := stmt.Finalize(); err == nil {
			err = end
		}
	}()
	events, end := newContents(f), s.now().Add(lookFor)
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return 0, err
		}
		id, more, matches := stmt.ColumnInt64(0), true, stmt.ColumnBool(2)
		if matches {
			matches, err = events.match(c, stmt.ColumnInt64(1))
		}
		if matches && err == nil {
			more, err = found(id)
		}
		if err != nil || !more || s.now().After(end) {
			return id, err
		}
	}
}

// pick finds up to n deliveries that match, and where to go on.
func (s *Store) pick(ctx context.Context, f gateway.Filter, n int) (ids []int64, next int64, err error) {
	err = s.readLong(ctx, func(c *engine.Conn) (err error) {
		next, err = s.look(c, f, func(id int64) (more bool, err error) {
			ids = append(ids, id)
			return len(ids) < n, nil
		})
		return err
	})
	return ids, next, err
}

// bulkStep is how many deliveries are changed in one transaction, so that
// others need not wait for them all.
const bulkStep = 100

// inSteps calls change with the deliveries that match, the newest first and
// some at a time, until it has changed as many as the limit. It returns how
// many those are, also when it fails.
func (s *Store) inSteps(ctx context.Context, f gateway.Filter, limit int, change func(ids []int64) (int, error)) (changed int, err error) {
	for changed < limit {
		ids, next, err := s.pick(ctx, f, min(limit-changed, bulkStep))
		if err != nil {
			return changed, err
		}
		n, err := change(ids)
		changed += n
		if err != nil || next == 0 {
			return changed, err
		}
		f.Before = next
	}
	return changed, nil
}
