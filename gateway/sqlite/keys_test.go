package sqlite

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// TestKeysMove: keys are known wherever they are, before and after a restart,
// and not when they are released or expired.
func TestKeysMove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hooks.db")
	s := openAt(t, path, testOptions(t))
	s.keys.limit = 200
	want := make(map[gateway.Key]bool)
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		for i := range 100 {
			e := storetest.Entry(fmt.Sprint(round, i))
			expires := random.IntN(10) == 0
			if expires {
				e.Until = e.Event.ReceivedAt.Add(time.Second)
			}
			s.Note(e)
			want[e.Event.Key] = !expires
		}
		e := storetest.Entry(fmt.Sprint("released ", round), to)
		mustAppend(t, s, e) // with all that was noted
		release(t, s)
		want[e.Event.Key] = false
	}
	levels := make(map[int]int)
	for _, r := range s.keys.runs {
		levels[r.level]++
	}
	if levels[1] == 0 || levels[0] >= 2*fanIn {
		t.Errorf("%v runs by level: they are not merged", levels)
	}
	expectKnown(t, s, want)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	expectKnown(t, openAt(t, path, testOptions(t)), want)
}

func release(t *testing.T, s *Store) {
	t.Helper()
	leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch.Add(time.Hour), 1)
	if len(leased) != 1 || err != nil {
		t.Fatalf("Lease = %v, %v; want one", leased, err)
	}
	leased[0].State = gateway.Dead
	if forgotten, err := s.Finish(t.Context(), leased[0]); !forgotten || err != nil {
		t.Fatalf("Finish = %v, %v; want the key forgotten", forgotten, err)
	}
}

func expectKnown(t *testing.T, s *Store, want map[gateway.Key]bool) {
	t.Helper()
	now := storetest.Epoch.Add(time.Minute)
	for key, want := range want {
		if known, err := s.Known(t.Context(), now, key); known != want || err != nil {
			t.Fatalf("Known(%x) = %v, %v; want %v", key[:4], known, err, want)
		}
	}
}

// TestFilterGrows: a filter that is full gets another stage, and loses nothing.
func TestFilterGrows(t *testing.T) {
	f := filter{{words: make([]uint64, 12), room: 64}}
	var keys []half
	for i := range 10_000 {
		key := gateway.NewKey(fmt.Sprint(i))
		keys = append(keys, half(key[:]))
		f.add(keys[i])
	}
	if len(f) < 2 {
		t.Errorf("it has %d stage", len(f))
	}
	for i, h := range keys {
		if !f.may(h) {
			t.Fatalf("key %d is lost", i)
		}
	}
	wrong := 0
	for i := range 10_000 {
		key := gateway.NewKey(fmt.Sprint("other ", i))
		if f.may(half(key[:])) {
			wrong++
		}
	}
	if wrong > 500 {
		t.Errorf("it holds %d of 10000 other keys for its own", wrong)
	}
}

// TestFilterIsBounded: a filter takes 48 MiB at most, however many keys have
// come since the store was opened.
func TestFilterIsBounded(t *testing.T) {
	var f filter
	f.grow(1)
	for range 20 {
		f[len(f)-1].room = 0 // as many have come as there was room for
		f.add(half{1})
	}
	bytes := 0
	for _, s := range f {
		bytes += 8 * len(s.words)
	}
	if most := 48 << 20; bytes > most || len(f[len(f)-1].words) != filterMost*filterBits/64 {
		t.Errorf("it takes %d bytes in %d stages, want %d at most, and the last as large as one may be", bytes, len(f), most)
	}
	if !f.may(half{1}) {
		t.Error("a key is lost")
	}
}

// TestKeysSurvive: whatever has been moved, merged and removed when the process
// dies, each claim that was acknowledged counts until it ends or is released.
func TestKeysSurvive(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	clock := storetest.Epoch
	l := &lab{t: t}
	s := l.Open(t, func() time.Time { return clock }).(*Store)
	until := make(map[gateway.Key]time.Time)
	levels := 0
	for step := range 1200 {
		clock = clock.Add(time.Second)
		switch n := random.IntN(100); {
		case n < 2:
			for _, r := range s.keys.runs {
				levels = max(levels, r.level)
			}
			expectClaims(t, s, clock, until)
			if n == 0 {
				s = l.Crash(s).(*Store)
			} else {
				s = l.Reopen(s).(*Store)
			}
			expectClaims(t, s, clock, until)
		case n < 15:
			if key, found := giveUp(t, s, clock); found {
				until[key] = time.Time{}
			}
		default:
			e := storetest.Entry(fmt.Sprint(random.IntN(2*step+1)), to)
			e.Event.ReceivedAt, e.Deliveries[0].Due = clock, clock
			e.Until = clock.Add(time.Duration(1+random.IntN(1000)) * time.Second)
			want := gateway.Ours
			if until[e.Event.Key].After(clock) {
				want = gateway.Done
			}
			if claim, err := s.Append(t.Context(), e); claim != want || err != nil {
				t.Fatalf("step %d: Append = %v, %v; want %v", step, claim, err, want)
			}
			if want == gateway.Ours {
				until[e.Event.Key] = e.Until
			}
		}
	}
	expectClaims(t, s, clock, until)
	if levels < 2 {
		t.Errorf("runs were merged to level %d, want 2", levels)
	}
	must(t, s.Close())
}

// giveUp makes a dead letter of a delivery that is due, and returns the key that
// is released with it.
func giveUp(t *testing.T, s *Store, now time.Time) (key gateway.Key, found bool) {
	t.Helper()
	leased, _, err := s.Lease(t.Context(), to, now, now.Add(time.Hour), 1)
	must(t, err)
	if len(leased) == 0 {
		return key, false
	}
	d := leased[0]
	must(t, s.Load(t.Context(), d))
	key = d.Event.Key
	d.State, d.LastAttempt = gateway.Dead, gateway.Attempt{Number: d.Attempt, Start: now}
	forgotten, err := s.Finish(t.Context(), d)
	must(t, err)
	return key, forgotten
}

func expectClaims(t *testing.T, s *Store, now time.Time, until map[gateway.Key]time.Time) {
	t.Helper()
	for key, end := range until {
		if known, err := s.Known(t.Context(), now, key); known != end.After(now) || err != nil {
			t.Fatalf("at %v Known(%x) = %v, %v; it ends at %v", now, key[:4], known, err, end)
		}
	}
}

// TestClockAhead: one event that came while the clock was far ahead ends nobody
// else's claim.
func TestClockAhead(t *testing.T) {
	s := openNew(t)
	s.keys.limit = 50
	claim := func(name string, at time.Time) gateway.Key {
		e := storetest.Entry(name, to)
		e.Event.ReceivedAt, e.Until = at, at.Add(7*24*time.Hour)
		mustAppend(t, s, e)
		return e.Event.Key
	}
	var keys []gateway.Key
	for i := range 300 {
		keys = append(keys, claim(fmt.Sprint("before ", i), storetest.Epoch))
	}
	claim("while it was ahead", storetest.Epoch.AddDate(1, 0, 0))
	for i := range 600 {
		keys = append(keys, claim(fmt.Sprint("after ", i), storetest.Epoch))
	}
	forgotten := 0
	for _, k := range keys {
		if known, err := s.Known(t.Context(), storetest.Epoch, k); !known || err != nil {
			forgotten++
		}
	}
	if forgotten > 0 {
		t.Errorf("%d of %d claims are forgotten", forgotten, len(keys))
	}
}
