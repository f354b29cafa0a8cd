package delivery_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// No polling: what is stored is attempted at that very instant, even if the
// lane had nothing to do for a long time.
func TestAttemptsAtOnce(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(204)
		s.Serve(s.destination(app))
		s.pass(10*time.Minute + 7*time.Second)
		stored := time.Now()
		d := s.store()
		synctest.Wait()
		if got := s.queue.get(d); got.State != gateway.Delivered || got.Spent != 1 || got.LastAttempt.Status != 204 {
			t.Errorf("stored: %+v, want it delivered at the first attempt", got)
		}
		if got := app.times(stored); !slices.Equal(got, []time.Duration{0}) {
			t.Errorf("attempted at %v, want at once", got)
		}
		if len(s.attempts) != 1 || s.attempts[0].Lag != 0 || s.attempts[0].Live || len(s.settled) != 1 {
			t.Errorf("observed: %+v and %+v, want one attempt without lag, which settled it", s.attempts, s.settled)
		}
	})
}

// The lag is the time since an attempt was due, not since its event came, or
// since it was leased.
func TestLag(t *testing.T) {
	run(t, func(s *stand) {
		const later, long = time.Hour, 3 * time.Hour
		app := answering(503, 200)
		s.random = 0.5
		s.Serve(s.destination(app, inFlight(1)))
		d := s.store(func(d *gateway.Delivery) { d.Due = d.Due.Add(later) }) // as one that a limit deferred
		s.pass(later)
		s.Pause(shop)
		wait := s.queue.get(d).Due.Sub(s.now())
		s.pass(wait + long)
		s.Resume(shop)
		synctest.Wait()
		var got []time.Duration
		for _, a := range s.attempts {
			got = append(got, a.Lag)
		}
		if want := []time.Duration{0, long}; !slices.Equal(got, want) {
			t.Errorf("lags of %v, want %v", got, want)
		}
	})
}

func TestWaitsBetweenAttempts(t *testing.T) {
	const unit = 5 * time.Second // the default delay
	tests := []struct {
		name   string
		random float64
		header http.Header
		want   []time.Duration // after the one before
	}{
		{"no jitter at all", 0, nil, []time.Duration{0, 0, 0, 0, 0, 0, 0, 0}},
		{"half of it", 0.5, nil, []time.Duration{0, unit / 2, unit, 2 * unit, 4 * unit, 8 * unit, 16 * unit, 32 * unit}},
		{"nearly all", 0.999, nil, []time.Duration{0, unit * 999 / 1000, 2 * unit * 999 / 1000, 4 * unit * 999 / 1000, 8 * unit * 999 / 1000, 16 * unit * 999 / 1000, 32 * unit * 999 / 1000, 64 * unit * 999 / 1000}},
		{"the application asks for more", 0, http.Header{"Retry-After": {"60"}}, slices.Concat([]time.Duration{0}, slices.Repeat([]time.Duration{time.Minute}, 7))},
		{"it asks for a day", 0.999, http.Header{"Retry-After": {"86400"}}, slices.Concat([]time.Duration{0}, slices.Repeat([]time.Duration{time.Hour}, 7))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				s.random = tt.random
				app := answering(503)
				app.header = tt.header
				s.Serve(s.destination(app))
				start := time.Now()
				d := s.store()
				s.pass(24 * time.Hour)
				got := app.times(start)
				for i := len(got) - 1; i > 0; i-- {
					got[i] -= got[i-1]
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("waited %v, want %v", got, tt.want)
				}
				if got := s.queue.get(d); got.State != gateway.Dead || got.Spent != 8 {
					t.Errorf("stored: %+v, want it dead when 8 attempts are spent", got)
				}
				if want := []int{1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(app.numbers, want) {
					t.Errorf("the application saw attempts %v, want %v", app.numbers, want)
				}
			})
		})
	}
}

func TestGivesUp(t *testing.T) {
	tests := []struct {
		name     string
		status   int
		retry    gateway.Retry
		attempts int
	}{
		{"a status that is final", http.StatusGone, gateway.Retry{}, 1},
		{"a redirect, which is not followed", http.StatusFound, gateway.Retry{}, 1},
		{"the attempts are spent", http.StatusInternalServerError, gateway.Retry{Attempts: 3}, 3},
		{"too old, whatever attempts are left", http.StatusBadGateway, gateway.Retry{Delay: gateway.Duration(time.Hour), Longest: gateway.Duration(time.Hour), GiveUpAfter: gateway.Duration(45 * time.Minute)}, 3},
		{"no answer in time", 0, gateway.Retry{On: []string{"5xx"}}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				s.random = 0.5
				app := answering(tt.status)
				if tt.status == 0 {
					app.hold = make(chan struct{})
				}
				s.Serve(s.destination(app, func(d *gateway.Destination) { d.Retry = tt.retry.WithDefaults() }))
				d := s.store(func(d *gateway.Delivery) { d.Event.Proof = gateway.NewKey("proof") })
				s.pass(24 * time.Hour)
				if got := s.queue.get(d); got.State != gateway.Dead || got.Attempt != tt.attempts || got.LastAttempt.Status != tt.status {
					t.Errorf("stored: %+v, want it dead after %d attempts with %d", got, tt.attempts, tt.status)
				}
				if !slices.Equal(s.forgotten, []gateway.Key{d.Event.Key, d.Event.Proof}) {
					t.Errorf("forgotten: %v, want the event's keys, once", s.forgotten)
				}
				if log := s.log.String(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "event=e1") || strings.Contains(log, "secret") {
					t.Errorf("log:\n%s\nwant an error with the event's id, and nothing of its body", log)
				}
			})
		})
	}
}

// A wait that was made while the lane sleeps is slept through to its very end.
func TestWakesInTheFuture(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app))
		start := time.Now()
		s.store(func(d *gateway.Delivery) { d.Due = d.Due.Add(90 * time.Second) })
		s.store(func(d *gateway.Delivery) { d.Due = d.Due.Add(1300 * time.Millisecond) })
		s.pass(time.Hour)
		if got, want := app.times(start), []time.Duration{1300 * time.Millisecond, 90 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
	})
}

// Whoever forgets to wake the lane delays a delivery; it is not lost.
func TestSafetyNet(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app))
		synctest.Wait()
		start := time.Now()
		s.add(s.delivery())
		s.pass(time.Hour)
		if got, want := app.times(start), []time.Duration{time.Minute}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
		if got := len(s.queue.leases); got > 62 {
			t.Errorf("the queue was asked %d times in an idle hour, want about one a minute", got)
		}
	})
}
