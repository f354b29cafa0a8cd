package delivery_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// set puts the wall clock forward, or back.
func (s *stand) set(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off += by
}

// When the clock is put back nothing waits for the time to come again.
func TestClockPutBack(t *testing.T) {
	run(t, func(s *stand) {
		s.random = 0.999
		app := answering(503, 200)
		s.Serve(s.destination(app))
		start := time.Now()
		s.store()
		synctest.Wait()
		s.set(-24 * time.Hour)
		s.pass(time.Hour)
		const noticed, longest = 4995 * time.Millisecond, 10 * time.Minute // when the lane woke for the retry
		if got, want := s.queue.clamped, start.Add(noticed-24*time.Hour+longest); !got.Equal(want) {
			t.Errorf("clamped to %v, want %v", got, want)
		}
		if got, want := app.times(start), []time.Duration{0, noticed + longest}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
		if got := strings.Count(s.log.String(), "the clock jumped"); got != 1 {
			t.Errorf("log:\n%s\nwant one jump", s.log.String())
		}
	})
}

// Nor when it was put back while the process was not running.
func TestClockPutBackBeforeTheStart(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		start := time.Now()
		w := delivery.New(delivery.Options{
			Queue: &s.queue, Observer: s, Now: s.now, Random: func() float64 { return 0 },
			Log: slog.New(slog.NewTextHandler(&s.log, nil)), Latest: start.Add(24 * time.Hour),
		})
		s.store(func(d *gateway.Delivery) { d.Due = start.Add(24*time.Hour + time.Minute) })
		w.Serve(s.destination(app))
		s.pass(time.Hour)
		if err := w.Stop(s.Context()); err != nil {
			t.Error(err)
		}
		const longest = 10 * time.Minute
		if got, want := app.times(start), []time.Duration{longest}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
	})
}

func TestClockPutForward(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app))
		start := time.Now()
		s.store(func(d *gateway.Delivery) { d.Due = d.Due.Add(24 * time.Hour) })
		synctest.Wait()
		s.set(24 * time.Hour)
		s.pass(time.Hour)
		if got, want := app.times(start), []time.Duration{time.Minute}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v: when it was noticed", got, want)
		}
		if !s.queue.clamped.IsZero() || s.queue.longer != 24*time.Hour {
			t.Errorf("clamped to %v, and leases are %v longer; want nothing brought forward, and as much as the clock was", s.queue.clamped, s.queue.longer)
		}
	})
}

// A breaker that is open when the clock is put back opens after its pause all
// the same.
func TestBreakerWithClockPutBack(t *testing.T) {
	run(t, func(s *stand) {
		d := s.destination(answering(500, 200), down(1))
		s.Serve(d)
		s.live(d)
		s.set(-24 * time.Hour)
		s.pass(2 * time.Minute)
		if r, ok := s.live(d); !ok || r.Verdict != gateway.Accepted {
			t.Errorf("attempted %v with %+v, want a probe that closes it", ok, r)
		}
	})
}

// Slow corrections are no jumps.
func TestClockCorrected(t *testing.T) {
	run(t, func(s *stand) {
		s.Serve(s.destination(answering(200)))
		for range 20 {
			s.set(-time.Second)
			s.pass(time.Minute)
		}
		if log := s.log.String(); log != "" {
			t.Errorf("log:\n%s\nwant nothing", log)
		}
	})
}
