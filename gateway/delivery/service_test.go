package delivery_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestReload(t *testing.T) {
	run(t, func(s *stand) {
		was, is := answering(200), answering(200)
		was.hold = make(chan struct{})
		leave := s.Serve(s.destination(was))
		lane := s.Lane(shop)
		s.store()
		synctest.Wait()
		s.Serve(s.destination(is))
		leave()
		s.store()
		synctest.Wait()
		close(was.hold)
		synctest.Wait()
		if !slices.Equal(was.came, []string{"e1"}) || !slices.Equal(is.came, []string{"e2"}) {
			t.Errorf("%v went the old way and %v the new one, want e1, which was under way, and e2", was.came, is.came)
		}
		if len(s.settled) != 2 || s.settled[0].State != gateway.Delivered {
			t.Errorf("settled: %+v, want both delivered", s.settled)
		}
		if s.Lane(shop) != lane {
			t.Error("the lane is another one after the reload")
		}
	})
}

func TestFailedReload(t *testing.T) {
	run(t, func(s *stand) {
		was, is := answering(200), answering(200)
		was.hold = make(chan struct{})
		s.Serve(s.destination(was))
		leave := s.Serve(s.destination(is, inFlight(1)))
		leave()
		leave() // once more changes nothing
		s.stores(2)
		synctest.Wait()
		if len(was.came) != 2 || len(is.came) != 0 || was.most != 2 {
			t.Errorf("%d went the old way, %d at once, and %d the new one, want 2, 2 and none", len(was.came), was.most, len(is.came))
		}
	})
}

// What an endpoint leaves behind when it is removed waits for its return.
func TestOrphans(t *testing.T) {
	run(t, func(s *stand) {
		was, is := answering(200), answering(200)
		was.hold = make(chan struct{})
		leave := s.Serve(s.destination(was, inFlight(2)))
		lane := s.Lane(shop)
		all := s.stores(6)
		synctest.Wait()
		leave()
		s.pass(20 * time.Second)
		if s.Lane(shop) != nil || s.lane().InService {
			t.Error("the lane is in service")
		}
		if _, ok := lane.Enter(s.now(), false); ok {
			t.Error("an attempt in the background was let through")
		}
		for _, d := range all[2:] {
			if got := s.queue.get(d); got.State != gateway.Pending || got.Spent != 0 || !got.Due.Equal(d.Due) {
				t.Errorf("stored: %+v, want it given back as it was", got)
			}
		}
		if got := len(was.came); got != 2 {
			t.Errorf("%d attempts, want the 2 that were under way", got)
		}
		s.Serve(s.destination(is))
		synctest.Wait()
		if want := []string{"e3", "e4", "e5", "e6"}; !slices.Equal(slices.Sorted(slices.Values(is.came)), want) {
			t.Errorf("attempted when it is back: %v, want %v", is.came, want)
		}
	})
}

func TestPause(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		s.Pause(shop) // before it is in service
		leave := s.Serve(s.destination(app, inFlight(1)))
		all := s.stores(3)
		s.pass(time.Hour)
		if got := s.lane(); len(app.came) != 0 || !got.Paused || got.Waiting != 0 {
			t.Errorf("%d attempts while paused, and the lane is %+v", len(app.came), got)
		}
		s.Serve(s.destination(app))
		leave()
		s.pass(time.Hour)
		if len(app.came) != 0 {
			t.Error("a reload ended the pause")
		}
		resumed := time.Now()
		s.Resume(shop)
		synctest.Wait()
		if got := app.times(resumed); !slices.Equal(got, []time.Duration{0, 0, 0}) {
			t.Errorf("attempted at %v after Resume, want all at once", got)
		}
		if got := s.attempts[2].Lag; got != 2*time.Hour {
			t.Errorf("observed a lag of %v, want the time since they were due", got)
		}
		if got := s.queue.get(all[2]); got.State != gateway.Delivered || got.Spent != 1 {
			t.Errorf("stored: %+v, want it delivered", got)
		}
	})
}

// Pausing gives back what was leased and not begun; it is as due as it was.
func TestPauseGivesBack(t *testing.T) {
	run(t, func(s *stand) {
		app := answering(200)
		app.hold = make(chan struct{})
		s.stores(2)
		last := s.store()
		s.Serve(s.destination(app, inFlight(2)))
		s.pass(time.Second)
		if got := s.queue.get(last); got.State != gateway.Delivering {
			t.Fatalf("stored: %+v, want it leased", got)
		}
		s.Pause(shop)
		synctest.Wait()
		if got := s.queue.get(last); got.State != gateway.Pending || got.Spent != 0 || !got.Due.Equal(last.Due) {
			t.Errorf("stored: %+v, want it given back", got)
		}
		if got := s.lane().Attempting; got != 2 {
			t.Errorf("%d attempts, want the two to go on", got)
		}
		close(app.hold)
		s.Resume(shop)
		synctest.Wait()
		if got := s.queue.get(last); got.State != gateway.Delivered {
			t.Errorf("stored: %+v, want it delivered at once", got)
		}
	})
}
