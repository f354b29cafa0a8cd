package delivery_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// What is given up for its age has waited so long, whatever the clock did
// meanwhile.
func TestGiveUpWithClockThatJumps(t *testing.T) {
	const ahead, back = 1000 * time.Hour, -1000 * time.Hour
	for _, jumps := range [][]time.Duration{{}, {ahead}, {back}, {ahead, back}, {back, ahead}, {ahead, ahead, back}, {30 * time.Second, back}} {
		t.Run(fmt.Sprint(jumps), func(t *testing.T) {
			run(t, func(s *stand) {
				s.random = 0.999
				hourly := gateway.Retry{Attempts: 1000, Delay: gateway.Duration(time.Hour), Longest: gateway.Duration(time.Hour)}.WithDefaults()
				app := answering(503)
				s.Serve(s.destination(app, func(d *gateway.Destination) { d.Retry = hourly }))
				came := map[string]time.Time{}
				came["e1"] = time.Now()
				s.store()
				for i, by := range jumps {
					s.pass(150 * time.Minute)
					s.set(by)
					came[fmt.Sprint("e", i+2)] = time.Now()
					s.store() // before anybody has noticed
				}
				s.pass(100 * time.Hour)
				last := map[string]time.Time{}
				for i, id := range app.came {
					last[id] = app.at[i]
				}
				for id, from := range came {
					if lived := last[id].Sub(from); lived < 48*time.Hour || lived > 49*time.Hour {
						t.Errorf("%s was given up after %v, want 48h", id, lived)
					}
				}
				if len(s.settled) != len(came) {
					t.Errorf("%d are given up, want %d", len(s.settled), len(came))
				}
			})
		})
	}
}

// One failure after a clock was put ahead is not the last, also of what was on
// its way then.
func TestClockPutForwardDuringAnAttempt(t *testing.T) {
	run(t, func(s *stand) {
		s.random = 0.5
		app := answering(503)
		app.hold = make(chan struct{})
		s.Serve(s.destination(app))
		d := s.store()
		synctest.Wait()
		s.set(1000 * time.Hour)
		close(app.hold)
		synctest.Wait()
		if got := s.queue.get(d); got.State != gateway.Pending || got.Spent == 0 {
			t.Errorf("stored: %+v, want it pending", got)
		}
	})
}
