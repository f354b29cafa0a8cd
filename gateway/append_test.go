package gateway_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func TestModeStore(t *testing.T) {
	tests := []struct {
		name   string
		n      int
		edit   func(*gateway.Config)
		places []bool // in the background
		code   int
		stored string
		calls  []string
	}{
		{"at once", 1, nil, []bool{true}, 200, "app delivering 0/1 due 1m0s", []string{"enter live=false: true, carry 1"}},
		{"later", 1, nil, []bool{false}, 200, "app pending 0/0 due 0s", []string{"enter live=false: false, wake 0s"}},
		{"at once, answered with 202", 1, func(c *gateway.Config) { c.Respond = 202 }, []bool{true}, 202, "app delivering 0/1 due 1m0s", []string{"enter live=false: true, carry 1"}},
		{"with a timeout of its own", 1, func(c *gateway.Config) { c.Timeout = gateway.Duration(3e9) }, []bool{true}, 200, "app delivering 0/1 due 33s", []string{"enter live=false: true, carry 1"}},
		{"in order", 1, func(c *gateway.Config) { c.Order = "{webhook.body.event}" }, []bool{true}, 200, "app pending 0/0 due 0s", []string{"wake 0s"}},
		{"in the order of what is not there", 1, func(c *gateway.Config) { c.Order = "{webhook.body.account}" }, []bool{true}, 200, "app delivering 0/1 due 1m0s", []string{"enter live=false: true, carry 1"}},
		{"to several, one of them at once", 3, nil, []bool{false, true, false}, 200, "app pending 0/0 due 0s, b delivering 0/1 due 1m0s, c pending 0/0 due 0s", []string{
			"enter live=false: false, wake 0s", "enter live=false: true, carry 2", "enter live=false: false, wake 0s",
		}},
		{"to several, in order", 2, func(c *gateway.Config) { c.Order = "{webhook.body.event}" }, []bool{true, true}, 200, "app pending 0/0 due 0s, b pending 0/0 due 0s", []string{"wake 0s", "wake 0s"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, tt.n, func(c *gateway.Config) {
				c.Mode = gateway.ModeStore
				if tt.edit != nil {
					tt.edit(c)
				}
			})
			for i, l := range e.lanes {
				l.live, l.background = false, tt.places[i]
			}
			a := e.send("d1")
			if o := e.outcome(); a.Code != tt.code || a.Body.String() != queuedD1 || o.Name != gateway.OutcomeQueued || o.Status != tt.code || o.Err != nil {
				t.Errorf("answered %d %q, outcome %+v", a.Code, a.Body, o)
			}
			if got := e.stored(t); got != tt.stored || !e.knows(t, "d1") {
				t.Errorf("stored %q, known is %v", got, e.knows(t, "d1"))
			}
			for i, l := range e.lanes {
				if got := l.log(); got != tt.calls[i] {
					t.Errorf("lane %d was asked %q, want %q", i, got, tt.calls[i])
				}
			}
			if e.asked.Load() != 0 || e.parts.Budget.Used() != 0 {
				t.Errorf("the application was asked %d times, %d bytes are held", e.asked.Load(), e.parts.Budget.Used())
			}
		})
	}
}

// What is stored is what was sent.
func TestTheStoredEvent(t *testing.T) {
	e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode, c.Order = gateway.ModeStore, "{webhook.body.event}" })
	r := gateway.Signed(gateway.BodyOf("d1"))
	r.Header["X-Many"] = []string{"1", "2"}
	e.serve(r)
	d := must(e.store.List(t.Context(), gateway.Filter{}, 1)).Deliveries[0]
	if err := e.store.Load(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if ev := d.Event; ev.ID != "d1" || ev.Type != "order.paid" || ev.Method != http.MethodPost || ev.Target != "/broxi?x=1" || ev.Host != "example.com" ||
		ev.RemoteAddr != r.RemoteAddr || !ev.ReceivedAt.Equal(t0) || len(ev.Header["X-Many"]) != 2 || string(ev.Body) != gateway.BodyOf("d1") {
		t.Errorf("stored %+v", ev)
	}
	if d.Address != (gateway.Address{Endpoint: "test", Destination: "app"}) || d.Order != "order.paid" || !d.ReceivedAt.Equal(t0) {
		t.Errorf("stored %+v", d)
	}
}

// The memory of a body is given back when the last who has it is done, and by
// then the request has an event without it.
func TestALentBody(t *testing.T) {
	e := newEndpoint(t, 3, mode(gateway.ModeStore))
	var carried []*gateway.Delivery
	var dones []func()
	for _, l := range e.lanes {
		l.carry = func(d *gateway.Delivery, _ gateway.Place, done func()) {
			carried, dones = append(carried, d), append(dones, done)
		}
	}
	e.send("d1")
	seen := e.admitted[len(e.admitted)-1]
	if seen.Body != nil || seen.ID != "d1" || seen.Header.Get("X-Broxi-Timestamp") == "" {
		t.Errorf("the request has %+v", seen)
	}
	e.send("d2")
	for i, done := range dones[:3] {
		if string(carried[i].Event.Body) != gateway.BodyOf("d1") {
			t.Errorf("delivery %d has %q", carried[i].ID, carried[i].Event.Body)
		}
		before := e.parts.Budget.Used()
		done()
		if given := e.parts.Budget.Used() < before; given != (i == 2) {
			t.Errorf("after %d of 3 were done the memory was given back: %v", i+1, given)
		}
	}
	for _, done := range dones[3:] {
		done()
	}
	if used := e.parts.Budget.Used(); used != 0 {
		t.Errorf("%d bytes are held when all are done", used)
	}
}

// What was looked up in an event before it was lent stays known to the request,
// which the server may ask about when it writes its access log.
func TestWhatWasLookedUpStaysKnown(t *testing.T) {
	for _, place := range []bool{false, true} {
		e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode, c.Accept = gateway.ModeStore, "body.data.total == 7" })
		e.lanes[0].background = place
		e.send("d1")
		if total, ok := e.admitted[len(e.admitted)-1].Lookup("data.total"); total != "7" {
			t.Errorf("carried at once is %v: total is %q, %v", place, total, ok)
		}
	}
}

// An event without an id of its provider's is told by the gateway's.
func TestTheReferenceOfAnEventWithoutAnID(t *testing.T) {
	e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode, c.Verify = gateway.ModeStore, verify.Config{Provider: "none"} })
	var refs []string
	for range 2 {
		var got struct{ Status, ID string }
		if err := json.Unmarshal(e.serve(gateway.Signed("not JSON")).Body.Bytes(), &got); err != nil || got.Status != "queued" || len(got.ID) != 32 {
			t.Errorf("answered %+v, %v", got, err)
		}
		refs = append(refs, got.ID)
	}
	if refs[0] == refs[1] {
		t.Errorf("both are %q", refs[0])
	}
}
