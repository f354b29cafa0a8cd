package ratelimit

import (
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

const d = 100 * time.Millisecond // one token at 10 per second

var (
	t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	t1 = t0.Add(1 * d)
	t5 = t0.Add(5 * d)
	t9 = t0.Add(9 * d)
)

type take struct {
	t         time.Time
	key       string
	ok        bool
	remaining int
	wait      time.Duration
	reset     time.Duration
}

func TestTake(t *testing.T) {
	tests := []struct {
		name  string
		l     *Limiter
		takes []take
	}{
		{"burst, then one per interval", &Limiter{Rate: 10, Burst: 2}, []take{
			{t0, "a", true, 1, 0, d},
			{t0, "a", true, 0, 0, d},
			{t0, "a", false, 0, d, d},
			{t1.Add(-1), "a", false, 0, 1, 1},
			{t1, "a", true, 0, 0, d},
			{t1, "a", false, 0, d, d},
			{t5, "a", true, 1, 0, d},
		}},
		{"half a token is kept", &Limiter{Rate: 10, Burst: 2}, []take{
			{t0, "a", true, 1, 0, d},
			{t0.Add(d / 2), "a", true, 0, 0, d / 2},
			{t0.Add(d / 2), "a", false, 0, d / 2, d / 2},
			{t1, "a", true, 0, 0, d},
		}},
		{"keys do not share", &Limiter{Rate: 10, Burst: 1}, []take{
			{t0, "a", true, 0, 0, d},
			{t0, "b", true, 0, 0, d},
			{t0, "", true, 0, 0, d},
			{t0, "a", false, 0, d, d},
		}},
		{"the clock steps back", &Limiter{Rate: 10, Burst: 2}, []take{
			{t9, "a", true, 1, 0, d},
			{t0, "a", false, 0, 9 * d, 9 * d}, // one token is left at t9, none now
			{t9, "a", true, 0, 0, d},
			{t9, "a", false, 0, d, d},
			{t9.Add(d), "a", true, 0, 0, d},
		}},
		{"before the first instant", &Limiter{Rate: 10, Burst: 1}, []take{
			{t9, "a", true, 0, 0, d},
			{t0, "b", true, 0, 0, d},
			{t0, "b", false, 0, d, d},
			{t1, "b", true, 0, 0, d},
		}},
		{"the instant zero", &Limiter{Rate: 10, Burst: 1}, []take{
			{time.Time{}, "a", true, 0, 0, d},
			{time.Time{}, "a", false, 0, d, d},
			{t0, "a", true, 0, 0, d},
			{time.Unix(1<<40, 0), "b", true, 0, 0, d},
			{time.Unix(-1<<40, 0), "c", true, 0, 0, d},
			{time.Unix(-1<<40, 0), "c", false, 0, d, d},
		}},
		{"a token in a thousand years", &Limiter{Rate: 1 / (1000 * 365 * 24 * 3600.), Burst: 1}, []take{
			{t0, "a", true, 0, 0, maxInterval},
			{t9, "a", false, 0, maxInterval - 9*d, maxInterval - 9*d},
		}},
		{"more at once than can be counted", &Limiter{Rate: 1, Burst: math.MaxInt}, []take{
			{t0, "a", true, maxDepth/int(time.Second) - 1, 0, time.Second},
		}},
		{"infinite", &Limiter{Rate: rate.Inf, Burst: 1}, []take{
			{t0, "a", true, 0, 0, 1},
			{t0, "a", false, 0, 1, 1},
			{t0.Add(1), "a", true, 0, 0, 1},
		}},
		{"zero value", &Limiter{}, []take{never}},
		{"no rate", &Limiter{Burst: 1}, []take{never}},
		{"no burst", &Limiter{Rate: 1}, []take{never}},
		{"negative", &Limiter{Rate: -1, Burst: -1}, []take{never}},
		{"not a number", &Limiter{Rate: rate.Limit(math.NaN()), Burst: 1}, []take{never}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, k := range tt.takes {
				want := Decision{k.ok, k.remaining, k.wait, k.reset}
				if got := tt.l.Take(k.t, k.key); got != want {
					t.Errorf("%d: Take(%v, %q) = %+v, want %+v", i, k.t.Sub(t0), k.key, got, want)
				}
			}
		})
	}
}

var never = take{t0, "a", false, 0, Never, Never}

func TestForgottenKeyStartsFull(t *testing.T) {
	l := &Limiter{Rate: 10, Burst: 1, Size: 2}
	steps := []struct {
		key string
		ok  bool
	}{
		{"a", true},
		{"b", true},
		{"a", false}, // refused, but used: b is now the oldest
		{"c", true},  // b is forgotten
		{"a", false},
		{"b", true},
	}
	for i, s := range steps {
		if got := l.Take(t0, s.key); got.OK != s.ok {
			t.Errorf("%d: Take(%q) = %+v, want OK %v", i, s.key, got, s.ok)
		}
	}
}

func TestSizeBoundsMemory(t *testing.T) {
	for _, size := range []int{1, 3, 5000, 40_000} {
		l := &Limiter{Rate: 1, Burst: 1, Size: size}
		for i := range 3 * size {
			l.Take(t0, strconv.Itoa(i))
		}
		n := 0
		for i := range l.shards {
			n += l.shards[i].full.Len()
		}
		if n > size+maxShards || n < size*9/10 {
			t.Errorf("Size %d: %d keys remembered", size, n)
		}
	}
}

// A Limiter with one key decides as rate.Limiter does.
func TestAgreesWithRate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		interval := time.Duration(1+r.IntN(1000)) * time.Millisecond
		limit, burst := rate.Every(interval), 1+r.IntN(20)
		want, l := rate.NewLimiter(limit, burst), &Limiter{Rate: limit, Burst: burst}
		now := t0
		for range 100 {
			// Off the edges: rate.Limiter rounds in the last nanosecond.
			now = now.Add(time.Duration(r.IntN(2*int(interval.Microseconds())))*time.Microsecond + 10)
			got := l.Take(now, "a")
			if ok := want.AllowN(now, 1); got.OK != ok {
				t.Fatalf("%v, burst %d: Take = %+v, rate.Limiter says %v", limit, burst, got, ok)
			}
			if n := want.TokensAt(now); math.Abs(n-float64(got.Remaining)) > 1.001 {
				t.Fatalf("%v, burst %d: %d remaining, rate.Limiter says %v", limit, burst, got.Remaining, n)
			}
		}
	}
}

// Waiting as long as told is enough, and 1 ns less is not.
func TestWaitIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		p := Policy{Events: 1 + r.IntN(100), Window: time.Duration(1e5 + r.Int64N(int64(time.Hour)))}
		l := p.Limiter(1)
		for range p.Events {
			l.Take(t0, "a")
		}
		now := t0.Add(time.Duration(r.Int64N(int64(p.Window) / int64(2*p.Events))))
		d := l.Take(now, "a")
		if early := l.Take(now.Add(d.Wait-1), "a"); d.OK || early.OK || early.Wait != 1 {
			t.Fatalf("%v: Take = %+v, then 1 ns too early %+v", p, d, early)
		}
		if d := l.Take(now.Add(d.Wait), "a"); !d.OK {
			t.Fatalf("%v: Take after the wait = %+v", p, d)
		}
	}
}

func TestConcurrentTakesNeverExceedBurst(t *testing.T) {
	const burst, keys, goroutines = 100, 3, 50
	l := &Limiter{Rate: 1, Burst: burst} // also: the first Take may come from many at once
	var taken [keys]atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range 10 * keys {
				if l.Take(t0, strconv.Itoa(i%keys)).OK {
					taken[i%keys].Add(1)
				}
			}
		})
	}
	wg.Wait()
	for i := range taken {
		if n := taken[i].Load(); n != burst {
			t.Errorf("key %d: %d tokens taken of %d", i, n, burst)
		}
	}
}

// Goroutines whose clocks are not in order share one second's worth of tokens.
func TestConcurrentTakesOutOfOrder(t *testing.T) {
	const burst, perSecond = 10, 1000
	l := &Limiter{Rate: perSecond, Burst: burst}
	var taken atomic.Int64
	var wg sync.WaitGroup
	for g := range 20 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(3, uint64(g)))
			for range 2000 {
				if l.Take(t0.Add(time.Duration(r.Int64N(int64(time.Second)))), "a").OK {
					taken.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := taken.Load(); n > perSecond+burst {
		t.Errorf("%d tokens taken in one second, want at most %d", n, perSecond+burst)
	}
}

func TestTakeAllocatesNothing(t *testing.T) {
	l := &Limiter{Rate: 1e6, Burst: 1}
	now := t0
	n := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Millisecond)
		l.Take(now, "2001:db8::/64")
	})
	if n != 0 {
		t.Errorf("%v allocations per Take of a known key", n)
	}
}
