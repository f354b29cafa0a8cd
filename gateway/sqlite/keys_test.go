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
