package gateway_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// bury ends the delivery as a worker does whose application refused it: the
// event is dead, and its key free again.
func (e *endpoint) bury(t *testing.T, d *gateway.Delivery) {
	d.State, d.LastAttempt = gateway.Dead, gateway.Attempt{Number: d.Attempt, Start: t0}
	forgotten, err := e.store.Finish(t.Context(), d)
	if err != nil || !forgotten {
		t.Errorf("Finish = %v, %v", forgotten, err)
	}
	e.parts.Seen.Forget(d.Event.Key)
}

// The sender's own redelivery of a dead letter is welcome, however soon after
// the event was stored it died: also before its sender was answered.
func TestDeadLettersAreWelcomeAgain(t *testing.T) {
	t.Run("mode store", func(t *testing.T) {
		e := newEndpoint(t, 1, mode(gateway.ModeStore))
		e.lanes[0].carry = func(d *gateway.Delivery, _ gateway.Place, done func()) { e.bury(t, d); done() }
		for range 2 {
			if a := e.send("d1"); a.Body.String() != queuedD1 {
				t.Errorf("answered %q", a.Body)
			}
		}
	})
	t.Run("mode store, after the answer", func(t *testing.T) {
		e := newEndpoint(t, 1, mode(gateway.ModeStore))
		var stored *gateway.Delivery
		e.lanes[0].carry = func(d *gateway.Delivery, _ gateway.Place, done func()) { stored = d; done() }
		for range 2 {
			if a := e.send("d1"); a.Body.String() != queuedD1 {
				t.Errorf("answered %q", a.Body)
			}
			e.bury(t, stored)
		}
	})
	t.Run("mode proxy, too slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEndpoint(t, 1, func(c *gateway.Config) { c.AckWithin = gateway.Duration(time.Second) })
			e.lanes[0].settle = func(d *gateway.Delivery) { e.bury(t, d) }
			e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
				<-time.After(2 * time.Second)
				return says(404)(w, r, ev)
			}
			for range 2 {
				if a := e.send("d1"); a.Body.String() != queuedD1 {
					t.Errorf("answered %q", a.Body)
				}
				<-e.lanes[0].settled
				synctest.Wait()
			}
		})
	})
}

func TestForget(t *testing.T) {
	key := gateway.NewKey("test", "d1")
	tests := []struct {
		name   string
		before func(*gateway.Seen)
		want   gateway.Claim
	}{
		{"what is done", func(s *gateway.Seen) { s.Confirm(t0, key, time.Hour) }, gateway.Ours},
		{"what was never seen", func(*gateway.Seen) {}, gateway.Ours},
		{"what is in flight", func(s *gateway.Seen) { s.Claim(t0, key) }, gateway.InFlight},
	}
	for _, tt := range tests {
		s := gateway.NewSeen(0)
		tt.before(s)
		if s.Forget(key); s.Claim(t0, key) != tt.want {
			t.Errorf("%s: not %v", tt.name, tt.want)
		}
	}
}

// Of what was forgotten and came again, the memory keeps the latter.
func TestForgottenAndSeenAgain(t *testing.T) {
	s := gateway.NewSeen(2)
	a, b := gateway.NewKey("a"), gateway.NewKey("b")
	s.Confirm(t0, a, time.Hour)
	s.Forget(a)
	s.Confirm(t0, a, time.Hour)
	if s.Confirm(t0, b, time.Hour); s.Claim(t0, a) != gateway.Done || s.Claim(t0, b) != gateway.Done {
		t.Error("one of the two that fit is forgotten")
	}
}
