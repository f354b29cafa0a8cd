package ratelimit

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestBook(t *testing.T) {
	type book struct {
		t    time.Time
		key  string
		most time.Duration
		wait time.Duration
		ok   bool
	}
	tests := []struct {
		name  string
		l     *Limiter
		books []book
	}{
		{"burst, then one per interval", &Limiter{Rate: 10, Burst: 2}, []book{
			{t0, "a", time.Hour, 0, true},
			{t0, "a", time.Hour, 0, true},
			{t0, "a", time.Hour, d, true},
			{t0, "a", time.Hour, 2 * d, true},
			{t1, "a", time.Hour, 2 * d, true},
			{t9, "a", time.Hour, 0, true}, // credit was paid back
		}},
		{"credit up to most", &Limiter{Rate: 10, Burst: 1}, []book{
			{t0, "a", 0, 0, true},
			{t0, "a", d - 1, d, false},
			{t0, "a", d, d, true},
		}},
		{"a refusal takes nothing", &Limiter{Rate: 10, Burst: 1}, []book{
			{t0, "a", time.Hour, 0, true},
			{t0, "a", 0, d, false},
			{t0, "a", 0, d, false},
			{t0, "a", time.Hour, d, true},
		}},
		{"keys do not share", &Limiter{Rate: 10, Burst: 1}, []book{
			{t0, "a", time.Hour, 0, true},
			{t0, "b", time.Hour, 0, true},
			{t0, "a", time.Hour, d, true},
		}},
		{"the clock steps back", &Limiter{Rate: 10, Burst: 1}, []book{
			{t5, "a", time.Hour, 0, true},
			{t0, "a", time.Hour, 6 * d, true}, // after the token at t5
			{t9, "a", time.Hour, 0, true},
		}},
		{"zero value", &Limiter{}, []book{{t0, "a", Never, Never, false}}},
		{"no burst", &Limiter{Rate: 1}, []book{{t0, "a", Never, Never, false}}},
		{"not a number", &Limiter{Rate: rate.Limit(math.NaN()), Burst: 1}, []book{{t0, "a", Never, Never, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, b := range tt.books {
				if wait, ok := tt.l.Book(b.t, b.key, b.most); wait != b.wait || ok != b.ok {
					t.Errorf("%d: Book(%v, %q, %v) = %v, %v; want %v, %v", i, b.t.Sub(t0), b.key, b.most, wait, ok, b.wait, b.ok)
				}
			}
		})
	}
}

// However much is booked, nobody is told to come before those who booked earlier.
func TestCreditDoesNotOverflow(t *testing.T) {
	l := &Limiter{Rate: 1 / (1000 * 365 * 24 * 3600.), Burst: 1}
	var last time.Duration
	for i := range 20 {
		wait, ok := l.Book(t0, "a", Never)
		if wait < last || ok && i > 0 && wait == last {
			t.Fatalf("%d: Book = %v, %v after %v", i, wait, ok, last)
		}
		last = wait
	}
}

// randomly calls f with policies and with instants that do not go back.
func randomly(f func(p Policy, arrivals []time.Time)) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		p := Policy{Events: 1 + r.IntN(20), Window: time.Duration(1e6 + r.Int64N(int64(time.Minute))), Burst: 1 + r.IntN(20)}
		arrivals, now := make([]time.Time, 100), t0
		for i := range arrivals {
			arrivals[i] = now
			now = now.Add(time.Duration(r.Int64N(int64(p.Window)/int64(p.Events)*2)) &^ 1)
			if r.IntN(10) == 0 {
				now = now.Add(time.Duration(r.Int64N(int64(p.Window)))) // a lull
			}
		}
		f(p, arrivals)
	}
}

// When each waits as told, no stretch of time has more than the burst and what
// comes in it.
func TestWhoWaitsKeepsToThePolicy(t *testing.T) {
	randomly(func(p Policy, arrivals []time.Time) {
		l := p.Limiter(1)
		interval := newBucket(l.Rate, l.Burst).interval
		var let []time.Time
		for _, now := range arrivals {
			if wait, ok := l.Book(now, "a", p.Window); ok {
				let = append(let, now.Add(wait))
			}
		}
		for i := range let {
			for j := i + l.Burst; j < len(let); j++ {
				if least := time.Duration(j-i-l.Burst+1) * interval; let[j].Sub(let[i]) < least {
					t.Fatalf("%v: %d in %v, want at least %v", p, j-i+1, let[j].Sub(let[i]), least)
				}
			}
		}
	})
}

// Book waits as long as a reservation of rate.Limiter's does, but for its rounding.
func TestBookAgreesWithReservations(t *testing.T) {
	const rounding = time.Microsecond
	randomly(func(p Policy, arrivals []time.Time) {
		l := p.Limiter(1)
		reference := rate.NewLimiter(l.Rate, l.Burst)
		for i, now := range arrivals {
			wait, ok := l.Book(now, "a", Never)
			if want := reference.ReserveN(now, 1).DelayFrom(now); !ok || (wait-want).Abs() > rounding {
				t.Fatalf("%v: %d: Book = %v, %v; rate.Limiter says %v", p, i, wait, ok, want)
			}
		}
	})
}

// Without credit, Book is Take.
func TestBookWithoutCreditIsTake(t *testing.T) {
	randomly(func(p Policy, arrivals []time.Time) {
		booked, taken := p.Limiter(1), p.Limiter(1)
		for i, now := range arrivals {
			wait, ok := booked.Book(now, "a", 0)
			if want := taken.Take(now, "a"); ok != want.OK || wait != want.Wait {
				t.Fatalf("%v: %d: Book = %v, %v; Take = %+v", p, i, wait, ok, want)
			}
		}
	})
}

// What was booked is owed: Take has a token only after it.
func TestTakeAfterBook(t *testing.T) {
	l := &Limiter{Rate: 10, Burst: 1}
	for range 3 {
		l.Book(t0, "a", time.Hour)
	}
	if got, want := l.Take(t0, "a"), (Decision{Wait: 3 * d, Reset: 3 * d}); got != want {
		t.Errorf("Take = %+v, want %+v", got, want)
	}
	if got := l.Take(t0.Add(3*d), "a"); !got.OK {
		t.Errorf("Take after the wait = %+v", got)
	}
}

func TestConcurrentBooksQueueUp(t *testing.T) {
	const n = 200
	l := &Limiter{Rate: 10, Burst: 1} // also: the first Book may come from many at once
	waits := make([]time.Duration, n)
	var wg sync.WaitGroup
	for i := range waits {
		wg.Go(func() { waits[i], _ = l.Book(t0, "a", time.Hour) })
	}
	wg.Wait()
	slices.Sort(waits)
	for i, wait := range waits {
		if wait != time.Duration(i)*d {
			t.Fatalf("the %d. waits %v, want %v", i, wait, time.Duration(i)*d)
		}
	}
}
