package gateway

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

var seenT0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestNewKeyIsInjective(t *testing.T) {
	lists := [][]string{
		{}, {""}, {"", ""}, {"abc"}, {"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"},
		{"a", "b", "c"}, {"ab", "\x00c"}, {"\x00\x00\x00\x00\x00\x00\x00\x00"},
		{strings.Repeat("x", 1000)}, {strings.Repeat("x", 999), "x"},
	}
	seen := map[Key][]string{}
	for _, l := range lists {
		k := NewKey(l...)
		if other, ok := seen[k]; ok {
			t.Errorf("NewKey(%q) = NewKey(%q)", l, other)
		}
		if k != NewKey(l...) {
			t.Errorf("NewKey(%q) changes", l)
		}
		seen[k] = l
	}
}

// A key that is stored must mean the same after an update.
func TestNewKeyIsStable(t *testing.T) {
	const want = "a76766efae211dfc642367bf609881979a6b1d214e824c577733e1cf28b84e80"
	if got := fmt.Sprintf("%x", NewKey("stripe", "evt_1")); got != want {
		t.Errorf("NewKey = %s, want %s", got, want)
	}
}

func TestNewKeyAllocatesNothing(t *testing.T) {
	mac, long := make([]byte, 32), strings.Repeat("x", 1<<20)
	if n := testing.AllocsPerRun(100, func() { NewKey("endpoint", "id", string(mac)) }); n != 0 {
		t.Errorf("with a MAC: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { NewKey("endpoint", long) }); n != 0 {
		t.Errorf("with a long part: %v allocations", n)
	}
}

func FuzzNewKey(f *testing.F) {
	f.Add("ab", "c", "a", "bc")
	f.Add("", "", "\x00", "")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		if same := a == c && b == d; (NewKey(a, b) == NewKey(c, d)) != same {
			t.Errorf("NewKey(%q, %q) and NewKey(%q, %q): want same %v", a, b, c, d, same)
		}
		if NewKey(a, b) == NewKey(a+b) || NewKey(a, b) == NewKey(a, b, c) {
			t.Errorf("NewKey(%q, %q) is that of another number of parts", a, b)
		}
	})
}

// seenStep is one call and what it must answer: Claim, unless it is a confirm
// or a release, which answer nothing.
type seenStep struct {
	at      time.Duration // after seenT0
	key     string
	confirm time.Duration // ttl
	release bool
	want    Claim
}

func TestSeen(t *testing.T) {
	const ttl = time.Minute
	tests := []struct {
		name  string
		size  int
		steps []seenStep
		len   int
	}{
		{"confirmed", 9, []seenStep{
			{key: "a", want: Ours},
			{key: "a", want: InFlight},
			{key: "b", want: Ours},
			{key: "a", confirm: ttl},
			{key: "a", want: Done},
			{key: "b", want: InFlight},
		}, 2},
		{"released", 9, []seenStep{
			{key: "a", want: Ours},
			{key: "a", release: true},
			{key: "a", want: Ours},
			{key: "a", want: InFlight},
		}, 1},
		{"expiry", 9, []seenStep{
			{key: "a", want: Ours},
			{key: "a", confirm: ttl},
			{at: ttl - 1, key: "a", want: Done},
			{at: ttl, key: "a", want: Ours},
			{at: ttl, key: "a", want: InFlight},
			{at: ttl, key: "a", confirm: ttl},
			{at: 2*ttl - 1, key: "a", want: Done},
		}, 1},
		{"the clock steps back", 9, []seenStep{
			{key: "a", want: Ours},
			{key: "a", confirm: ttl},
			{at: -time.Hour, key: "a", want: Done},
			{at: ttl, key: "a", want: Ours},
			{at: -time.Hour, key: "a", want: InFlight}, // forgotten at ttl is forgotten
		}, 1},
		{"ttl for ever", 9, []seenStep{
			{key: "a", confirm: math.MaxInt64},
			{at: 100 * 365 * 24 * time.Hour, key: "a", want: Done},
		}, 1},
		{"ttl negative", 9, []seenStep{
			{key: "a", want: Ours},
			{key: "a", confirm: math.MinInt64},
			{key: "a", want: Ours},
		}, 1},
		{"confirmed without a claim", 9, []seenStep{
			{key: "a", confirm: ttl},
			{key: "a", want: Done},
		}, 1},
		{"released without a claim", 9, []seenStep{
			{key: "a", release: true},
			{key: "b", confirm: ttl},
			{key: "b", release: true},
			{key: "b", want: Done},
		}, 1},
		{"oldest confirmed goes first", 2, []seenStep{
			{key: "b", want: Ours},
			{key: "a", want: Ours},
			{key: "a", confirm: ttl},
			{key: "b", confirm: ttl},
			{key: "a", want: Done}, // does not make it younger
			{key: "c", confirm: ttl},
			{key: "b", want: Done},
			{key: "c", want: Done},
			{key: "a", want: Ours},
		}, 3},
		{"in flight is not pushed out", 1, []seenStep{
			{key: "a", want: Ours},
			{key: "b", want: Ours},
			{key: "c", confirm: ttl},
			{key: "d", confirm: ttl},
			{key: "a", want: InFlight},
			{key: "b", want: InFlight},
			{key: "c", want: Ours},
		}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSeen(tt.size)
			for i, st := range tt.steps {
				if got := st.do(s); got != st.want {
					t.Errorf("%d: %+v = %v", i, st, got)
				}
			}
			if got := s.Len(); got != tt.len {
				t.Errorf("Len = %d, want %d", got, tt.len)
			}
		})
	}
}

func (st seenStep) do(s *Seen) Claim {
	now, k := seenT0.Add(st.at), NewKey(st.key)
	switch {
	case st.release:
		s.Release(k)
	case st.confirm != 0:
		s.Confirm(now, k, st.confirm)
	default:
		return s.Claim(now, k)
	}
	return 0
}

func TestSeenSize(t *testing.T) {
	for _, size := range []int{1, 3, 2047, 5000, 100_000} {
		s := NewSeen(size)
		for i := range 2 * size {
			s.Confirm(seenT0, NewKey(fmt.Sprint(i)), time.Minute)
		}
		if n := s.Len(); n > size+maxSeenShards || n < size*9/10 {
			t.Errorf("NewSeen(%d) remembers %d", size, n)
		}
	}
}

// claims counts the answers that many goroutines get for one key.
func claims(s *Seen, k Key) map[Claim]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := map[Claim]int{}
	start := make(chan struct{})
	for range 1000 {
		wg.Go(func() {
			<-start
			c := s.Claim(seenT0, k)
			mu.Lock()
			defer mu.Unlock()
			n[c]++
		})
	}
	close(start)
	wg.Wait()
	return n
}

func TestSeenConcurrentClaims(t *testing.T) {
	s, k := NewSeen(0), NewKey("endpoint", "id")
	for range 3 {
		if n := claims(s, k); n[Ours] != 1 || n[InFlight] != 999 {
			t.Errorf("claims of a new key: %v, want 1 Ours and 999 InFlight", n)
		}
		s.Release(k)
	}
	s.Claim(seenT0, k)
	s.Confirm(seenT0, k, time.Minute)
	if n := claims(s, k); n[Done] != 1000 {
		t.Errorf("claims of an accepted key: %v, want 1000 Done", n)
	}
}

// TestSeenModel compares a Seen that never is full with a map of what it should say.
func TestSeenModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s, now := NewSeen(5000), seenT0
	flying, until := map[Key]bool{}, map[Key]time.Time{}
	for i := range 50_000 {
		now = now.Add(time.Duration(r.IntN(20)-1) * time.Millisecond) // sometimes back
		k := NewKey(fmt.Sprint(r.IntN(500)))
		switch r.IntN(4) {
		case 0:
			ttl := time.Duration(r.IntN(10_000)) * time.Millisecond
			s.Confirm(now, k, ttl)
			delete(flying, k)
			until[k] = now.Add(ttl)
		case 1:
			s.Release(k)
			delete(flying, k)
		default:
			want := Ours
			switch {
			case now.Before(until[k]):
				want = Done
			case flying[k]:
				want = InFlight
			default:
				flying[k] = true
			}
			if want != Done {
				delete(until, k)
			}
			if got := s.Claim(now, k); got != want {
				t.Fatalf("%d: Claim = %v, want %v", i, got, want)
			}
		}
		if want := len(flying) + len(until); s.Len() != want {
			t.Fatalf("%d: Len = %d, want %d", i, s.Len(), want)
		}
	}
}

const benchSeen = 100_000

// freshKeys calls do with keys not seen before, in parallel.
func freshKeys(b *testing.B, do func(Key)) {
	var workers atomic.Uint64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		r := rand.NewChaCha8(Key{0: byte(workers.Add(1)), 1: 1})
		var k Key
		for pb.Next() {
			_, _ = r.Read(k[:])
			do(k)
		}
	})
}

// BenchmarkSeen compares claims of fresh keys in a full memory with golang-lru's
// own ContainsOrAdd, which has two answers where a Seen has three.
func BenchmarkSeen(b *testing.B) {
	full := func() *Seen {
		s := NewSeen(benchSeen)
		fill(s, 2*benchSeen)
		return s
	}
	b.Run("claim+confirm", func(b *testing.B) {
		s := full()
		freshKeys(b, func(k Key) {
			s.Claim(seenT0, k)
			s.Confirm(seenT0, k, time.Hour)
		})
	})
	b.Run("claim", func(b *testing.B) {
		s := full()
		freshKeys(b, func(k Key) {
			s.Claim(seenT0, k)
			s.Release(k) // or claims would pile up as they never do
		})
	})
	b.Run("ContainsOrAdd", func(b *testing.B) {
		c, _ := lru.New[Key, int64](benchSeen)
		r := rand.NewChaCha8(Key{})
		for range 2 * benchSeen {
			var k Key
			_, _ = r.Read(k[:])
			c.Add(k, 0)
		}
		freshKeys(b, func(k Key) { c.ContainsOrAdd(k, 0) })
	})
	b.Run("duplicate", func(b *testing.B) {
		s, k := full(), NewKey("a")
		s.Confirm(seenT0, k, time.Hour)
		freshKeys(b, func(Key) { s.Claim(seenT0, k) })
	})
}

func BenchmarkNewKey(b *testing.B) {
	mac := make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		NewKey("endpoint", "0b7f8a0e-5c1b-4c0e-9d5a-0e6f7a3f1c2d", string(mac))
	}
}

func fill(s *Seen, n int) {
	r := rand.NewChaCha8(Key{})
	var k Key
	for range n {
		_, _ = r.Read(k[:])
		s.Claim(seenT0, k)
		s.Confirm(seenT0, k, time.Hour)
	}
}

// BenchmarkSeenMemory reports the bytes an accepted event costs: freshly
// filled, and after ten times as many have passed.
func BenchmarkSeenMemory(b *testing.B) {
	for _, times := range []int{1, 10} {
		b.Run(fmt.Sprintf("turnover=%d", times), func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				s := NewSeen(benchSeen)
				fill(s, times*benchSeen)
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(s.Len()), "B/id")
			}
		})
	}
}
