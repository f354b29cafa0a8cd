package sqlite

import (
	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// keys are an event's Key and Proof. In their column the second one is behind
// the first, if there is one.
type keys struct{ key, proof gateway.Key }

func (k *keys) all() []gateway.Key { return (&gateway.Event{Key: k.key, Proof: k.proof}).Keys() }

// column appends what is stored of them.
func (k *keys) column(b []byte) []byte {
	for _, key := range k.all() {
		b = append(b, key[:]...)
	}
	return b
}

// scan reads them from a column.
func (k *keys) scan(s *engine.Stmt, column int) {
	var b [len(k.key) + len(k.proof)]byte
	s.ColumnBytes(column, b[:])
	k.key, k.proof = gateway.Key(b[:len(k.key)]), gateway.Key(b[len(k.key):])
}
