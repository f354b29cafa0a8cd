package sqlite

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

func TestFull(t *testing.T) {
	size := newRecord(storetest.Entry("1", to)).size()
	for name, limits := range map[string]Limits{
		"events":  {MaxEvents: 2},
		"bytes":   {MaxBytes: 2 * size},
		"reserve": {Reserve: math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			s := openNew(t)
			mustAppend(t, s, storetest.Entry("1", to))
			mustAppend(t, s, storetest.Entry("2", to))
			limits.RetainFor, limits.CommitWithin = storetest.Retention, time.Minute
			s.Configure(limits)
			if claim, err := s.Append(t.Context(), storetest.Entry("3", to)); !errors.Is(err, gateway.ErrFull) || claim != 0 {
				t.Errorf("Append = %v, %v; want %v", claim, err, gateway.ErrFull)
			}
			if claim, err := s.Append(t.Context(), storetest.Entry("2", to)); claim != gateway.Done || err != nil {
				t.Errorf("Append of a repeat = %v, %v; want %v", claim, err, gateway.Done)
			}
			expectHealth(t, s, gateway.Full, gateway.ErrFull)
			deliverOne(t, s)
			limits.Reserve = 0
			s.Configure(limits)
			mustAppend(t, s, storetest.Entry("3", to))
		})
	}
}

func expectHealth(t *testing.T, s *Store, health gateway.Health, want error) {
	t.Helper()
	if stats, _ := s.Stats(t.Context(), storetest.Epoch); stats.Health != health || !errors.Is(stats.Err, want) {
		t.Errorf("Stats: %v, %v; want %v, %v", stats.Health, stats.Err, health, want)
	}
}

// deliverOne leases, delivers and sweeps.
func deliverOne(t *testing.T, s *Store) {
	t.Helper()
	leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch.Add(time.Second), 1)
	if len(leased) != 1 || err != nil {
		t.Fatalf("Lease = %v, %v; want one", leased, err)
	}
	leased[0].State = gateway.Delivered
	if _, err := s.Finish(t.Context(), leased[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sweep(t.Context(), storetest.Epoch); err != nil {
		t.Fatal(err)
	}
}

// pragma sets one on the writer's connection, which is the writer's alone.
func pragma(t *testing.T, s *Store, text string) {
	t.Helper()
	must(t, s.do(t.Context(), setting("PRAGMA "+text), 0, 0))
}

type setting string

func (p setting) apply(w *writer) error { return sqlitex.ExecuteTransient(w.conn, string(p), nil) }

// TestDiskFull: SQLite's own bound on the file stands for the disk's.
func TestDiskFull(t *testing.T) {
	s := openNew(t)
	mustAppend(t, s, storetest.Entry("1", to))
	pragma(t, s, "max_page_count = 1") // which makes it what it has
	large := storetest.Entry("2", to)
	large.Event.Body = make([]byte, 100*pageSize)
	if _, err := s.Append(t.Context(), large); !errors.Is(err, gateway.ErrFull) {
		t.Fatalf("Append = %v, want %v", err, gateway.ErrFull)
	}
	deliverOne(t, s)
	expectHealth(t, s, gateway.Ready, nil)
	pragma(t, s, "max_page_count = 1000000")
	mustAppend(t, s, large)
}

// TestDiskFullDrops: what a full disk keeps out of the history is counted, and
// what needs no space is done.
func TestDiskFullDrops(t *testing.T) {
	o := testOptions(t)
	var dropped int64
	o.Observe = func(c Commit) { dropped += c.Dropped } // before the callers are told
	s := openAt(t, filepath.Join(t.TempDir(), "webhooks.db"), o)
	pragma(t, s, "max_page_count = 1")
	large := storetest.Entry("1", to)
	large.Event.Body = make([]byte, 100*pageSize)
	large.Deliveries[0].State = gateway.Delivered
	s.Note(large)
	_, err := s.Sweep(t.Context(), storetest.Epoch) // takes the note along
	must(t, err)
	if dropped != 1 {
		t.Errorf("%d events are missing, want the 1 that was noted", dropped)
	}
}

func TestFailed(t *testing.T) {
	s := openNew(t)
	mustAppend(t, s, storetest.Entry("1", to))
	pragma(t, s, "query_only = ON") // it cannot write
	_, first := s.Append(t.Context(), storetest.Entry("2", to))
	_, append := s.Append(t.Context(), storetest.Entry("3", to))
	_, known := s.Known(t.Context(), storetest.Epoch, gateway.NewKey("1"))
	_, list := s.List(t.Context(), gateway.Filter{}, 1)
	for name, err := range map[string]error{"the first Append": first, "the next": append, "Known": known, "List": list} {
		if !errors.Is(err, gateway.ErrFailed) {
			t.Errorf("%s = %v, want %v", name, err, gateway.ErrFailed)
		}
	}
	expectHealth(t, s, gateway.Failed, gateway.ErrFailed)
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}

func TestRetainNothing(t *testing.T) {
	s := openNew(t)
	s.Configure(Limits{})
	e := storetest.Entry("noted", to)
	e.Deliveries[0].State = gateway.Delivered
	s.Note(e)
	mustAppend(t, s, storetest.Entry("appended", to))
	expectEvents(t, s, 1)
	deliverOne(t, s)
	expectEvents(t, s, 0)
	refused := storetest.Entry("refused", to)
	refused.Deliveries[0].State = gateway.Dead
	s.Note(refused)
	mustAppend(t, s, storetest.Entry("behind it", to))
	expectEvents(t, s, 2) // a dead letter is kept all the same
	for _, name := range []string{"noted", "appended"} {
		if known, err := s.Known(t.Context(), storetest.Epoch, gateway.NewKey(name)); !known || err != nil {
			t.Errorf("Known(%s) = %v, %v; want true", name, known, err)
		}
	}
}

func expectEvents(t *testing.T, s *Store, want int64) {
	t.Helper()
	if stats, err := s.Stats(t.Context(), storetest.Epoch); stats.Events != want || err != nil {
		t.Errorf("%d events are stored, %v; want %d", stats.Events, err, want)
	}
}

// everything is the whole list, however many pages it takes.
func everything(t testing.TB, s *Store) (list []*gateway.Delivery) {
	t.Helper()
	for f := (gateway.Filter{}); ; {
		page, err := s.List(t.Context(), f, 1000)
		if err != nil {
			t.Fatal(err)
		}
		list, f.Before = append(list, page.Deliveries...), page.Next
		if page.Next == 0 {
			return list
		}
	}
}

// kept are the ids of what is stored, the newest first.
func kept(t *testing.T, s *Store) (ids []int64, err error) {
	page, err := s.List(t.Context(), gateway.Filter{}, 10)
	for _, d := range page.Deliveries {
		ids = append(ids, d.ID)
	}
	return ids, err
}

func TestRetainBytes(t *testing.T) {
	s := openNew(t)
	for i, state := range []gateway.State{gateway.Dead, gateway.Delivered, gateway.Delivered, gateway.Pending} {
		e := storetest.Entry(fmt.Sprint(i), to)
		e.Deliveries[0].State = state
		mustAppend(t, s, e)
	}
	for _, tt := range []struct {
		retain int64
		want   []int64
	}{
		{1 << 20, []int64{4, 3, 2, 1}},
		{newRecord(storetest.Entry("0", to)).size() + 1, []int64{4, 1}}, // one, and the dead last
		{1, []int64{4}},
	} {
		s.Configure(Limits{RetainFor: storetest.Retention, RetainBytes: tt.retain})
		for more := true; more; {
			var err error
			if more, err = s.Sweep(t.Context(), storetest.Epoch); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := kept(t, s); fmt.Sprint(got) != fmt.Sprint(tt.want) || err != nil {
			t.Errorf("with %d bytes: %v, %v; want %v", tt.retain, got, err, tt.want)
		}
	}
}

// TestRetainDead keeps dead letters longer than the rest, of which nothing is kept.
func TestRetainDead(t *testing.T) {
	s := openNew(t)
	for i, state := range []gateway.State{gateway.Dead, gateway.Delivered, gateway.Pending} {
		e := storetest.Entry(fmt.Sprint(i), to)
		e.Deliveries[0].State = state
		mustAppend(t, s, e)
	}
	s.Configure(Limits{RetainDead: storetest.Retention})
	for _, tt := range []struct {
		after time.Duration
		want  []int64
	}{
		{time.Minute, []int64{3, 1}},
		{storetest.Retention + time.Minute, []int64{3}},
	} {
		if _, err := s.Sweep(t.Context(), storetest.Epoch.Add(tt.after)); err != nil {
			t.Fatal(err)
		}
		if got, err := kept(t, s); fmt.Sprint(got) != fmt.Sprint(tt.want) || err != nil {
			t.Errorf("after %v: %v, %v; want %v", tt.after, got, err, tt.want)
		}
	}
}

func TestProlong(t *testing.T) {
	s := openNew(t)
	mustAppend(t, s, storetest.Entry("1", to))
	lease := func(now time.Time) int {
		t.Helper()
		leased, _, err := s.Lease(t.Context(), to, now, now.Add(time.Minute), 1)
		must(t, err)
		return len(leased)
	}
	lease(storetest.Epoch)
	must(t, s.Prolong(t.Context(), time.Hour))
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{time.Minute, 0}, {time.Hour + time.Minute - 1, 0}, {time.Hour + time.Minute, 1}} {
		if n := lease(storetest.Epoch.Add(tt.after)); n != tt.want {
			t.Errorf("%v later %d are given out, want %d", tt.after, n, tt.want)
		}
	}
}
