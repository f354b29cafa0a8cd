package sqlite

import (
	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// keys are an event's Key and Proof. In their column the second one is behind
// the first, if there is one.
type keys struct{ key, proof gateway.Key }

// two reports whether there is a Proof.
func (k *keys) two() bool { return k.proof != gateway.Key{} }

// column appends what is stored of them.
func (k *keys) column(b []byte) []byte {
	b = append(b, k.key[:]...)
	if k.two() {
		b = append(b, k.proof[:]...)
	}
	return b
}

// scan reads them from a column.
func (k *keys) scan(s *engine.Stmt, column int) {
	var b [len(k.key) + len(k.proof)]byte
	s.ColumnBytes(column, b[:])
	k.key, k.proof = gateway.Key(b[:len(k.key)]), gateway.Key(b[len(k.key):])
}
