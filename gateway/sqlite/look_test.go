package sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// openHasty opens a store on whose clock time flies: a third of lookFor each time
// that it is read.
func openHasty(t testing.TB) *Store {
	t.Helper()
	var reads atomic.Int64
	o := testOptions(t)
	o.Now = func() time.Time { return storetest.Epoch.Add(time.Duration(reads.Add(1)) * lookFor / 3) }
	return openAt(t, filepath.Join(t.TempDir(), "hooks.db"), o)
}

// many notes n events, and waits for them. Each tenth is to github.
func many(t testing.TB, s *Store, n int) {
	t.Helper()
	for i := range n {
		a := to
		if i%10 == 0 {
			a.Endpoint = "github"
		}
		s.Note(storetest.Entry(fmt.Sprint("event ", i), a))
	}
	for stored := int64(0); stored < int64(n); {
		stats, err := s.Stats(t.Context(), storetest.Epoch)
		must(t, err)
		stored = stats.Events
	}
}

func TestListTakesItsTime(t *testing.T) {
	const n = few + lookStep
	s := openHasty(t)
	many(t, s, n)
	for name, tt := range map[string]struct {
		filter gateway.Filter
		want   int
	}{
		"all of the old":              {gateway.Filter{Before: 500}, 499},
		"an endpoint":                 {gateway.Filter{Endpoint: "github"}, (n + 9) / 10},
		"the oldest":                  {gateway.Filter{Reference: "event 0"}, 1},
		"a word in the oldest":        {gateway.Filter{Search: `"event 0"`, Before: 500}, 1},
		"a word that is nowhere":      {gateway.Filter{Search: "nowhere", Before: 500}, 0},
		"a type that is nowhere":      {gateway.Filter{Type: "nowhere"}, 0},
		"more pending than are few":   {gateway.Filter{States: []gateway.State{gateway.Pending}, Reference: "event 0"}, 1},
		"no delivery in such a state": {gateway.Filter{States: []gateway.State{gateway.Dead}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			list, pages := pagesOf(t, s, tt.filter)
			if len(list) != tt.want || !slices.IsSortedFunc(list, func(a, b *gateway.Delivery) int { return int(b.ID - a.ID) }) {
				t.Errorf("%d deliveries are listed, want %d, the newest first", len(list), tt.want)
			}
			if atOnce := tt.want == 0 && tt.filter.States != nil; pages == 1 && !atOnce {
				t.Error("it took one page, want it to end when its time is up")
			}
			if n, err := s.Count(t.Context(), tt.filter); n != tt.want || err != nil {
				t.Errorf("Count = %d, %v; want %d", n, err, tt.want)
			}
		})
	}
}

// pagesOf is all that the filter selects, and on how many pages.
func pagesOf(t testing.TB, s *Store, f gateway.Filter) (list []*gateway.Delivery, pages int) {
	t.Helper()
	for more := true; more; pages++ {
		page, err := s.List(t.Context(), f, 1_000_000)
		must(t, err)
		if page.Next != 0 && f.Before != 0 && page.Next >= f.Before {
			t.Fatalf("below %d the next page is below %d", f.Before, page.Next)
		}
		list, f.Before, more = append(list, page.Deliveries...), page.Next, page.Next != 0
	}
	return list, pages
}

// Of a page's limit and time, either may end it first.
func TestListFullPage(t *testing.T) {
	s := openNew(t)
	many(t, s, 3)
	for limit, want := range map[int]int64{-1: 0, 0: 0, 1: 3, 2: 2, 3: 0, 4: 0} {
		page, err := s.List(t.Context(), gateway.Filter{}, limit)
		if err != nil || len(page.Deliveries) != min(max(limit, 0), 3) || page.Next != want {
			t.Errorf("limit %d: List = %d deliveries, next %d, %v; want next %d", limit, len(page.Deliveries), page.Next, err, want)
		}
	}
}

// Bulk work goes on where a look has ended.
func TestInSteps(t *testing.T) {
	s := openHasty(t)
	many(t, s, 3*bulkStep)
	github := gateway.Filter{Endpoint: "github"}
	if n, err := s.Discard(t.Context(), github, 1_000_000); n != 3*bulkStep/10 || err != nil {
		t.Errorf("Discard = %d, %v; want each tenth", n, err)
	}
	if n, err := s.Discard(t.Context(), gateway.Filter{}, bulkStep+1); n != bulkStep+1 || err != nil {
		t.Errorf("Discard = %d, %v; want as many as the limit", n, err)
	}
	if n, err := s.Count(t.Context(), gateway.Filter{}); n != 3*bulkStep*9/10-bulkStep-1 || err != nil {
		t.Errorf("Count = %d, %v", n, err)
	}
}

// Large events are discarded in transactions of their own.
func TestDiscardLarge(t *testing.T) {
	s := openNew(t)
	for i := range 3 {
		e := storetest.Entry(fmt.Sprint(i), to)
		e.Event.Body = make([]byte, sweptBytes)
		mustAppend(t, s, e)
	}
	d := &discarding{ids: []int64{3, 2, 1}, states: []gateway.State{gateway.Pending}}
	must(t, s.do(t.Context(), d, 0, 0))
	if d.done != 1 || !slices.Equal(d.left, []int64{2, 1}) {
		t.Errorf("%d were discarded in a step, and %v left; want one", d.done, d.left)
	}
	if n, err := s.Discard(t.Context(), gateway.Filter{}, 10); n != 2 || err != nil {
		t.Errorf("Discard = %d, %v; want the other two", n, err)
	}
}

// What has been replayed since it was found stays.
func TestDiscardLate(t *testing.T) {
	s := openNew(t)
	mustAppend(t, s, storetest.Entry("a", to))
	d := &discarding{ids: []int64{1, 2}, states: []gateway.State{gateway.Dead}}
	must(t, s.do(t.Context(), d, 0, 0))
	if d.done != 0 || len(everything(t, s)) != 1 {
		t.Error("a pending delivery was discarded, want only dead ones to be")
	}
}

// However many lists are being looked for, an event can be loaded.
func TestLongReadersLeaveOne(t *testing.T) {
	s := openNew(t)
	e := storetest.Entry("a", to)
	mustAppend(t, s, e)
	begun, end, ended := make(chan bool), make(chan bool), make(chan error)
	for range longCount {
		go func() {
			ended <- s.readLong(t.Context(), func(*engine.Conn) error {
				begun <- true
				<-end
				return nil
			})
		}()
		<-begun
	}
	must(t, s.Load(t.Context(), e.Deliveries[0]))
	close(end)
	for range longCount {
		must(t, <-ended)
	}
}
