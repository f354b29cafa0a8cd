package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

var errDown = errors.New("connection refused")

// A long body is one that no gateway holds back until its end.
var longBody = strings.Repeat("0123456789abcdef", 20_000)

const queuedD1 = `{"status":"queued","id":"d1"}` + "\n"

// long answers with the status and a long body, and goes on as rest does.
func long(status int, rest func()) route {
	return func(w http.ResponseWriter, _ *http.Request, _ *gateway.Event) error {
		w.WriteHeader(status)
		_, err := io.WriteString(w, longBody)
		rest()
		return err
	}
}

func nothing() {}

func breakOff() { panic(http.ErrAbortHandler) }

// short answers with the status and a few bytes, and breaks off.
func short(status int) route {
	return func(w http.ResponseWriter, _ *http.Request, _ *gateway.Event) error {
		w.WriteHeader(status)
		io.WriteString(w, "from")
		panic(http.ErrAbortHandler)
	}
}

func fails(err error) route {
	return func(http.ResponseWriter, *http.Request, *gateway.Event) error { return err }
}

func TestProxy(t *testing.T) {
	once := func(c *gateway.Config) { c.Retry.Attempts = 1 }
	const ok, again, final = "enter live=true: true, leave accepted", "enter live=true: true, wake 2.5s, leave again", "enter live=true: true, leave final"
	tests := []struct {
		name    string
		edit    func(*gateway.Config)
		app     route
		code    int
		body    string
		outcome string
		stored  string
		known   bool
		calls   string
	}{
		{"accepted", nil, says(201), 201, "from the application", gateway.OutcomeDelivered, "app delivered 1/1", true, ok},
		{"accepted at length", nil, long(200, nothing), 200, longBody, gateway.OutcomeDelivered, "app delivered 1/1", true, ok},
		{"404", nil, says(404), 404, "from the application", gateway.OutcomeFailed, "app dead 1/1", false, final},
		{"404 at length", nil, long(404, nothing), 404, longBody, gateway.OutcomeFailed, "app dead 1/1", false, final},
		{"301", nil, says(301), 301, "from the application", gateway.OutcomeFailed, "app dead 1/1", false, final},
		{"500", nil, says(500), 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"500 at length", nil, long(500, nothing), 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"429", nil, says(429), 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"not reached", nil, fails(&gateway.Failure{Status: 502, Err: errDown}), 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"no status", nil, fails(nil), 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"panic", nil, func(http.ResponseWriter, *http.Request, *gateway.Event) error { panic("index out of range") }, 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"200, and broken off", nil, short(200), 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"500, answered with 202", func(c *gateway.Config) { c.Respond = 202 }, says(500), 202, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", true, again},
		{"the application asks for time", nil, func(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
			w.Header().Set("Retry-After", "60")
			return says(503)(w, r, e)
		}, 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 1m0s", true, "enter live=true: true, wake 1m0s, leave again"},
		{"500 and no more attempts", once, says(500), 500, "from the application", gateway.OutcomeFailed, "app dead 1/1", false, "enter live=true: true, leave again"},
		{"not reached and no more attempts", once, fails(&gateway.Failure{Status: 502, Err: errDown}), 502, "\n", gateway.OutcomeFailed, "app dead 1/1", false, "enter live=true: true, leave again"},
		{"refused by the route", nil, fails(&gateway.Failure{Status: 410, Err: errDown}), 410, "\n", gateway.OutcomeFailed, "app dead 1/1", false, final},
		{"accepted, unclaimed", func(c *gateway.Config) { c.Idempotency.Off = true }, says(200), 200, "from the application", gateway.OutcomeDelivered, "app delivered 1/1", false, ok},
		{"500, unclaimed", func(c *gateway.Config) { c.Idempotency.Off = true }, says(500), 200, queuedD1, gateway.OutcomeQueued, "app pending 1/1 due 2.5s", false, again},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, 1, tt.edit)
			e.app = tt.app
			a := e.send("d1")
			if o := e.outcome(); a.Code != tt.code || a.Body.String() != tt.body || a.broken || o.Name != tt.outcome || o.Status != tt.code {
				t.Errorf("answered %d with %d bytes, broken off is %v, outcome %+v", a.Code, a.Body.Len(), a.broken, o)
			}
			if got := e.stored(t); got != tt.stored || e.knows(t, "d1") != tt.known {
				t.Errorf("stored %q, known is %v", got, e.knows(t, "d1"))
			}
			if got := e.lanes[0].log(); got != tt.calls {
				t.Errorf("the lane was asked %q, want %q", got, tt.calls)
			}
			if used := e.parts.Budget.Used(); used != 0 {
				t.Errorf("%d bytes are still held", used)
			}
			before := e.asked.Load()
			if e.send("d1"); (e.asked.Load() == before) != tt.known {
				t.Errorf("the sender's repeat reached the application %d times", e.asked.Load()-before)
			}
		})
	}
}

// A sender whose answer broke off must not take what it got for an answer.
func TestProxiedAnswersThatBreakOff(t *testing.T) {
	once := func(c *gateway.Config) { c.Retry.Attempts = 1 }
	tests := []struct {
		name   string
		edit   func(*gateway.Config)
		app    route
		err    error // of the store
		stored string
	}{
		{"200 at length", nil, long(200, breakOff), nil, "app pending 1/1 due 2.5s"},
		{"404 at length", nil, long(404, breakOff), nil, "app pending 1/1 due 2.5s"},
		{"200 at length, and the store is full", nil, long(200, breakOff), gateway.ErrFull, ""},
		{"200 at length, and no more attempts", once, long(200, breakOff), nil, "app dead 1/1"},
		{"200, and no more attempts", once, short(200), nil, "app dead 1/1"},
		{"200, which is final by configuration", func(c *gateway.Config) { c.Retry.On = []string{"timeout"} }, short(200), nil, "app dead 1/1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newEndpoint(t, 1, tt.edit)
			e.app, e.store.err = tt.app, tt.err
			if a := e.send("d1"); !a.broken && a.Code/100 == 2 {
				t.Errorf("answered %d with %d bytes of %d", a.Code, a.Body.Len(), len(longBody))
			}
			if got := e.stored(t); got != tt.stored {
				t.Errorf("stored %q, want %q", got, tt.stored)
			}
			if o := e.outcome(); o.Name != gateway.OutcomeFailed || o.Err == nil {
				t.Errorf("outcome %+v", o)
			}
			if used := e.parts.Budget.Used(); used != 0 {
				t.Errorf("%d bytes are still held", used)
			}
			if got := e.lanes[0].log(); strings.Count(got, "leave") != 1 {
				t.Errorf("the lane was asked %q", got)
			}
		})
	}
}

// What the application says reaches the sender as it would without a gateway.
func TestProxiedHeaders(t *testing.T) {
	e := newEndpoint(t, 1, nil)
	e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
		w.Header()["X-Many"] = []string{"1", "2"}
		w.Header().Set("Content-Type", "text/x-own")
		w.WriteHeader(103)
		return says(200)(w, r, ev)
	}
	a := e.send("d1")
	if h := a.Result().Header; len(h["X-Many"]) != 2 || h.Get("Content-Type") != "text/x-own" || len(h) != 2 {
		t.Errorf("the sender got %v", h)
	}
}

// The headers of an answer that is replaced are not the sender's.
func TestQueuedHeaders(t *testing.T) {
	e := newEndpoint(t, 1, nil)
	e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
		w.Header().Set("Set-Cookie", "a=b")
		return says(500)(w, r, ev)
	}
	if h := e.send("d1").Result().Header; h.Get("Content-Type") != "application/json" || len(h) != 1 {
		t.Errorf("the sender got %v", h)
	}
}

// A probe that fails is no fault of the event.
func TestAProxiedProbeSpendsNothing(t *testing.T) {
	e := newEndpoint(t, 1, func(c *gateway.Config) { c.Retry.Attempts = 1 })
	e.app, e.lanes[0].probe = says(500), true
	if a := e.send("d1"); a.Body.String() != queuedD1 || e.stored(t) != "app pending 0/1 due 2.5s" {
		t.Errorf("answered %d %q, stored %q", a.Code, a.Body, e.stored(t))
	}
}

// What the lane does not let through is stored and not asked about.
func TestProxyOfADestinationThatIsDown(t *testing.T) {
	e := newEndpoint(t, 1, nil)
	e.lanes[0].live, e.lanes[0].background = false, false
	if a := e.send("d1"); a.Body.String() != queuedD1 || e.stored(t) != "app pending 0/0 due 0s" || !e.knows(t, "d1") {
		t.Errorf("answered %d %q, stored %q", a.Code, a.Body, e.stored(t))
	}
	if got, want := e.lanes[0].log(), "enter live=true: false, enter live=false: false, wake 0s"; got != want {
		t.Errorf("the lane was asked %q, want %q", got, want)
	}
}

// What is begun is finished: providers hang up when they run out of patience.
func TestASenderThatHangsUpCancelsNothing(t *testing.T) {
	for _, status := range []int{200, 500} {
		e := newEndpoint(t, 1, nil)
		ctx, hangUp := context.WithCancel(t.Context())
		e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
			if hangUp(); r.Context().Err() != nil {
				t.Error("the attempt was canceled")
			}
			return says(status)(w, r, ev)
		}
		e.serve(gateway.Signed(gateway.BodyOf("d1")).WithContext(ctx))
		if o := e.outcome(); o.Refused || !e.knows(t, "d1") {
			t.Errorf("%d: outcome %+v, stored %q", status, o, e.stored(t))
		}
	}
}
