package torture

import (
	"context"
	"math"
	"strconv"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	store "github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// deadLetters opens the store that the last process has left, checks that it
// is empty of what could be delivered, and returns what was given up, by event
// and destination.
func (tr *trial) deadLetters() map[string]bool {
	tr.t.Helper()
	s, err := store.Open(tr.store, store.Options{Now: time.Now})
	if err != nil {
		tr.t.Fatal(err)
	}
	defer s.Close()
	for _, d := range tr.list(s, gateway.Pending, gateway.Delivering) {
		tr.t.Errorf("left in the store: %v of event %s, attempt %d, due %v", d.State, d.Event.ID, d.Attempt, d.Due)
	}
	dead := make(map[string]bool)
	for _, d := range tr.list(s, gateway.Dead) {
		dead[d.Event.ID+" "+d.Address.Destination] = true
	}
	return dead
}

func (tr *trial) list(s gateway.Archive, states ...gateway.State) (all []*gateway.Delivery) {
	tr.t.Helper()
	for f := (gateway.Filter{States: states}); ; {
		page, err := s.List(context.Background(), f, math.MaxInt32)
		if err != nil {
			tr.t.Error(err)
		}
		all, f.Before = append(all, page.Deliveries...), page.Next
		if page.Next == 0 {
			return all
		}
	}
}

// depth is how many deliveries are not settled. It reads the file beside the
// gateway, whose metrics are seconds old.
func (tr *trial) depth() (n int) {
	tr.t.Helper()
	tr.query("SELECT total(pending + delivering) FROM destinations", func(answer string) {
		deliveries, err := strconv.ParseFloat(answer, 64)
		if err != nil {
			tr.t.Error(err)
		}
		n = int(deliveries)
	})
	return n
}

// drain waits until all deliveries are settled.
func (tr *trial) drain() {
	tr.t.Helper()
	tr.until("the store is drained", func() bool { return tr.depth() == 0 })
}

// sound has SQLite check its file, and the store's own counts be compared with
// what they count.
func (tr *trial) sound() {
	tr.t.Helper()
	for query, want := range map[string]string{
		"PRAGMA integrity_check": "ok",
		`SELECT count(*) FROM destinations d WHERE (pending, delivering, delivered, dead) IS NOT (
			SELECT total(state = 0), total(state = 1), total(state = 2), total(state = 3) FROM deliveries WHERE destination = d.id)`: "0",
		"SELECT (SELECT events FROM totals) - (SELECT count(*) FROM events)": "0",
	} {
		tr.query(query, func(got string) {
			if got != want {
				tr.t.Errorf("the store is not sound: %s: %s", query, got)
			}
		})
	}
}

// query asks the store's file and shows the first column of each row.
func (tr *trial) query(query string, row func(string)) {
	tr.t.Helper()
	c, err := sqlite.OpenConn(tr.store, sqlite.OpenReadOnly)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer c.Close()
	show := func(s *sqlite.Stmt) error {
		row(s.ColumnText(0))
		return nil
	}
	if err := sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{ResultFunc: show}); err != nil {
		tr.t.Errorf("%s: %v", query, err)
	}
}
