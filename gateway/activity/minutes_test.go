package activity

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

var t0 = time.Date(2026, 11, 21, 12, 0, 30, 0, time.UTC)

// A clock is set by tests.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newLog() (*Log, *clock) {
	c := &clock{t0}
	return New(Options{Now: c.now}), c
}

// delivered is the outcome of a request that ends at the instant.
func delivered(endpoint string, at time.Time) *gateway.Outcome {
	return &gateway.Outcome{Endpoint: endpoint, Name: gateway.OutcomeDelivered, Status: 200, Start: at.Add(-time.Millisecond), Total: time.Millisecond}
}

// counts is a Minute without its time and latency.
func counts(m Minute) [5]int64 { return [5]int64{m.Accepted, m.Refused, m.Delivered, m.Failed, m.Dead} }

func TestWhatARequestCountsAs(t *testing.T) {
	tests := []struct {
		name    string
		outcome gateway.Outcome
		want    [5]int64 // accepted, refused, delivered, failed, dead
	}{
		{"delivered without a store", gateway.Outcome{Name: gateway.OutcomeDelivered, Status: 204}, [5]int64{1, 0, 1, 0, 0}},
		{"delivered with a store", gateway.Outcome{Name: gateway.OutcomeDelivered, Status: 204, Durable: true}, [5]int64{1, 0, 0, 0, 0}},
		{"failed without a store", gateway.Outcome{Name: gateway.OutcomeFailed, Status: 502, Err: errors.New("refused")}, [5]int64{0, 0, 0, 1, 0}},
		{"failed with a store", gateway.Outcome{Name: gateway.OutcomeFailed, Status: 400, Durable: true}, [5]int64{0, 0, 0, 0, 0}},
		{"a dead letter at once", gateway.Outcome{Name: gateway.OutcomeFailed, Status: 400, Durable: true, Dead: true}, [5]int64{0, 0, 0, 0, 1}},
		{"queued", gateway.Outcome{Name: gateway.OutcomeQueued, Status: 202, Durable: true}, [5]int64{1, 0, 0, 0, 0}},
		{"deferred", gateway.Outcome{Name: gateway.OutcomeDeferred, Status: 200, Durable: true}, [5]int64{1, 0, 0, 0, 0}},
		{"duplicate", gateway.Outcome{Name: gateway.OutcomeDuplicate, Status: 200}, [5]int64{1, 0, 0, 0, 0}},
		{"filtered", gateway.Outcome{Name: gateway.OutcomeFiltered, Status: 200}, [5]int64{1, 0, 0, 0, 0}},
		{"handshake", gateway.Outcome{Name: gateway.OutcomeHandshake, Status: 200}, [5]int64{1, 0, 0, 0, 0}},
		{"a handshake that wants another status", gateway.Outcome{Name: gateway.OutcomeHandshake, Status: 404}, [5]int64{0, 0, 0, 0, 0}},
		{"refused", gateway.Outcome{Name: gateway.ReasonSigBad, Status: 401, Refused: true}, [5]int64{0, 1, 0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := newLog()
			tt.outcome.Endpoint, tt.outcome.Start, tt.outcome.Total = "a", t0, time.Millisecond
			l.Observe(&tt.outcome)
			for _, endpoint := range []string{"", "a"} {
				if got := counts(l.Hour(endpoint)); got != tt.want {
					t.Errorf("Hour(%q) = %v, want %v", endpoint, got, tt.want)
				}
			}
			if got := counts(l.Hour("b")); got != [5]int64{} {
				t.Errorf("another endpoint has %v", got)
			}
		})
	}
}

func TestWhatAnAttemptCountsAs(t *testing.T) {
	tests := []struct {
		verdict gateway.Verdict
		live    bool
		want    [5]int64
	}{
		{gateway.Accepted, false, [5]int64{0, 0, 1, 0, 0}},
		{gateway.Accepted, true, [5]int64{0, 0, 1, 0, 0}},
		{gateway.Again, false, [5]int64{0, 0, 0, 1, 0}},
		{gateway.Again, true, [5]int64{0, 0, 0, 1, 0}},
		{gateway.Final, false, [5]int64{0, 0, 0, 1, 0}},
		{gateway.Canceled, false, [5]int64{}},
		{0, true, [5]int64{}},
	}
	for _, tt := range tests {
		l, _ := newLog()
		l.Attempted(delivery.Attempt{Address: gateway.Address{Endpoint: "a"}, Result: gateway.Result{Verdict: tt.verdict, Start: t0}, Live: tt.live})
		if got := counts(l.Hour("a")); got != tt.want {
			t.Errorf("%v, live %v: %v, want %v", tt.verdict, tt.live, got, tt.want)
		}
	}
}

func TestSettledCountsTheDead(t *testing.T) {
	l, _ := newLog()
	for _, state := range []gateway.State{gateway.Dead, gateway.Delivered, gateway.Dead} {
		l.Settled(gateway.Address{Endpoint: "a"}, &gateway.Delivery{State: state})
	}
	l.Lost(gateway.Address{Endpoint: "a"}, &gateway.Delivery{})
	if got := counts(l.Hour("a")); got != [5]int64{0, 0, 0, 0, 2} {
		t.Errorf("counted %v", got)
	}
}

func TestLastHasSixtyMinutes(t *testing.T) {
	l, c := newLog()
	for i := range 100 { // i requests in minute i
		c.at = t0.Add(time.Duration(i) * time.Minute)
		for range i {
			l.Observe(delivered("a", c.at))
		}
		l.Observe(delivered("b", c.at))
	}
	last := l.Last("a")
	if len(last) != Minutes {
		t.Fatalf("%d minutes", len(last))
	}
	for i, m := range last {
		if start := t0.Truncate(time.Minute).Add(time.Duration(40+i) * time.Minute); m.Start != start || m.Accepted != int64(40+i) {
			t.Errorf("minute %d is %v with %d, want %v with %d", i, m.Start, m.Accepted, start, 40+i)
		}
	}
	hour := l.Hour("")
	if want := int64((40+99)*60/2 + 60); hour.Accepted != want || hour.Start != last[0].Start {
		t.Errorf("Hour has %d from %v, want %d from %v", hour.Accepted, hour.Start, want, last[0].Start)
	}
	c.at = c.at.Add(Minutes * time.Minute)
	if got := counts(l.Hour("")); got != [5]int64{} {
		t.Errorf("an hour later there still is %v", got)
	}
}

func TestAnEmptyLog(t *testing.T) {
	l, _ := newLog()
	last := l.Last("")
	if len(last) != Minutes || last[Minutes-1].Start != t0.Truncate(time.Minute) || l.Hour("").Latency != (Latency{}) {
		t.Errorf("%d minutes, the last from %v", len(last), last[len(last)-1].Start)
	}
}

// A clock that is set back, by whatever time, loses at most what it comes by
// again.
func TestClockSetBack(t *testing.T) {
	for _, back := range []time.Duration{time.Minute, 5 * time.Minute, Minutes * time.Minute, 90 * time.Minute, 48 * time.Hour} {
		l, c := newLog()
		before := delivered("a", t0)
		l.Observe(before)
		c.at = t0.Add(-back)
		for range 3 {
			l.Observe(delivered("a", c.at))
		}
		last := l.Last("a")
		if got := last[Minutes-1]; got.Accepted != 3 || got.Start != c.at.Truncate(time.Minute) {
			t.Errorf("set back by %v: the last minute is %v with %d", back, got.Start, got.Accepted)
		}
		if got := l.Hour("a").Accepted; got != 3 {
			t.Errorf("set back by %v: the hour has %d, of a time to come too", back, got)
		}
		l.Observe(before) // it was under way
		c.at = t0.Add(2 * Minutes * time.Minute)
		l.Observe(delivered("a", c.at))
		if got := l.Hour("a").Accepted; got != 1 {
			t.Errorf("set back by %v: two hours later there are %d", back, got)
		}
	}
}

// What is told late is of its own minute if that is remembered, else of now:
// it must not take the place of what is newer.
func TestToldLate(t *testing.T) {
	l, c := newLog()
	c.at = t0.Add(Minutes * time.Minute)
	l.Observe(delivered("a", c.at))
	l.Observe(delivered("a", t0)) // in the same place of the ring
	l.Observe(delivered("a", t0.Add(time.Minute)))
	last := l.Last("a")
	if last[0].Accepted != 1 || last[Minutes-1].Accepted != 2 {
		t.Errorf("first %d, last %d; want 1, 2", last[0].Accepted, last[Minutes-1].Accepted)
	}
}

func TestEndpointsOfEarlierConfigurationsAreForgotten(t *testing.T) {
	l, c := newLog()
	for i := range 1000 {
		c.at = t0.Add(time.Duration(i) * time.Hour)
		l.Observe(delivered("e"+strconv.Itoa(i), c.at))
	}
	if n := len(*l.minutes.all.Load()); n > 2 {
		t.Errorf("%d endpoints are remembered", n)
	}
}
