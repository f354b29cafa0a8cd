package sqlite

import (
	"context"
	"fmt"

	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// An image is an event as it is stored.
type image struct {
	keys       keys
	sum        int64
	head, body []byte
}

// Load is gateway.Queue's. It fails with ErrCorrupt when the event is not as it
// was stored, and with gateway.ErrNotFound when it has been swept.
func (s *Store) Load(ctx context.Context, d *gateway.Delivery) error {
	var i image
	if err := s.read(ctx, func(c *engine.Conn) error { return i.find(c, d.EventID) }); err != nil {
		return err
	}
	return i.give(d)
}

// preloaded is how many bytes of events are loaded at once, about.
const preloaded = 1 << 20

// preload loads the events of deliveries that were leased together, as long as
// they are small: a transaction for each would cost more than reading it. What
// cannot be loaded is left to Load.
func (s *Store) preload(ctx context.Context, ds []*gateway.Delivery) {
	images := make([]image, 0, len(ds))
	_ = s.read(ctx, func(c *engine.Conn) (err error) {
		defer sqlitex.Transaction(c)(&err)
		for size := 0; len(images) < len(ds) && size < preloaded; {
			var i image
			if err := i.find(c, ds[len(images)].EventID); err != nil {
				return err
			}
			images = append(images, i)
			size += len(i.head) + len(i.body)
		}
		return nil
	})
	for n, i := range images {
		_ = i.give(ds[n])
	}
}

func (i *image) find(c *engine.Conn, id int64) error {
	found, err := prepare(c, `SELECT key, sum, head, body FROM events WHERE id = ?`).int(id).one(i.scan)
	if err == nil && !found {
		err = fmt.Errorf("event %d: %w", id, gateway.ErrNotFound)
	}
	return err
}

func (i *image) scan(s *engine.Stmt) {
	i.keys.scan(s, 0)
	i.sum, i.head, i.body = s.ColumnInt64(1), blob(s, 2), blob(s, 3)
}

// give gives d the event, if it is as it was stored.
func (i *image) give(d *gateway.Delivery) error {
	if i.sum != checksum(i.head, i.body) {
		return fmt.Errorf("event %d: %w: its checksum is wrong", d.EventID, ErrCorrupt)
	}
	return i.fill(d)
}

// fill gives d the event.
func (i *image) fill(d *gateway.Delivery) error {
	e, err := decodeHead(i.head)
	if err != nil {
		return fmt.Errorf("event %d: %w", d.EventID, err)
	}
	e.Key, e.Proof, e.ReceivedAt, e.Attempt, e.Body = i.keys.key, i.keys.proof, d.ReceivedAt, d.Attempt, i.body
	d.Event = e
	return nil
}
