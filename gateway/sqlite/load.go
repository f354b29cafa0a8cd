package sqlite

import (
	"context"
	"fmt"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// An image is an event as it is stored.
type image struct {
	key        gateway.Key
	sum        int64
	head, body []byte
}

// Load is gateway.Queue's. It fails with ErrCorrupt when the event is not as it
// was stored, and with gateway.ErrNotFound when it has been swept.
func (s *Store) Load(ctx context.Context, d *gateway.Delivery) error {
	var i image
	err := s.read(ctx, func(c *engine.Conn) error {
		found, err := prepare(c, `SELECT key, sum, head, body FROM events WHERE id = ?`).int(d.EventID).one(i.scan)
		if err == nil && !found {
			err = fmt.Errorf("event %d: %w", d.EventID, gateway.ErrNotFound)
		}
		return err
	})
	if err != nil {
		return err
	}
	if i.sum != checksum(i.head, i.body) {
		return fmt.Errorf("event %d: %w: its checksum is wrong", d.EventID, ErrCorrupt)
	}
	return i.fill(d)
}

func (i *image) scan(s *engine.Stmt) {
	s.ColumnBytes(0, i.key[:])
	i.sum, i.head, i.body = s.ColumnInt64(1), blob(s, 2), blob(s, 3)
}

// fill gives d the event.
func (i *image) fill(d *gateway.Delivery) error {
	e, err := decodeHead(i.head)
	if err != nil {
		return fmt.Errorf("event %d: %w", d.EventID, err)
	}
	e.Key, e.ReceivedAt, e.Attempt, e.Body = i.key, d.ReceivedAt, d.Attempt, i.body
	d.Event = e
	return nil
}
