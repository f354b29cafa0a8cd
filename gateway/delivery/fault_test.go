package delivery_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// What came of an attempt is not forgotten because the queue cannot take it at
// the moment; meanwhile its place stays taken.
func TestFinishAgain(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.failTimes("Finish", 3, fmt.Errorf("disk: %w", gateway.ErrSlow))
		app := answering(200)
		s.Serve(s.destination(app, inFlight(1)))
		start := time.Now()
		all := s.stores(2)
		s.pass(time.Minute)
		const wait = (50 + 100 + 200) * time.Millisecond
		if got, want := app.times(start), []time.Duration{0, wait}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
		for _, d := range all {
			if got := s.queue.get(d); got.State != gateway.Delivered || got.Spent != 1 {
				t.Errorf("stored: %+v, want it delivered", got)
			}
		}
	})
}

func TestFinishInVain(t *testing.T) {
	tests := []struct {
		name string
		err  error
		lost int
	}{
		{"the lease is lost", gateway.ErrLeaseLost, 1},
		{"the store has failed", gateway.ErrFailed, 0},
		{"the store is closed", gateway.ErrClosed, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				calls := 0
				s.queue.failing(func(method string, _ *gateway.Delivery) error {
					if method != "Finish" {
						return nil
					}
					calls++
					return fmt.Errorf("wrapped: %w", tt.err)
				})
				s.Serve(s.destination(answering(200)))
				s.store()
				s.pass(time.Second)
				if calls != 1 || s.lost != tt.lost || len(s.settled) != 0 || s.lane().Attempting != 0 {
					t.Errorf("%d calls, %d lost, %d settled, %d under way, want 1, %d, 0 and 0", calls, s.lost, len(s.settled), s.lane().Attempting, tt.lost)
				}
				if got := strings.Count(s.log.String(), "level=WARN"); got != 1 {
					t.Errorf("log:\n%s\nwant one warning", s.log.String())
				}
			})
		})
	}
}

// A queue that fails is left alone for longer and longer, and asked again.
func TestLeaseFails(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.failTimes("Lease", 4, gateway.ErrSlow)
		app := answering(200)
		start := time.Now()
		s.stores(2)
		s.Serve(s.destination(app))
		s.pass(time.Minute)
		const wait = (100 + 200 + 400 + 800) * time.Millisecond
		if got, want := app.times(start), []time.Duration{wait, wait}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
		if got := strings.Count(s.log.String(), "level=ERROR"); got != 1 {
			t.Errorf("log:\n%s\nwant one error", s.log.String())
		}
	})
}

// A store that has failed for good is asked no more than once a minute.
func TestStoreHasFailed(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.failing(func(string, *gateway.Delivery) error { return gateway.ErrFailed })
		s.Serve(s.destination(answering(200)))
		s.pass(10 * time.Minute)
		if got := s.queue.count(); got > 11 {
			t.Errorf("asked %d times in 10 minutes", got)
		}
	})
}

// A queue that says that something is due and does not give it out is asked
// again, but not without a rest.
func TestDueAndNotGiven(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.early = true
		s.Serve(s.destination(answering(200)))
		s.pass(10 * time.Second)
		if got := s.queue.count(); got < 10 || got > 12 {
			t.Errorf("asked %d times in 10 seconds, want about one a second", got)
		}
	})
}

// An event that cannot be loaded ends as a dead letter, which is no fault of
// the application and harms no other event.
func TestUnreadable(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.failing(func(method string, d *gateway.Delivery) error {
			if method == "Load" && d.ID == 1 {
				return errors.New("not the bytes that were written")
			}
			return nil
		})
		app := answering(200)
		start := time.Now()
		all := s.stores(3)
		s.Serve(s.destination(app, down(1), inFlight(1)))
		s.pass(time.Hour)
		if got := s.queue.get(all[0]); got.State != gateway.Dead || got.Spent != 8 || got.LastAttempt.Reason != delivery.ReasonInternal {
			t.Errorf("stored: %+v, want it dead", got)
		}
		if got := app.times(start); !slices.Equal(got, []time.Duration{0, 0}) {
			t.Errorf("attempted at %v, want the two others at once", got)
		}
		observed := make(map[string]int)
		for _, a := range s.attempts {
			observed[a.Result.Reason]++
		}
		if want := map[string]int{"": 2, delivery.ReasonInternal: 8}; !maps.Equal(observed, want) {
			t.Errorf("observed %v, want %v: what counts against the policy", observed, want)
		}
	})
}

// A store that cannot give an event out at the moment costs it nothing.
func TestLoadSlow(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.failTimes("Load", 1, gateway.ErrSlow)
		app := answering(200)
		s.Serve(s.destination(app))
		d := s.store()
		synctest.Wait()
		if got := s.queue.get(d); got.State != gateway.Delivered || got.Spent != 1 {
			t.Errorf("stored: %+v, want it delivered with one attempt spent", got)
		}
	})
}

// A panic of ours neither ends the process nor keeps a place, and does not
// repeat what the application accepted.
func TestPanics(t *testing.T) {
	tests := []struct {
		name   string
		breaks func(*stand)
		want   gateway.State
	}{
		{"while the event is loaded", func(s *stand) {
			s.queue.failing(func(method string, _ *gateway.Delivery) error {
				if method == "Load" {
					panic("at the disco")
				}
				return nil
			})
		}, gateway.Dead},
		{"in the observer", func(s *stand) { s.surprise = func() { panic("surprise") } }, gateway.Delivered},
		{"while it is settled", func(s *stand) {
			s.queue.failing(func(method string, _ *gateway.Delivery) error {
				if method == "Finish" {
					panic("at the end")
				}
				return nil
			})
		}, gateway.Delivering},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				tt.breaks(s)
				s.Serve(s.destination(answering(200)))
				d := s.store()
				s.pass(time.Second)
				if got := s.queue.get(d); got.State != tt.want {
					t.Errorf("stored: %+v, want it %v", got, tt.want)
				}
				if got := s.lane(); got.Attempting != 0 {
					t.Errorf("the lane is %+v, want nothing under way", got)
				}
				if log := s.log.String(); !strings.Contains(log, "panic") {
					t.Errorf("log:\n%s\nwant the panic", log)
				}
				s.queue.failing(nil)
			})
		})
	}
}

// A delivery that waited here until its lease ended is not begun: somebody else
// may have it.
func TestLeaseEndsWhileWaiting(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app, inFlight(1)))
		restored := make(chan struct{})
		s.queue.failing(func(method string, d *gateway.Delivery) error {
			if method == "Finish" && d.ID == 1 {
				<-restored
			}
			return nil
		})
		all := s.stores(2)
		s.pass(20 * time.Minute)
		if got := s.queue.get(all[1]); got.State != gateway.Delivering || got.Attempt != 1 {
			t.Fatalf("stored: %+v, want it leased", got)
		}
		close(restored)
		synctest.Wait()
		if got := s.queue.get(all[1]); got.State != gateway.Delivered || got.Attempt != 2 || got.Spent != 1 {
			t.Errorf("stored: %+v, want it delivered with a second lease", got)
		}
		if !slices.Equal(app.came, []string{"e1", "e2"}) {
			t.Errorf("attempted %v, want each once", app.came)
		}
	})
}

// What a lost worker had leased is attempted when its lease ends.
func TestLeaseOfAnother(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Serve(s.destination(app))
		start := time.Now()
		s.store(func(d *gateway.Delivery) {
			d.State, d.Attempt, d.Due = gateway.Delivering, 1, d.Due.Add(42*time.Second)
		})
		s.pass(time.Hour)
		if got, want := app.times(start), []time.Duration{42 * time.Second}; !slices.Equal(got, want) {
			t.Errorf("attempted at %v, want %v", got, want)
		}
	})
}
