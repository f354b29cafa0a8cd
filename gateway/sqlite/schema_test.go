package sqlite

import (
	"fmt"
	"testing"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// Rows of version 1 have no hashes: they are found all the same.
func TestMigrateHashes(t *testing.T) {
	path := goldenFile(t, 1)
	s := openAt(t, path, testOptions(t))
	mustAppend(t, s, storetest.Entry("new", to))
	var without int64
	must(t, s.read(t.Context(), func(c *engine.Conn) (err error) {
		without, err = number(c, `SELECT count(*) FROM deliveries WHERE reference IS NULL AND type IS NULL`)
		return err
	}))
	if without != 2 {
		t.Errorf("%d deliveries have no hashes, want the two old ones", without)
	}
	for name, tt := range map[string]struct {
		filter gateway.Filter
		want   int
	}{
		"an old reference": {gateway.Filter{Reference: "dead"}, 1},
		"a new reference":  {gateway.Filter{Reference: "new"}, 1},
		"no reference":     {gateway.Filter{Reference: "gone"}, 0},
		"a type":           {gateway.Filter{Type: "order.paid"}, 3},
		"no type":          {gateway.Filter{Type: "order"}, 0},
	} {
		if n, err := s.Count(t.Context(), tt.filter); n != tt.want || err != nil {
			t.Errorf("%s: Count = %d, %v; want %d", name, n, err, tt.want)
		}
	}
}

// Two texts may have one hash: the event decides.
func TestHashIsNoProof(t *testing.T) {
	path := closed(t)
	script(t, path, fmt.Sprintf(`UPDATE deliveries SET reference = %d, type = %d`, digest("another"), digest("another")))
	s := openAt(t, path, testOptions(t))
	for _, f := range []gateway.Filter{{Reference: "another"}, {Type: "another"}} {
		if n, err := s.Count(t.Context(), f); n != 0 || err != nil {
			t.Errorf("Count(%+v) = %d, %v; want 0", f, n, err)
		}
	}
}
