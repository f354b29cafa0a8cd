package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// within is a context for Stop.
func (s *stand) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(s.Context(), d)
	s.Cleanup(cancel)
	return ctx
}

func TestStopWaits(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		app.hold = make(chan struct{})
		s.Serve(s.destination(app, inFlight(1)))
		all := s.stores(3)
		synctest.Wait()
		time.AfterFunc(2*time.Second, func() { close(app.hold) })
		begun := time.Now()
		if err := s.Stop(s.within(4 * time.Second)); err != nil {
			t.Errorf("Stop = %v", err)
		}
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("Stop took %v, want as long as the attempt", took)
		}
		if got := s.queue.get(all[0]); got.State != gateway.Delivered {
			t.Errorf("stored: %+v, want it delivered", got)
		}
		for _, d := range all[1:] {
			if got := s.queue.get(d); got.State != gateway.Pending || got.Spent != 0 || !got.Due.Equal(d.Due) {
				t.Errorf("stored: %+v, want it waiting as before", got)
			}
		}
		if err := s.Stop(s.within(time.Second)); err != nil {
			t.Errorf("Stop again = %v", err)
		}
	})
}

func TestStopBreaksOff(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		app.hold = make(chan struct{})
		s.Serve(s.destination(app))
		all := s.stores(3)
		synctest.Wait()
		if err := s.Stop(s.within(time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stop = %v, want %v", err, context.DeadlineExceeded)
		}
		for _, d := range all {
			if got := s.queue.get(d); got.State != gateway.Pending || got.Spent != 0 || got.LastAttempt.Reason != gateway.ReasonCanceled {
				t.Errorf("stored: %+v, want it waiting, with nothing spent", got)
			}
		}
	})
}

// What was being leased when Stop began is given back too.
func TestStopWhileLeasing(t *testing.T) {
	tests := []struct {
		name string
		err  error // of Lease
	}{
		{"leased", nil},
		{"failed", gateway.ErrSlow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run(t, func(s *stand) {
				answer := make(chan struct{})
				s.queue.failing(func(method string, _ *gateway.Delivery) error {
					if method != "Lease" {
						return nil
					}
					<-answer
					return tt.err
				})
				app := answering(200)
				all := []*gateway.Delivery{s.add(s.delivery()), s.add(s.delivery())}
				s.Serve(s.destination(app))
				synctest.Wait()
				stopped := make(chan error)
				go func() { stopped <- s.Stop(s.Context()) }()
				synctest.Wait()
				close(answer)
				if err := <-stopped; err != nil {
					t.Errorf("Stop = %v", err)
				}
				for _, d := range all {
					if got := s.queue.get(d); got.State != gateway.Pending || got.Spent != 0 || !got.Due.Equal(d.Due) {
						t.Errorf("stored: %+v, want it waiting as before", got)
					}
				}
				if got := s.lane().Waiting; got != 0 || len(app.came) != 0 {
					t.Errorf("%d wait, and %d attempts were made, want none", got, len(app.came))
				}
			})
		})
	}
}

// A queue that does not answer keeps nobody from stopping.
func TestStopGivesUp(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.failing(func(method string, _ *gateway.Delivery) error {
			if method == "Finish" {
				return gateway.ErrSlow
			}
			return nil
		})
		s.Serve(s.destination(answering(200)))
		d := s.store()
		s.pass(time.Minute)
		begun := time.Now()
		if err := s.Stop(s.within(time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stop = %v, want %v", err, context.DeadlineExceeded)
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("Stop took %v, want no more than a second longer than its context", took)
		}
		if got := s.queue.get(d); got.State != gateway.Delivering {
			t.Errorf("stored: %+v, want its lease to end by itself", got)
		}
	})
}

func TestStopWithQueueStuck(t *testing.T) {
	run(t, func(s *stand) {
		s.queue.stuck = true
		s.Serve(s.destination(answering(200)))
		s.store()
		synctest.Wait()
		begun := time.Now()
		if err := s.Stop(s.within(time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stop = %v, want %v", err, context.DeadlineExceeded)
		}
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("Stop took %v, want a second longer than its context", took)
		}
	})
}

// Nothing is broken off where nothing is under way, however short the time.
func TestStopIdle(t *testing.T) {
	run(t, func(s *stand) {
		s.Serve(s.destination(answering(200)))
		s.store()
		synctest.Wait()
		ended, cancel := context.WithCancel(s.Context())
		cancel()
		if err := s.Stop(ended); err != nil {
			t.Errorf("Stop = %v", err)
		}
	})
}

// A live attempt is waited for, because what comes of it may have to be stored;
// but only if it began before.
func TestStopWaitsForLive(t *testing.T) {
	run(t, func(s *stand) {
		d := s.destination(answering(200))
		s.Serve(d)
		lane := s.Lane(shop)
		place, _ := lane.Enter(s.now(), true)
		var late gateway.Place
		time.AfterFunc(time.Second, func() {
			var ok bool
			if late, ok = lane.Enter(s.now(), true); !ok {
				t.Error("a live attempt was refused while the worker stops")
			}
			if _, ok := lane.Enter(s.now(), false); ok {
				t.Error("one in the background was not")
			}
		})
		time.AfterFunc(2*time.Second, func() { place.Leave(gateway.Result{Verdict: gateway.Accepted}) })
		begun := time.Now()
		if err := s.Stop(s.within(4 * time.Second)); err != nil {
			t.Errorf("Stop = %v", err)
		}
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("Stop took %v, want as long as the live attempt", took)
		}
		late.Leave(gateway.Result{Verdict: gateway.Accepted})
	})
}

func TestServeAfterStop(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.stop()
		leave := s.Serve(s.destination(app))
		s.store()
		s.pass(time.Hour)
		leave()
		if len(app.came) != 0 {
			t.Errorf("%d attempts after Stop", len(app.came))
		}
	})
}
