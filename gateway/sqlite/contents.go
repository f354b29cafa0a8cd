package sqlite

import (
	"bytes"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// contents are what a filter asks of events.
type contents struct {
	reference, kind string
	search          []byte // lowered; nil: anything

	// The event at hand. Its memory is used again.
	key        gateway.Key
	head, body []byte
}

func newContents(f gateway.Filter) *contents {
	return &contents{reference: f.Reference, kind: f.Type, search: lower([]byte(f.Search))}
}

// match reports whether the event is what is asked for. One whose head is
// broken is not. A large body is searched to its end, however long that takes.
func (x *contents) match(c *engine.Conn, event int64) (bool, error) {
	query := `SELECT key, head, body FROM events WHERE id = ?`
	switch {
	case len(x.search) > 0:
	case x.reference != "" || x.kind != "":
		query = `SELECT key, head, NULL FROM events WHERE id = ?`
	default:
		return true, nil
	}
	found, err := prepare(c, query).int(event).one(x.scan)
	return found && x.wanted(), err
}

func (x *contents) scan(s *engine.Stmt) {
	s.ColumnBytes(0, x.key[:])
	x.head, x.body = again(x.head, s, 1), again(x.body, s, 2)
}

// again reads a column into b, if it is large enough.
func again(b []byte, s *engine.Stmt, column int) []byte {
	n := s.ColumnLen(column)
	if n > cap(b) {
		b = make([]byte, n)
	}
	return b[:s.ColumnBytes(column, b[:n])]
}

func (x *contents) wanted() bool {
	id, kind, err := decodeNames(x.head)
	reference := (&gateway.Event{Key: x.key, ID: id}).Reference()
	if err != nil || x.reference != "" && x.reference != reference || x.kind != "" && x.kind != kind {
		return false
	}
	return len(x.search) == 0 || x.in([]byte(reference)) || x.in([]byte(kind)) || x.in(x.body)
}

// in reports whether text has what is searched for. It changes text.
func (x *contents) in(text []byte) bool { return bytes.Contains(lower(text), x.search) }

// lower makes b's ASCII letters small ones, in place.
func lower(b []byte) []byte {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}
