package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A watcher looks at outcomes while they may be looked at.
type watcher func(*gateway.Outcome)

func (w watcher) Observe(o *gateway.Outcome) { w(o) }

// What a request sent can be seen until Observe returns, and not where it was
// not read.
func TestAnOutcomeShowsTheRequest(t *testing.T) {
	body := gateway.BodyOf("d1")
	tests := []struct {
		name   string
		spoil  func(*http.Request)
		reason string
		body   string
	}{
		{"accepted", func(*http.Request) {}, gateway.OutcomeDelivered, body},
		{"refused by its signature", func(r *http.Request) { r.Header.Set("X-Broxi-Signature", signedBySomebodyElse) }, gateway.ReasonSigBad, body},
		{"refused by its headers", func(r *http.Request) { r.Header.Del("X-Broxi-Signature") }, gateway.ReasonSigMissing, ""},
		{"refused by its method", func(r *http.Request) { r.Method = http.MethodPut }, gateway.ReasonMethod, ""},
	}
	for _, tt := range tests {
		for _, keep := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				e := newEndpoint(t, 1, func(c *gateway.Config) { c.KeepRefusedBodies = keep })
				e.app = says(200)
				r, seen := gateway.Signed(body), 0
				tt.spoil(r)
				e.parts.Observer = watcher(func(o *gateway.Outcome) {
					seen++
					if o.Name != tt.reason || o.Request != r || string(o.Body) != tt.body || o.KeepBody != keep || !o.Durable || o.Destination != "app" {
						t.Errorf("outcome %+v", o)
					}
				})
				e.open(t)
				e.serve(r)
				if seen != 1 || e.parts.Budget.Used() != 0 {
					t.Errorf("observed %d times, %d bytes are still held", seen, e.parts.Budget.Used())
				}
			})
		}
	}
}

const signedBySomebodyElse = "0000000000000000000000000000000000000000000000000000000000000000"

// The memory of a body that an attempt in the background reads is not shown.
func TestAnOutcomeDoesNotShowWhatIsLent(t *testing.T) {
	carried := make(chan func(), 1)
	e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode = gateway.ModeStore })
	e.lanes[0].carry = func(_ *gateway.Delivery, _ gateway.Place, done func()) { carried <- done }
	e.send("d1")
	if o := e.outcome(); o.Name != gateway.OutcomeQueued || o.Body != nil || o.Delivery != 1 {
		t.Errorf("outcome %+v", o)
	}
	(<-carried)()
	if e.parts.Budget.Used() != 0 {
		t.Errorf("%d bytes are still held", e.parts.Budget.Used())
	}
}

func TestAnOutcomeDoesNotShowWhatGoesOn(t *testing.T) {
	answered := make(chan struct{})
	e := newEndpoint(t, 1, func(c *gateway.Config) { c.AckWithin = gateway.Duration(time.Millisecond) })
	e.app = func(w http.ResponseWriter, _ *http.Request, _ *gateway.Event) error {
		<-answered
		w.WriteHeader(http.StatusOK)
		return nil
	}
	e.send("d1")
	if o := e.outcome(); o.Name != gateway.OutcomeQueued || o.Body != nil || o.Delivery != 1 || o.Dead || o.Cause != "" {
		t.Errorf("outcome %+v", o)
	}
	close(answered)
	<-e.lanes[0].settled
}

// What came of the attempt that the sender waited for.
func TestAnOutcomeSaysWhyItFailed(t *testing.T) {
	tests := []struct {
		name  string
		app   route
		cause string
		dead  bool
	}{
		{"accepted", says(200), "", false},
		{"refused for good", says(400), gateway.ReasonStatus, true},
		{"to be tried again", says(503), gateway.ReasonStatus, false},
		{"not reached", func(http.ResponseWriter, *http.Request, *gateway.Event) error {
			return &gateway.Failure{Status: http.StatusBadGateway, Err: http.ErrServerClosed}
		}, gateway.ReasonNetwork, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, 1, nil)
			e.app = tt.app
			e.send("d1")
			if o := e.outcome(); o.Cause != tt.cause || o.Dead != tt.dead {
				t.Errorf("outcome %+v", o)
			}
		})
	}
}

// An Observer that panics takes no memory with it.
func TestAPanicInObserveReleasesTheBody(t *testing.T) {
	e := newEndpoint(t, 1, nil)
	e.app, e.parts.Observer = says(200), watcher(func(*gateway.Outcome) { panic("observed") })
	e.open(t)
	func() {
		defer func() {
			if v := recover(); v != "observed" {
				t.Errorf("recovered %v", v)
			}
		}()
		_ = e.Serve(httptest.NewRecorder(), gateway.Signed(gateway.BodyOf("d1"))) // it panics
	}()
	if e.parts.Budget.Used() != 0 {
		t.Errorf("%d bytes are still held", e.parts.Budget.Used())
	}
}
