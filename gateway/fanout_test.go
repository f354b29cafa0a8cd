package gateway_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// With several destinations the event is stored before the first is asked,
// because the others must get it whatever that one says.
func TestFanOut(t *testing.T) {
	const all = "app delivering 0/1 due 1m0s, b delivering 0/1 due 1m0s, c pending 0/0 due 0s"
	tests := []struct {
		name    string
		app     route
		code    int
		body    string
		outcome string
		verdict string
	}{
		{"accepted", says(201), 201, "from the application", gateway.OutcomeDelivered, "accepted"},
		{"accepted at length", long(200, nothing), 200, longBody, gateway.OutcomeDelivered, "accepted"},
		{"failed", says(500), 200, queuedD1, gateway.OutcomeQueued, "again"},
		{"not reached", fails(&gateway.Failure{Status: 502, Err: errDown}), 200, queuedD1, gateway.OutcomeQueued, "again"},
		{"broken off", short(200), 200, queuedD1, gateway.OutcomeQueued, "again"},
		{"refused", says(404), 404, "from the application", gateway.OutcomeFailed, "final"},
		{"slow", func(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
			<-time.After(20 * time.Second)
			return says(204)(w, r, e)
		}, 200, queuedD1, gateway.OutcomeQueued, "accepted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(t, 3, nil)
				e.lanes[2].background = false
				release := make(chan func(), 1)
				e.lanes[1].carry = func(_ *gateway.Delivery, _ gateway.Place, done func()) { release <- done }
				e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
					if got := e.stored(t); got != all || !e.knows(t, "d1") {
						t.Errorf("before the application was asked there was %q", got)
					}
					return tt.app(w, r, ev)
				}
				a := e.send("d1")
				if o := e.outcome(); a.Code != tt.code || a.Body.String() != tt.body || a.broken || o.Name != tt.outcome {
					t.Errorf("answered %d with %d bytes, outcome %+v", a.Code, a.Body.Len(), o)
				}
				<-e.lanes[0].settled
				synctest.Wait()
				for i, want := range []string{
					"enter live=true: true, settle 1 " + tt.verdict + ", leave " + tt.verdict,
					"enter live=false: true, carry 2",
					"enter live=false: false, wake 0s",
				} {
					if got := e.lanes[i].log(); got != want {
						t.Errorf("lane %d was asked %q, want %q", i, got, want)
					}
				}
				if e.parts.Budget.Used() == 0 {
					t.Error("the memory was given back while a lane still needed it")
				}
				if (<-release)(); e.parts.Budget.Used() != 0 {
					t.Errorf("%d bytes are still held", e.parts.Budget.Used())
				}
				if repeat := e.send("d1"); repeat.Body.String() != "{\"status\":\"already_processed\"}\n" {
					t.Errorf("the repeat was answered %q", repeat.Body)
				}
			})
		})
	}
}

// A sender that has seen a part of an answer that fails must not take it for
// the whole.
func TestFanOutBreaksOff(t *testing.T) {
	for name, rest := range map[string]func(){
		"broken off": breakOff,
		"too late":   func() { <-time.After(time.Hour) },
	} {
		for _, status := range []int{200, 404} {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(t, 2, nil)
				e.lanes[1].background = false
				e.app = long(status, rest)
				a := e.send("d1")
				r := <-e.lanes[0].settled
				if r.Verdict != gateway.Accepted && !a.broken {
					t.Errorf("%s: %d that is %v was answered with %d bytes, as if it were whole", name, status, r.Verdict, a.Body.Len())
				}
			})
		}
	}
}

func TestFanOutWithoutAPlace(t *testing.T) {
	e := newEndpoint(t, 2, nil)
	for _, l := range e.lanes {
		l.live, l.background = false, false
	}
	if a := e.send("d1"); a.Body.String() != queuedD1 || e.stored(t) != "app pending 0/0 due 0s, b pending 0/0 due 0s" {
		t.Errorf("answered %q, stored %q", a.Body, e.stored(t))
	}
}

// Nobody is asked when the event cannot be stored, and all places are left.
func TestFanOutWithoutAStore(t *testing.T) {
	e := newEndpoint(t, 2, nil)
	e.store.err = gateway.ErrFull
	if a := e.send("d1"); a.Code != 503 || e.asked.Load() != 0 || e.parts.Budget.Used() != 0 {
		t.Errorf("answered %d, asked %d times, %d bytes are held", a.Code, e.asked.Load(), e.parts.Budget.Used())
	}
	for i, want := range []string{"enter live=true: true, leave ", "enter live=false: true, leave "} {
		if got := e.lanes[i].log(); got != want {
			t.Errorf("lane %d was asked %q, want %q", i, got, want)
		}
	}
}

// Every destination reads the event for itself.
func TestFanOutReadsTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, 3, nil)
		for _, l := range e.lanes {
			l.carry = func(d *gateway.Delivery, p gateway.Place, done func()) {
				go func() {
					defer done()
					if string(d.Event.Body) != gateway.BodyOf("d1") {
						t.Errorf("%v has %q", d.Address, d.Event.Body)
					}
					p.Leave(gateway.Result{Verdict: gateway.Accepted})
				}()
			}
		}
		e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
			if body := string(must(io.ReadAll(r.Body))); body != gateway.BodyOf("d1") {
				t.Errorf("the application read %q", body)
			}
			return says(200)(w, r, ev)
		}
		e.send("d1")
		synctest.Wait()
		if used := e.parts.Budget.Used(); used != 0 {
			t.Errorf("%d bytes are still held", used)
		}
	})
}
