package delivery_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

func TestPace(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app, func(d *gateway.Destination) {
			d.Pace = ratelimit.Policy{Events: 2, Window: time.Second, Burst: 3}
		}))
		start := time.Now()
		s.stores(7)
		synctest.Wait()
		if got := s.lane().Waiting; got > 3 {
			t.Errorf("%d are leased and wait, want what can be attempted within a second", got)
		}
		s.pass(time.Minute)
		const half = time.Second / 2
		if got, want := app.times(start), []time.Duration{0, 0, 0, half, 2 * half, 3 * half, 4 * half}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
		if _, ok := s.Lane(shop).Enter(s.now(), true); !ok {
			t.Error("a live attempt was refused after a rest")
		}
	})
}

// A lease lasts until a slow pace lets its delivery through.
func TestSlowPace(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app, func(d *gateway.Destination) {
			d.Pace = ratelimit.Policy{Events: 1, Window: time.Hour}
		}))
		start := time.Now()
		all := s.stores(2)
		s.pass(2 * time.Hour)
		if got, want := app.times(start), []time.Duration{0, time.Hour}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
		if got := s.queue.get(all[1]); got.Attempt != 1 {
			t.Errorf("stored: %+v, want it leased once", got)
		}
	})
}

// A sender's attempt counts among those of the pace.
func TestPaceOfLive(t *testing.T) {
	run(t, func(s *stand) {
		d := s.destination(answering(200), func(d *gateway.Destination) {
			d.Pace = ratelimit.Policy{Events: 1, Window: time.Second}
		})
		s.Serve(d)
		if _, ok := s.live(d); !ok {
			t.Error("the first attempt was refused")
		}
		if _, ok := s.live(d); ok {
			t.Error("the second attempt of a second was let through")
		}
		same := *d
		s.Serve(&same)
		if _, ok := s.live(d); ok {
			t.Error("a reload began a new burst")
		}
	})
}

func TestInFlight(t *testing.T) {
	tests := []struct {
		name string
		set  int
		want int
	}{
		{"one after the other", 1, 1},
		{"a few", 5, 5},
		{"not said", 0, 64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				app := answering(200)
				app.hold = make(chan struct{})
				s.Serve(s.destination(app, inFlight(tt.set)))
				s.stores(200)
				synctest.Wait()
				if got := s.lane(); got.Attempting != tt.want || got.Waiting > tt.want {
					t.Errorf("the lane is %+v, want %d attempts and no more waiting", got, tt.want)
				}
				close(app.hold)
				s.pass(0)
				if len(app.came) != 200 || app.most != tt.want {
					t.Errorf("%d attempts, at most %d at once, want 200 and %d", len(app.came), app.most, tt.want)
				}
			})
		})
	}
}

// A drain does not pay one transaction for each delivery.
func TestLeasesInBatches(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.stores(300)
		s.Serve(s.destination(app))
		synctest.Wait()
		if got := len(s.queue.leases); len(app.came) != 300 || got > 300/32+2 {
			t.Errorf("%d attempts with %d leases, want 300 with one for 32 at least", len(app.came), got)
		}
	})
}

func TestDueOrder(t *testing.T) {
	run(t, func(s *stand) {
		for _, ago := range []time.Duration{3, 1, 5, 2, 4} {
			s.store(func(d *gateway.Delivery) { d.Due = d.Due.Add(-ago * time.Second) })
		}
		app := answering(200)
		s.Serve(s.destination(app, inFlight(1)))
		synctest.Wait()
		if want := []string{"e3", "e5", "e1", "e4", "e2"}; !slices.Equal(app.came, want) {
			t.Errorf("attempted %v, want %v", app.came, want)
		}
	})
}

// Deliveries of one order wait for each other, also for one's retries; those of
// others do not wait for them.
func TestOrder(t *testing.T) {
	run(t, func(s *stand) {
		s.random = 0.5
		app := answering(500, 200)
		s.Serve(s.destination(app, inFlight(1)))
		for _, order := range []string{"a", "a", "a", "b", ""} {
			s.store(func(d *gateway.Delivery) { d.Order = order })
		}
		start := time.Now()
		s.pass(time.Minute)
		if want := []string{"e1", "e4", "e5", "e1", "e2", "e3"}; !slices.Equal(app.came, want) {
			t.Errorf("attempted %v, want %v", app.came, want)
		}
		const retry = 2500 * time.Millisecond
		if got, want := app.times(start), []time.Duration{0, 0, 0, retry, retry, retry}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
	})
}

// An event that always fails costs the others nothing.
func TestPoison(t *testing.T) {
	run(t, func(s *stand) {
		s.random = 0.999
		start := time.Now()
		app := poisoned{answering(200), "e1"}
		s.Serve(s.destination(app, inFlight(1)))
		all := s.stores(20)
		synctest.Wait()
		for _, d := range all[1:] {
			if got := s.queue.get(d); got.State != gateway.Delivered || !got.LastAttempt.Start.Equal(start) {
				t.Errorf("stored: %+v, want it delivered at once", got)
			}
		}
		s.pass(24 * time.Hour)
		if got := s.queue.get(all[0]); got.State != gateway.Dead || got.Spent != 8 {
			t.Errorf("stored: %+v, want it dead", got)
		}
	})
}
