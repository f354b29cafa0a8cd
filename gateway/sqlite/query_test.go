package sqlite

import (
	"strings"
	"testing"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

func TestQueryPlans(t *testing.T) {
	s := openNew(t)
	mustAppend(t, s, storetest.Entry("a", to))
	dead := storetest.Entry("b", to)
	dead.Deliveries[0].State = gateway.Dead
	mustAppend(t, s, dead)
	for name, tt := range map[string]struct {
		filter gateway.Filter
		want   string
	}{
		"all":             {gateway.Filter{}, "SCAN deliveries"},
		"a page":          {gateway.Filter{Before: 9, Endpoint: to.Endpoint}, "SEARCH deliveries USING INTEGER PRIMARY KEY (rowid<?)"},
		"some":            {gateway.Filter{Before: 9, IDs: []int64{1, 2}}, "SEARCH deliveries USING INTEGER PRIMARY KEY (rowid=?)"},
		"dead":            {gateway.Filter{Before: 9, States: []gateway.State{gateway.Dead}}, "SEARCH deliveries USING INDEX dead (id<?)"},
		"few pending":     {gateway.Filter{States: []gateway.State{gateway.Pending}}, "SEARCH deliveries USING COVERING INDEX lanes (lane=?)"},
		"few not at ease": {gateway.Filter{States: []gateway.State{gateway.Pending, gateway.Dead}}, "SCAN deliveries USING COVERING INDEX dead"},
	} {
		if plan := plan(t, s, tt.filter); !strings.Contains(plan, tt.want) {
			t.Errorf("%s: the plan is\n%s, want %q", name, plan, tt.want)
		}
	}
}

// plan is how the engine goes about a list.
func plan(t *testing.T, s *Store, f gateway.Filter) (plan string) {
	t.Helper()
	query, some := s.query(f)
	if !some {
		t.Fatal("nothing can match")
	}
	must(t, s.read(t.Context(), func(c *engine.Conn) error {
		return prepare(c, `EXPLAIN QUERY PLAN `+query).each(func(row *engine.Stmt) { plan += row.ColumnText(3) + "\n" })
	}))
	return plan
}
