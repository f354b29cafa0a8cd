package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// unsignedID makes the delivery id a header that broxi does not sign.
func unsignedID(change func(*gateway.Config)) func(*gateway.Config) {
	return func(c *gateway.Config) {
		c.Verify.Options = map[string]string{"id": "header X-Id"}
		if change != nil {
			change(c)
		}
	}
}

// sentAt is the same body each time, signed so long after t0.
func sentAt(after time.Duration, id string) *http.Request {
	r := gateway.SignedAt(t0.Add(after), "{}")
	if id != "" {
		r.Header.Set("X-Id", id)
	}
	return r
}

// What is not signed does not make a replay another event, and a retry is none
// either, also after a restart. Another event with the same body is one.
func TestProofs(t *testing.T) {
	tests := []struct {
		name  string
		after time.Duration
		id    string
		asked int64
	}{
		{"the same", 0, "a", 1},
		{"replayed with another id", 0, "b", 1},
		{"replayed without the id", 0, "", 1},
		{"retried", time.Second, "a", 1},
		{"another event", time.Second, "b", 2},
	}
	for _, tt := range tests {
		for name, restart := range map[string]bool{"": false, " after a restart": true} {
			t.Run(tt.name+name, func(t *testing.T) {
				e := newEndpoint(t, 1, unsignedID(nil))
				e.app = says(200)
				e.serve(sentAt(0, "a"))
				if restart {
					e.restart(t)
				}
				if a := e.serve(sentAt(tt.after, tt.id)); a.Code != 200 || e.asked.Load() != tt.asked {
					t.Errorf("answered %d %s; the application was asked %d times, want %d", a.Code, a.Body, e.asked.Load(), tt.asked)
				}
			})
		}
	}
}

// A replay that comes while the event is on its way is too early, and holds
// nothing that would be in the way of others.
func TestProofInFlight(t *testing.T) {
	e := newEndpoint(t, 1, unsignedID(nil))
	e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
		if ev.ID == "a" {
			if a := e.serve(sentAt(0, "b")); a.Code != http.StatusConflict {
				t.Errorf("the replay is answered %d %s", a.Code, a.Body)
			}
		}
		return says(200)(w, r, ev)
	}
	e.serve(sentAt(0, "a"))
	e.serve(sentAt(time.Second, "b"))
	if n := e.asked.Load(); n != 2 {
		t.Errorf("the application was asked %d times, want once for each event", n)
	}
}

// What the application refused may come again, in whatever way.
func TestProofReleased(t *testing.T) {
	for name, again := range map[string]*http.Request{"the same": sentAt(0, "a"), "retried": sentAt(time.Second, "a"), "with another id": sentAt(0, "b")} {
		e := newEndpoint(t, 1, unsignedID(nil))
		e.app = says(400)
		e.serve(sentAt(0, "a"))
		e.app = says(200)
		if a := e.serve(again); a.Body.String() != "from the application" {
			t.Errorf("%s: answered %d %s", name, a.Code, a.Body)
		}
	}
}

// So may a dead letter.
func TestProofOfADeadLetter(t *testing.T) {
	e := newEndpoint(t, 1, unsignedID(mode(gateway.ModeStore)))
	e.lanes[0].carry = func(d *gateway.Delivery, _ gateway.Place, done func()) {
		e.bury(t, d)
		e.parts.Seen.Forget(d.Event.Proof)
		done()
	}
	for _, r := range []*http.Request{sentAt(0, "a"), sentAt(0, "a"), sentAt(time.Second, "a"), sentAt(0, "b")} {
		if a := e.serve(r); e.outcome().Name != gateway.OutcomeQueued {
			t.Errorf("answered %d %s", a.Code, a.Body)
		}
	}
}

// A retry is not handed on, but its signature counts as the event's from then
// on: or whoever saw the retry could replay it with another id.
func TestProofOfARetry(t *testing.T) {
	tests := []struct {
		name          string
		edit          func(*gateway.Config)
		before, after bool // a restart comes before the retry, or after it
	}{
		{"mode proxy", nil, false, false},
		{"mode proxy, restarted before", nil, true, false},
		{"mode proxy, restarted after", nil, false, true},
		{"mode store", mode(gateway.ModeStore), false, false},
		{"mode store, restarted before", mode(gateway.ModeStore), true, false},
		{"mode store, restarted after", mode(gateway.ModeStore), false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, 1, unsignedID(tt.edit))
			e.app = says(200)
			e.serve(sentAt(0, "a"))
			if tt.before {
				e.restart(t)
			}
			e.serve(sentAt(time.Second, "a"))
			if tt.after {
				e.restart(t)
			}
			e.serve(sentAt(time.Second, "b"))
			if name := e.outcome().Name; name != gateway.OutcomeDuplicate {
				t.Errorf("the replay of the retry is %s", name)
			}
		})
	}
}
