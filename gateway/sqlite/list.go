package sqlite

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// List is gateway.Archive's.
func (s *Store) List(ctx context.Context, f gateway.Filter, limit int) (list []*gateway.Delivery, err error) {
	err = s.readLong(ctx, func(c *engine.Conn) error {
		ids, err := s.match(c, f, limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			d, err := s.show(c, id)
			if err != nil {
				return err
			}
			if d != nil {
				list = append(list, d)
			}
		}
		return nil
	})
	return list, err
}

// match finds the ids of up to limit deliveries, the newest first.
func (s *Store) match(c *engine.Conn, f gateway.Filter, limit int) (ids []int64, err error) {
	conditions, some := s.conditions(f)
	if !some || limit <= 0 {
		return nil, nil
	}
	query := `SELECT id FROM deliveries` + conditions + ` ORDER BY id DESC LIMIT ` + strconv.Itoa(limit)
	stmt, _, err := c.PrepareTransient(query)
	if err != nil {
		return nil, err
	}
	err = (&binding{stmt: stmt}).each(func(s *engine.Stmt) { ids = append(ids, s.ColumnInt64(0)) })
	if end := stmt.Finalize(); err == nil {
		err = end
	}
	return ids, err
}

// conditions are the filter's, of numbers alone, and whether anything can
// match. States are written out, because only so the index of the dead is used.
func (s *Store) conditions(f gateway.Filter) (where string, some bool) {
	terms := []string{"1"}
	term := func(on bool, format string, args ...any) {
		if on {
			terms = append(terms, fmt.Sprintf(format, args...))
		}
	}
	term(f.ID != 0, "id = %d", f.ID)
	term(f.Before != 0, "id < %d", f.Before)
	term(!f.Since.IsZero(), "received >= %d", nanos(f.Since))
	term(!f.Until.IsZero(), "received < %d", nanos(f.Until))
	if f.Endpoint != "" || f.Destination != "" {
		lanes := s.counts.matching(f)
		term(true, "destination IN (%s)", join(lanes))
		some = len(lanes) > 0
	} else {
		some = true
	}
	switch len(f.States) {
	case 0:
	case 1:
		term(true, "state = %d", f.States[0])
	default:
		term(true, "state IN (%s)", join(f.States))
	}
	return " WHERE " + strings.Join(terms, " AND "), some
}

func join[T ~int | ~int64](numbers []T) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.FormatInt(int64(n), 10)
	}
	return strings.Join(texts, ", ")
}

// show reads a delivery with its event's head; nil when it is gone.
func (s *Store) show(c *engine.Conn, id int64) (d *gateway.Delivery, err error) {
	_, err = prepare(c, `SELECT `+deliveryColumns+`, destination FROM deliveries WHERE id = ?`).int(id).one(func(row *engine.Stmt) {
		d = scanDelivery(row, s.counts.address(row.ColumnInt64(15)))
	})
	if err != nil || d == nil {
		return nil, err
	}
	var i image
	found, err := prepare(c, `SELECT key, 0, head FROM events WHERE id = ?`).int(d.EventID).one(func(row *engine.Stmt) {
		row.ColumnBytes(0, i.key[:])
		i.head = blob(row, 2)
	})
	if err != nil || !found {
		return nil, err
	}
	return d, i.fill(d)
}

// Attempts is gateway.Archive's.
func (s *Store) Attempts(ctx context.Context, id int64) (attempts []gateway.Attempt, err error) {
	err = s.read(ctx, func(c *engine.Conn) error {
		found, err := prepare(c, `SELECT 1 FROM deliveries WHERE id = ?`).int(id).one(func(*engine.Stmt) {})
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("delivery %d: %w", id, gateway.ErrNotFound)
		}
		return prepare(c, `SELECT number, start, duration, status, reason, error, answer FROM attempts WHERE delivery = ?
			UNION ALL SELECT number, start, duration, status, reason, error, answer FROM deliveries WHERE id = ? AND number IS NOT NULL ORDER BY number`).
			int(id, id).each(func(row *engine.Stmt) { attempts = append(attempts, scanAttempt(row, 0)) })
	})
	return attempts, err
}
