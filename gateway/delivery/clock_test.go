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
		app := answering(503, 503, 200)
		s.Serve(s.destination(app))
		start := time.Now()
		s.store()
		synctest.Wait()
		s.set(-24 * time.Hour)
		s.pass(time.Hour)
		if s.queue.shifted != 24*time.Hour {
			t.Errorf("what waits was moved by %v, want as much as the clock was", s.queue.shifted)
		}
		if got, want := app.times(start), []time.Duration{0, 4995 * time.Millisecond, 14985 * time.Millisecond}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
		if got := strings.Count(s.log.String(), "the clock jumped"); got != 1 {
			t.Errorf("log:\n%s\nwant one jump", s.log.String())
		}
	})
}

// An attempt that ends before anybody noticed is put off by the new time.
func TestClockPutBackDuringAnAttempt(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(503, 200)
		app.hold, app.header = make(chan struct{}), http.Header{"Retry-After": {"1800"}}
		s.Serve(s.destination(app))
		start := time.Now()
		s.store()
		synctest.Wait()
		s.set(-24 * time.Hour)
		close(app.hold)
		s.pass(time.Hour)
		if got, want := app.times(start), []time.Duration{0, 30 * time.Minute}; !slices.Equal(got, want) {
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
		if s.queue.shifted != 0 || s.queue.longer != 24*time.Hour {
			t.Errorf("what waits was moved by %v, and leases are %v longer; want nothing moved, and as much as the clock was", s.queue.shifted, s.queue.longer)
		}
	})
}

// A queue that cannot follow the clock at once is asked again until it can.
// Nothing is attempted meanwhile, so nothing twice.
func TestQueueFollowsTheClockLater(t *testing.T) {
	const waits = (50 + 100 + 200) * time.Millisecond
	for method, by := range map[string]time.Duration{"Shift": -24 * time.Hour, "Prolong": 24 * time.Hour} {
		t.Run(method, func(t *testing.T) {
			run(t, func(s *stand) {
				app := answering(200)
				s.Serve(s.destination(app))
				start := time.Now()
				s.queue.failTimes(method, 3, gateway.ErrFull)
				s.store(func(d *gateway.Delivery) { d.Due = d.Due.Add(time.Minute) })
				synctest.Wait()
				s.set(by)
				s.pass(time.Hour)
				if got, want := app.times(start), []time.Duration{time.Minute + waits}; !slices.Equal(got, want) {
					t.Errorf("attempted at %v, want %v", got, want)
				}
				if s.queue.shifted-s.queue.longer != -by {
					t.Errorf("what waits was moved by %v, leases by %v, want %v once", s.queue.shifted, s.queue.longer, by)
				}
				if got := strings.Count(s.log.String(), "level=ERROR"); got != 1 {
					t.Errorf("log:\n%s\nwant one error", s.log.String())
				}
			})
		})
	}
}

// Who waits for the others while the queue follows the clock does not take that
// for a jump.
func TestQueueFollowsTheClockMuchLater(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.queue.failTimes("Shift", 20, gateway.ErrFull)
		s.Serve(s.destination(app), s.destination(app, func(d *gateway.Destination) { d.Endpoint = "blog" }))
		s.set(-24 * time.Hour)
		s.pass(time.Hour)
		if s.queue.shifted != 24*time.Hour || strings.Count(s.log.String(), "the clock jumped") != 1 {
			t.Errorf("what waits was moved by %v, log:\n%s\nwant 24h, and one jump", s.queue.shifted, s.log.String())
		}
	})
}

// One that has failed for good is not.
func TestQueueFailsWhenTheClockJumps(t *testing.T) {
	run(t, func(s *stand) {
		asked := 0
		s.queue.failing(func(method string, _ *gateway.Delivery) error {
			if method == "Shift" {
				asked++
			}
			return gateway.ErrFailed
		})
		s.Serve(s.destination(answering(200)))
		s.set(-24 * time.Hour)
		s.pass(time.Hour)
		if asked != 1 {
			t.Errorf("asked %d times, want once", asked)
		}
	})
}

// What is given back after the clock was put back was due, and stays so.
func TestGivenBackWithClockPutBack(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		app.hold = make(chan struct{})
		s.Serve(s.destination(app, inFlight(1)))
		start := time.Now()
		s.stores(2)
		synctest.Wait() // the second waits for the place of the first
		s.set(-24 * time.Hour)
		s.Pause(shop)
		synctest.Wait()
		close(app.hold)
		s.Resume(shop)
		s.pass(time.Hour)
		if got, want := app.times(start), []time.Duration{0, 0}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
	})
}

// A queue that failed before the clock was put back is asked again as soon as
// it would have been.
func TestQueueFailedBeforeTheClockWasPutBack(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.failTimes("Lease", 1, gateway.ErrSlow)
		app := answering(200)
		start := time.Now()
		s.store()
		s.Serve(s.destination(app))
		synctest.Wait()
		s.set(-24 * time.Hour)
		s.pass(time.Hour)
		if got, want := app.times(start), []time.Duration{100 * time.Millisecond}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
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
