package delivery_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const pause = 10 * time.Second

// down makes a destination count as down after n failures.
func down(n int) func(*gateway.Destination) {
	return func(d *gateway.Destination) {
		d.Breaker = gateway.Breaker{Failures: n, Pause: gateway.Duration(pause)}
	}
}

func inFlight(n int) func(*gateway.Destination) {
	return func(d *gateway.Destination) { d.InFlight = n }
}

// The second failure in a row opens it; of the probes the third gets through.
func TestBreaker(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(500, 500, 503, 503, 200)
		s.Serve(s.destination(app, inFlight(1), down(2)))
		start := time.Now()
		all := s.stores(6)
		synctest.Wait()
		if got := s.lane(); got.Breaker != "open" || got.Waiting != 0 {
			t.Errorf("the lane is %+v, want it open with nothing leased", got)
		}
		s.pass(time.Hour)
		want := []time.Duration{0, 0, pause, 2 * pause, 3 * pause, 3 * pause, 3 * pause, 3 * pause, 3 * pause, 3 * pause}
		if got := app.times(start); !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v: one probe after each pause, then the rest", got, want)
		}
		spent := 0
		for _, d := range all {
			got := s.queue.get(d)
			spent += got.Spent
			if got.State != gateway.Delivered {
				t.Errorf("stored: %+v, want it delivered", got)
			}
		}
		if want := 2 + len(all); spent != want {
			t.Errorf("%d attempts were spent, want %d: probes that fail cost nothing", spent, want)
		}
		if got := s.lane(); got.Breaker != "closed" {
			t.Errorf("the lane is %s, want closed", got.Breaker)
		}
		if want := []string{"shop open", "shop closed"}; !slices.Equal(s.turned, want) {
			t.Errorf("the observer was told %q, want %q", s.turned, want)
		}
	})
}

// A destination that is down and has no breaker any more counts as up; so does
// one whose replacement without a breaker goes again.
func TestBreakerIsTakenAway(t *testing.T) {
	off := func(d *gateway.Destination) { d.Breaker = gateway.Breaker{Off: true} }
	run(t, func(s *stand) {
		app := answering(500)
		s.Serve(s.destination(app, off))
		leave := s.Serve(s.destination(app, inFlight(1), down(1)))
		s.stores(1)
		synctest.Wait()
		leave()
		if want := []string{"shop open", "shop closed"}; !slices.Equal(s.turned, want) {
			t.Errorf("after it went, the observer was told %q, want %q", s.turned, want)
		}
		s.pass(time.Hour)
		s.Serve(s.destination(app, inFlight(1), down(1)))
		s.stores(1)
		synctest.Wait()
		s.Serve(s.destination(app, off))
		if want := []string{"shop open", "shop closed", "shop open", "shop closed"}; !slices.Equal(s.turned, want) {
			t.Errorf("after it was replaced, the observer was told %q, want %q", s.turned, want)
		}
	})
}

// Whoever is told of a dead letter learns which event it was.
func TestDeadLetterIsNamed(t *testing.T) {
	run(t, func(s *stand) {
		s.Serve(s.destination(answering(410)))
		stored := s.stores(1)[0]
		synctest.Wait()
		if len(s.settled) != 1 || s.settled[0].State != gateway.Dead {
			t.Fatalf("settled: %+v", s.settled)
		}
		if got := s.settled[0].Event; got == nil || got.Reference() != s.queue.get(stored).Event.Reference() {
			t.Errorf("the event is %+v", got)
		}
	})
}

// However many may be in flight, and wait, one delivery is leased for a probe.
func TestProbesOne(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(500)
		s.stores(20)
		s.Serve(s.destination(app, inFlight(4), down(4)))
		synctest.Wait()
		before := app.count()
		s.pass(pause)
		if got := s.queue.leases; app.count() != before+1 || got[len(got)-1] != 1 {
			t.Errorf("%d attempts after the pause, and leases of %v, want one for the probe", app.count()-before, got)
		}
		if got := s.lane(); got.Breaker != "open" || got.Waiting != 0 {
			t.Errorf("the lane is %+v, want it open with nothing leased", got)
		}
	})
}

func TestWhatTurnsBreaker(t *testing.T) {
	tests := []struct {
		name     string
		statuses []int // of live attempts, one after the other
		want     string
	}{
		{"failures in a row", []int{500, 500, 500}, "open"},
		{"a success between them", []int{500, 500, 200, 500, 500}, "closed"},
		{"refusals of an application that is up", []int{400, 410, 422, 400}, "closed"},
		{"a refusal between failures", []int{500, 500, 400, 500, 500}, "closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				d := s.destination(answering(tt.statuses...), down(3))
				s.Serve(d)
				for range tt.statuses {
					s.live(d)
				}
				if got := s.lane().Breaker; got != tt.want {
					t.Errorf("the breaker is %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// A deaf route does not get through to the application; what comes of it has
// the status.
type deaf int

func (d deaf) Pass(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return d.Deliver(w, r, e)
}

func (d deaf) Deliver(http.ResponseWriter, *http.Request, *gateway.Event) error {
	return &gateway.Failure{Status: int(d), Err: errors.New("no answer")}
}

// What gives no answer does not prove that it is up, also where the policy
// makes no second attempt after that.
func TestNoAnswerIsDown(t *testing.T) {
	tests := []struct {
		name   string
		route  gateway.Route
		reason string
		on     []string
	}{
		{"not reached", deaf(http.StatusBadGateway), gateway.ReasonNetwork, []string{"5xx", "timeout"}},
		{"too slow", deaf(http.StatusGatewayTimeout), gateway.ReasonTimeout, []string{"5xx", "network"}},
		{"broken off", poisoned{answering(200), "e1"}, gateway.ReasonNetwork, []string{"!network"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				d := s.destination(tt.route, inFlight(1), down(1))
				d.Retry = gateway.Retry{On: tt.on}.WithDefaults()
				s.Serve(d)
				all := s.stores(5)
				synctest.Wait()
				if got := s.lane().Breaker; got != "open" || len(s.attempts) != 1 {
					t.Errorf("the breaker is %s after %d attempts, want it open after the first", got, len(s.attempts))
				}
				if got := s.queue.get(all[0]); got.State != gateway.Dead || got.LastAttempt.Reason != tt.reason {
					t.Errorf("stored: %+v, want it dead for %s", got, tt.reason)
				}
				for _, d := range all[1:] {
					if got := s.queue.get(d); got.State != gateway.Pending || got.Spent != 0 {
						t.Errorf("stored: %+v, want it waiting, with nothing spent", got)
					}
				}
			})
		})
	}
}

// A probe that gets no answer leaves the destination down; one that is refused
// does not.
func TestProbeWithoutAnswer(t *testing.T) {
	run(t, func(s *stand) {
		noRetry := func(d *gateway.Destination) { d.Retry = gateway.Retry{On: []string{"5xx"}}.WithDefaults() }
		s.Serve(s.destination(deaf(http.StatusBadGateway), inFlight(1), down(1), noRetry))
		s.stores(4)
		s.pass(pause)
		if got := s.lane().Breaker; got != "open" || len(s.attempts) != 2 {
			t.Errorf("the breaker is %s after %d attempts, want it open after the probe", got, len(s.attempts))
		}
		s.Serve(s.destination(answering(410), inFlight(1), down(1), noRetry))
		s.pass(pause)
		if want := []string{"shop open", "shop closed"}; !slices.Equal(s.turned, want) {
			t.Errorf("the observer was told %q, want %q", s.turned, want)
		}
	})
}

// live makes an attempt that a sender waits for, and reports whether it might.
func (s *stand) live(d *gateway.Destination) (gateway.Result, bool) {
	place, ok := s.Lane(d.Address).Enter(s.now(), true)
	if !ok {
		return gateway.Result{}, false
	}
	r := d.Attempt(s.Context(), s.delivery().Event, &gateway.Recording{})
	r.Probe = place.Probe()
	place.Leave(r)
	return r, true
}

func TestLiveProbe(t *testing.T) {
	run(t, func(s *stand) {
		d := s.destination(answering(500, 500, 200), down(1))
		s.Serve(d)
		if r, ok := s.live(d); !ok || r.Probe {
			t.Errorf("first attempt: probe %v, made %v", r.Probe, ok)
		}
		if _, ok := s.live(d); ok {
			t.Error("an attempt was let through to a destination that is down")
		}
		s.pass(pause)
		if got := s.lane().Breaker; got != "half_open" {
			t.Errorf("the breaker is %s after the pause, want half_open", got)
		}
		if r, ok := s.live(d); !ok || !r.Probe {
			t.Errorf("after the pause: probe %v, made %v, want a probe", r.Probe, ok)
		}
		s.pass(pause)
		probe, ok := s.Lane(shop).Enter(s.now(), true)
		if !ok || !probe.Probe() {
			t.Fatal("no probe was let through after the second pause")
		}
		if _, ok := s.live(d); ok {
			t.Error("an attempt was let through beside the probe")
		}
		probe.Leave(gateway.Result{Verdict: gateway.Canceled})
		if r, ok := s.live(d); !ok || !r.Probe || r.Verdict != gateway.Accepted {
			t.Errorf("after a probe that was broken off: %+v, made %v, want another one", r, ok)
		}
		if got := s.lane().Breaker; got != "closed" {
			t.Errorf("the breaker is %s, want closed", got)
		}
	})
}

// Failures of attempts that began before the destination counted as down are
// old news when it is up again.
func TestOldFailures(t *testing.T) {
	run(t, func(s *stand) {
		d := s.destination(answering(500, 200), down(1))
		s.Serve(d)
		old, _ := s.Lane(shop).Enter(s.now(), true)
		s.live(d)
		s.pass(pause)
		s.live(d)
		old.Leave(gateway.Result{Verdict: gateway.Again, Reason: gateway.ReasonTimeout})
		if got := s.lane().Breaker; got != "closed" {
			t.Errorf("the breaker is %s, want closed", got)
		}
	})
}

// What a reload changes counts at once; what is known of the application stays.
func TestBreakerOutlivesReload(t *testing.T) {
	run(t, func(s *stand) {
		d := s.destination(answering(500, 200), down(1))
		leave := s.Serve(d)
		s.live(d)
		s.Serve(s.destination(d.Route, down(5)))
		leave()
		if got := s.lane().Breaker; got != "open" {
			t.Errorf("the breaker is %s after a reload, want open", got)
		}
		s.Serve(s.destination(d.Route))
		if got := s.lane().Breaker; got != "closed" {
			t.Errorf("the breaker is %s when it is turned off, want closed", got)
		}
	})
}
