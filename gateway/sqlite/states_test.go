package sqlite

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// documented is the table of docs/ARCHITECTURE.md: what a call makes of a
// delivery in a state, by "state call".
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/ARCHITECTURE.md")
	must(t, err)
	_, table, found := strings.Cut(string(text), "\n| from |")
	if !found {
		t.Fatal("there is no table")
	}
	table, _, _ = strings.Cut("| from |"+table, "\n\n")
	rows := strings.Split(table, "\n")
	calls, edges := cells(rows[0]), make(map[string]string)
	for _, row := range rows[2:] {
		row := cells(row)
		for i, call := range calls[1:] {
			edges[row[0]+" "+call] = row[i+1]
		}
	}
	return edges
}

func cells(row string) []string {
	all := strings.Split(strings.Trim(row, "|"), "|")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// in appends a delivery in the state, the newest of a store.
func in(t *testing.T, s *Store, state gateway.State) *gateway.Delivery {
	t.Helper()
	e := storetest.Entry("1", to)
	d := e.Deliveries[0]
	d.State, d.Attempt = state, 1
	d.LastAttempt = gateway.Attempt{Number: 1, Start: storetest.Epoch}
	mustAppend(t, s, e)
	return d
}

// stands is the state of a store's only delivery.
func stands(t *testing.T, s *Store) string {
	t.Helper()
	page, err := s.List(t.Context(), gateway.Filter{}, 1)
	must(t, err)
	if len(page.Deliveries) == 0 {
		return "gone"
	}
	return page.Deliveries[0].State.String()
}

// TestStatesAreDocumented does all that can be done with a delivery in each
// state, and wants the documentation to say what comes of it.
func TestStatesAreDocumented(t *testing.T) {
	late := storetest.Epoch.Add(2 * storetest.Retention)
	finish := func(state gateway.State) func(*testing.T, *Store, *gateway.Delivery) {
		return func(t *testing.T, s *Store, d *gateway.Delivery) {
			ended := *d
			ended.State = state
			_, _ = s.Finish(t.Context(), &ended) // it is refused where nothing is leased
		}
	}
	calls := map[string][]func(*testing.T, *Store, *gateway.Delivery){
		"Lease": {func(t *testing.T, s *Store, _ *gateway.Delivery) {
			_, _, err := s.Lease(t.Context(), to, late, late.Add(time.Minute), 1)
			must(t, err)
		}},
		"Finish": {finish(gateway.Pending), finish(gateway.Delivered), finish(gateway.Dead)},
		"Replay": {func(t *testing.T, s *Store, _ *gateway.Delivery) {
			_, err := s.Replay(t.Context(), gateway.Filter{}, late, late, 1)
			must(t, err)
		}},
		"Discard": {func(t *testing.T, s *Store, _ *gateway.Delivery) {
			_, err := s.Discard(t.Context(), gateway.Filter{}, 1)
			must(t, err)
		}},
		"Sweep": {func(t *testing.T, s *Store, _ *gateway.Delivery) {
			_, err := s.Sweep(t.Context(), late)
			must(t, err)
		}},
	}
	edges := documented(t)
	var appended []string
	for state := gateway.Pending; state <= gateway.Dead; state++ {
		appended = append(appended, state.String())
		for call, variants := range calls {
			var became []string
			for _, do := range variants {
				s := openNew(t)
				d := in(t, s, state)
				do(t, s, d)
				if got := stands(t, s); got != state.String() || begun(t, s, d) {
					became = append(became, got)
				}
			}
			name := state.String() + " " + call
			if got := strings.Join(became, ", "); got != edges[name] {
				t.Errorf("%s makes it %q, and the documentation says %q", name, got, edges[name])
			}
		}
	}
	if got := strings.Join(appended, ", "); got != edges["nothing Append or Note"] {
		t.Errorf("Append makes %q, and the documentation says %q", got, edges["nothing Append or Note"])
	}
}

// begun reports whether another attempt of a delivery has.
func begun(t *testing.T, s *Store, d *gateway.Delivery) bool {
	t.Helper()
	got, err := s.Show(t.Context(), d.ID)
	must(t, err)
	return got.Attempt != d.Attempt
}
