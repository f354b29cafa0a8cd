package sqlite

import (
	"context"
	"fmt"

	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// List is gateway.Archive's. It looks for about 50 ms.
func (s *Store) List(ctx context.Context, f gateway.Filter, limit int) (page gateway.Page, err error) {
	if limit <= 0 {
		return page, s.usable()
	}
	full := int64(0) // 1: there is one more, with which the next page begins
	err = s.readLong(ctx, func(c *engine.Conn) (err error) {
		page.Next, err = s.look(c, f, func(id int64) (more bool, err error) {
			if len(page.Deliveries) == limit {
				full = 1
				return false, nil
			}
			d, err := s.show(c, id)
			if d != nil {
				page.Deliveries = append(page.Deliveries, d)
			}
			return true, err
		})
		page.Next += full
		return err
	})
	return page, err
}

// Count is gateway.Archive's. It counts in steps: what changes meanwhile may be
// counted or not.
func (s *Store) Count(ctx context.Context, f gateway.Filter) (n int, err error) {
	for {
		err = s.readLong(ctx, func(c *engine.Conn) (err error) {
			f.Before, err = s.look(c, f, func(int64) (more bool, err error) {
				n++
				return true, nil
			})
			return err
		})
		if err != nil || f.Before == 0 {
			return n, err
		}
	}
}

// Show is gateway.Archive's. It fails with ErrCorrupt when the event is not as
// it was stored.
func (s *Store) Show(ctx context.Context, id int64) (d *gateway.Delivery, err error) {
	var i image
	err = s.read(ctx, func(c *engine.Conn) (err error) {
		defer sqlitex.Transaction(c)(&err)
		if d, err = s.delivery(c, id); err != nil {
			return err
		}
		if d == nil {
			return fmt.Errorf("delivery %d: %w", id, gateway.ErrNotFound)
		}
		return i.find(c, d.EventID)
	})
	if err == nil {
		err = i.give(d)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// delivery reads one, without its event; nil when it is gone.
func (s *Store) delivery(c *engine.Conn, id int64) (d *gateway.Delivery, err error) {
	_, err = prepare(c, `SELECT `+deliveryColumns+`, destination FROM deliveries WHERE id = ?`).int(id).one(func(row *engine.Stmt) {
		d = scanDelivery(row, s.counts.address(row.ColumnInt64(16)))
	})
	return d, err
}

// show reads a delivery with its event's head; nil when it is gone.
func (s *Store) show(c *engine.Conn, id int64) (d *gateway.Delivery, err error) {
	if d, err = s.delivery(c, id); err != nil || d == nil {
		return nil, err
	}
	var i image
	found, err := prepare(c, `SELECT key, 0, head FROM events WHERE id = ?`).int(d.EventID).one(func(row *engine.Stmt) {
		i.keys.scan(row, 0)
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
