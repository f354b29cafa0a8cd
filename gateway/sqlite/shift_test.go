package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// waits are when deliveries are due, before the clock is put back by an hour to
// the Epoch and after it, and how they are ordered.
var waits = []struct {
	name         string
	before       time.Duration
	least, after time.Duration // due then at the earliest, and at the latest
	order        string
}{
	{"was waiting by the new clock too", -time.Hour, -time.Hour, -time.Hour, ""},
	{"is due now", 0, 0, 0, ""},
	{"was waiting", 15 * time.Minute, -time.Millisecond, 0, ""},
	{"was waiting behind it", 30 * time.Minute, -time.Millisecond, 0, ""},
	{"became due in that moment", time.Hour, 0, 0, ""},
	{"put off by so little", time.Hour + 1, 1, 1, ""},
	{"put off", 90 * time.Minute, 30 * time.Minute, 30 * time.Minute, ""},
	{"put off for longer than an hour", 5 * time.Hour, 4 * time.Hour, 4 * time.Hour, ""},
	{"first of its order", 90 * time.Minute, 30 * time.Minute, 30 * time.Minute, "x"},
	{"second of its order", 100 * time.Minute, 40 * time.Minute, 40 * time.Minute, "x"},
	{"third of its order", 15 * time.Minute, -time.Millisecond, 0, "x"},
}

// storeWaits stores n deliveries that wait so, to two destinations in turn.
func storeWaits(t *testing.T, s *Store, n int) {
	t.Helper()
	for i := range n {
		w := waits[i%len(waits)]
		e := storetest.Entry(fmt.Sprint(i), gateway.Address{Endpoint: "test", Destination: fmt.Sprint(i % 2)})
		e.Deliveries[0].Due = storetest.Epoch.Add(w.before)
		e.Deliveries[0].Order = w.order
		s.Note(e)
	}
	for stored := int64(0); stored < int64(n); {
		stats, err := s.Stats(t.Context(), storetest.Epoch)
		must(t, err)
		stored = stats.Events
	}
}

// TestShift: what was put off waits as long as was meant, and what was not is
// due in its order, however many steps that takes and whichever of them fails.
func TestShift(t *testing.T) {
	s := openNew(t)
	const n = 3*shiftStep + 7
	storeWaits(t, s, n)
	mustAppend(t, s, storetest.Entry("leased", to))
	leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch.Add(10*time.Hour), 1)
	if len(leased) != 1 || err != nil {
		t.Fatalf("Lease = %v, %v", leased, err)
	}
	step := s.Shift(storetest.Epoch, time.Hour)
	steps, more := 0, true
	for ; more; steps++ {
		breakOff(t, s, step)
		more, err = step(t.Context())
		must(t, err)
		if steps == 0 {
			late := storetest.Entry("by the new clock", to)
			late.Deliveries[0].Due = storetest.Epoch.Add(8 * time.Hour)
			mustAppend(t, s, late)
		}
	}
	if steps < 3 {
		t.Errorf("it took %d steps", steps)
	}
	list := everything(t, s)
	slices.Reverse(list)
	for i, d := range list[:n] {
		if w, due := waits[i%len(waits)], d.Due.Sub(storetest.Epoch); due < w.least || due > w.after {
			t.Fatalf("delivery %d, which %s, is due at %v, want %v", d.ID, w.name, due, w.after)
		}
	}
	for i := range n - len(waits) {
		if first, second := list[i/len(waits)*len(waits)+2], list[i/len(waits)*len(waits)+3]; !first.Due.Before(second.Due) {
			t.Fatalf("delivery %d is due at %v, and %d before or then, at %v", first.ID, first.Due, second.ID, second.Due)
		}
	}
	if d := list[n]; !d.Due.Equal(storetest.Epoch.Add(10 * time.Hour)) {
		t.Errorf("the lease ends at %v, want it as it was", d.Due)
	}
	if d := list[n+1]; !d.Due.Equal(storetest.Epoch.Add(8 * time.Hour)) {
		t.Errorf("what came after the first step is due at %v, want it as it was", d.Due)
	}
}

// breakOff has a caller of step leave while the writer is busy.
func breakOff(t *testing.T, s *Store, step func(context.Context) (bool, error)) {
	t.Helper()
	h, done := occupy(s)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if more, err := step(gone); !more || !errors.Is(err, gateway.ErrSlow) {
		t.Errorf("the step = %v, %v; want %v", more, err, gateway.ErrSlow)
	}
	close(h.release)
	must(t, <-done)
}
