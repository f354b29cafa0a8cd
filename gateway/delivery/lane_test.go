package delivery_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

func TestEnter(t *testing.T) {
	tests := []struct {
		name             string
		set              func(*gateway.Destination)
		happens          func(*stand, gateway.Lane, *gateway.Destination)
		background, live bool
	}{
		{"all is quiet", nil, func(*stand, gateway.Lane, *gateway.Destination) {}, true, true},
		{"something waits that is due later", nil, func(s *stand, _ gateway.Lane, _ *gateway.Destination) {
			s.store(func(d *gateway.Delivery) { d.Due = d.Due.Add(time.Hour) })
		}, true, true},
		{"the queue is being asked", nil, func(s *stand, l gateway.Lane, _ *gateway.Destination) {
			answered := make(chan struct{})
			s.queue.failing(func(string, *gateway.Delivery) error { <-answered; return nil })
			time.AfterFunc(time.Second, func() { close(answered) })
			l.Wake(s.now())
		}, false, true},
		{"older ones wait for a place", inFlight(2), func(s *stand, _ gateway.Lane, _ *gateway.Destination) { s.stores(3) }, true, false},
		{"all places are taken", inFlight(1), func(_ *stand, l gateway.Lane, _ *gateway.Destination) { l.Enter(time.Now(), true) }, true, false},
		{"no limit is set", nil, func(_ *stand, l gateway.Lane, _ *gateway.Destination) {
			for range 64 {
				l.Enter(time.Now(), false)
			}
		}, true, true},
		{"as many wait as may", inFlight(1), func(s *stand, l gateway.Lane, _ *gateway.Destination) {
			for range 1 + 4 {
				d, place := s.carried()
				l.Carry(d, place, func() {})
				synctest.Wait()
			}
		}, false, false},
		{"paused", nil, func(s *stand, _ gateway.Lane, _ *gateway.Destination) { s.Pause(shop) }, false, true},
		{"down", down(1), func(s *stand, _ gateway.Lane, d *gateway.Destination) { s.live(failing(d)) }, false, false},
		{"half open", down(1), func(s *stand, _ gateway.Lane, d *gateway.Destination) {
			s.live(failing(d))
			s.pass(pause)
		}, false, true},
		{"the pace is used up", func(d *gateway.Destination) { d.Pace = ratelimit.Policy{Events: 1, Window: time.Minute} }, func(_ *stand, l gateway.Lane, _ *gateway.Destination) { l.Enter(time.Now(), false) }, true, false},
		{"the queue fails", nil, func(s *stand, l gateway.Lane, _ *gateway.Destination) {
			s.queue.failing(func(string, *gateway.Delivery) error { return gateway.ErrSlow })
			s.store()
		}, false, true},
	}
	for _, tt := range tests {
		for _, live := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				run(t, func(s *stand) {
					app := answering(200)
					app.hold = make(chan struct{})
					d := s.destination(app)
					if tt.set != nil {
						tt.set(d)
					}
					s.Serve(d)
					synctest.Wait()
					lane := s.Lane(shop)
					tt.happens(s, lane, d)
					synctest.Wait()
					want := tt.background
					if live {
						want = tt.live
					}
					if _, ok := lane.Enter(s.now(), live); ok != want {
						t.Errorf("Enter(live %v) = %v, want %v", live, ok, want)
					}
				})
			})
		}
	}
}

func failing(d *gateway.Destination) *gateway.Destination {
	c := *d
	c.Route = answering(500)
	return &c
}

// carried is a delivery that is stored as leased, in a place.
func (s *stand) carried() (*gateway.Delivery, gateway.Place) {
	place, ok := s.Lane(shop).Enter(s.now(), false)
	if !ok {
		s.Fatal("there is no place")
	}
	d := s.delivery()
	d.State, d.Attempt, d.Due = gateway.Delivering, 1, d.Due.Add(time.Minute)
	return s.add(d), place
}

// An event that came just now is attempted from memory: the queue is not asked.
func TestCarry(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(500, 200)
		s.random = 0.5
		s.Serve(s.destination(app))
		synctest.Wait()
		d, place := s.carried()
		var loads, done int
		s.queue.failing(func(method string, _ *gateway.Delivery) error {
			if method == "Load" {
				loads++
			}
			return nil
		})
		s.Lane(shop).Carry(d, place, func() { done++ })
		synctest.Wait()
		if got := s.queue.get(d); got.State != gateway.Pending || got.Spent != 1 {
			t.Errorf("stored: %+v, want it waiting for its second attempt", got)
		}
		if loads != 0 || done != 1 || len(app.came) != 1 || s.lane().Attempting != 0 {
			t.Errorf("%d loads, %d calls of done, %d attempts, %d under way, want 0, 1, 1 and 0", loads, done, len(app.came), s.lane().Attempting)
		}
		s.pass(time.Minute)
		if got := s.queue.get(d); got.State != gateway.Delivered || got.Attempt != 2 || loads != 1 {
			t.Errorf("stored: %+v after %d loads, want it delivered from the queue", got, loads)
		}
	})
}

func TestCarryAfterStop(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app))
		synctest.Wait()
		lane := s.Lane(shop)
		d, place := s.carried()
		s.stop()
		done := 0
		lane.Carry(d, place, func() { done++ })
		if got := s.queue.get(d); got.State != gateway.Pending || got.Spent != 0 || done != 1 || len(app.came) != 0 {
			t.Errorf("stored: %+v after %d calls of done and %d attempts, want it given back", got, done, len(app.came))
		}
	})
}

// An attempt that outlasted its sender settles the delivery.
func TestSettle(t *testing.T) {
	tests := []struct {
		name   string
		result gateway.Result
		want   gateway.State
	}{
		{"accepted", gateway.Result{Verdict: gateway.Accepted, Status: 200}, gateway.Delivered},
		{"failed", gateway.Result{Verdict: gateway.Again, Reason: gateway.ReasonNetwork}, gateway.Pending},
		{"refused", gateway.Result{Verdict: gateway.Final, Reason: gateway.ReasonStatus, Status: 400}, gateway.Dead},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				s.random = 0.5
				app := answering(200)
				s.Serve(s.destination(app))
				synctest.Wait()
				d, place := s.carried()
				s.Lane(shop).Settle(d, tt.result)
				place.Leave(tt.result)
				if got := s.queue.get(d); got.State != tt.want || got.Spent != 1 {
					t.Errorf("stored: %+v, want it %v", got, tt.want)
				}
				s.pass(time.Minute)
				if got, want := len(app.came), map[gateway.State]int{gateway.Pending: 1}[tt.want]; got != want {
					t.Errorf("%d attempts more, want %d", got, want)
				}
			})
		})
	}
}

// What goes on with one destination is nothing to another.
func TestLanesAreIndependent(t *testing.T) {
	run(t, func(s *stand) {
		broken, well := answering(500), answering(200)
		other := gateway.Address{Endpoint: "shop", Destination: "audit"}
		s.Serve(s.destination(broken, down(1), inFlight(1)), s.destination(well, func(d *gateway.Destination) { d.Address = other }))
		for range 5 {
			s.store()
			s.store(func(d *gateway.Delivery) { d.Address = other })
		}
		synctest.Wait()
		if len(broken.came) != 1 || len(well.came) != 5 {
			t.Errorf("%d attempts at one that is down and %d at another, want 1 and 5", len(broken.came), len(well.came))
		}
	})
}

// An attempt that a sender waits for is observed once, when its place is left;
// one that was not made is not.
func TestObservesLive(t *testing.T) {
	run(t, func(s *stand) {
		d := s.destination(answering(200))
		s.Serve(d)
		s.live(d)
		unused, _ := s.Lane(shop).Enter(s.now(), true)
		unused.Leave(gateway.Result{})
		if len(s.attempts) != 1 || !s.attempts[0].Live || s.attempts[0].Result.Status != 200 || s.attempts[0].Address != shop {
			t.Errorf("observed: %+v, want one live attempt", s.attempts)
		}
	})
}
