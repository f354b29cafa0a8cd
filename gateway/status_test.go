package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

var statusSecret = []byte("0123456789abcdef0123456789abcdef")

// newAsked is an endpoint with a status_url.
func newAsked(t *testing.T, n int, edit func(*gateway.Config)) *endpoint {
	t.Helper()
	e := newEndpoint(t, n, func(c *gateway.Config) {
		c.StatusURL = true
		if edit != nil {
			edit(c)
		}
	})
	e.tellStatus(e.store)
	return e
}

func (e *endpoint) tellStatus(events gateway.Shower) {
	b := e.backing()
	b.Status = &gateway.Status{Events: events, Secret: statusSecret}
	e.Open(b)
}

// ask asks for a status by the address that the sender got.
func (e *endpoint) ask(location string) answer {
	return e.serve(httptest.NewRequest(http.MethodGet, location, nil))
}

func (a answer) wantStatus(t *testing.T, code int, body string) {
	t.Helper()
	if a.Code != code || a.Body.String() != body {
		t.Errorf("answered %d %q, want %d %q", a.Code, a.Body, code, body)
	}
}

const pending, gone = "{\"state\":\"pending\"}\n", "{\"state\":\"gone\"}\n"

// settleNext settles the delivery that is due.
func (e *endpoint) settleNext(t *testing.T, state gateway.State, attempt gateway.Attempt) {
	t.Helper()
	leased, _, err := e.store.Lease(t.Context(), gateway.Address{Endpoint: "test", Destination: "app"}, t0, t0.Add(time.Hour), 1)
	if err != nil || len(leased) != 1 {
		t.Fatalf("Lease = %v, %v", leased, err)
	}
	d := leased[0]
	d.State, d.Due, d.LastAttempt = state, t0, attempt
	if _, err := e.store.Finish(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// TestStatus follows an event from its receipt until it is forgotten.
func TestStatus(t *testing.T) {
	tests := []struct {
		state   gateway.State
		attempt gateway.Attempt
		want    string
	}{
		{gateway.Delivered, gateway.Attempt{Number: 1, Status: 201, Answer: []byte(`{"made":"<7>"}`)}, `{"state":"delivered","status":201,"body":"{\"made\":\"\u003c7\u003e\"}"}`},
		{gateway.Delivered, gateway.Attempt{Number: 1, Status: 204}, `{"state":"delivered","status":204,"body":""}`},
		{gateway.Delivered, gateway.Attempt{Number: 1, Status: 200, Answer: []byte("a\xffb")}, `{"state":"delivered","status":200,"body":"a` + "\uFFFD" + `b"}`},
		{gateway.Dead, gateway.Attempt{Number: 1, Status: 410, Reason: gateway.ReasonStatus, Answer: []byte("no")}, `{"state":"dead","status":410,"body":"no"}`},
		{gateway.Dead, gateway.Attempt{Number: 1, Reason: gateway.ReasonNetwork, Error: "dial tcp 10.0.0.1: refused"}, `{"state":"dead","status":0,"body":""}`},
	}
	for _, tt := range tests {
		e := newAsked(t, 1, mode(gateway.ModeStore))
		e.lanes[0].background, e.store.RetainFor = false, time.Hour
		a := e.send("d1")
		a.wantStatus(t, 200, queuedD1)
		location := a.Header().Get("Location")
		if !strings.HasPrefix(location, "/broxi?webhook_status=") {
			t.Fatalf("Location is %q", location)
		}
		a = e.ask(location)
		a.wantStatus(t, 202, pending)
		if a.Header().Get("Retry-After") != "1" || a.Header().Get("Cache-Control") != "no-store" || a.Header().Get("Content-Type") != "application/json" {
			t.Errorf("headers %v", a.Header())
		}
		e.settleNext(t, gateway.Pending, gateway.Attempt{Number: 1, Status: 503, Reason: gateway.ReasonStatus})
		e.ask(location).wantStatus(t, 202, pending)
		e.settleNext(t, tt.state, tt.attempt)
		e.ask(location).wantStatus(t, 200, tt.want+"\n")
		if _, err := e.store.Sweep(t.Context(), t0.Add(30*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		e.ask(location).wantStatus(t, 410, gone)
		if len(e.outcomes) != 1 {
			t.Errorf("%d outcomes: a status is none", len(e.outcomes))
		}
	}
}

// TestLocation: whose event is stored can ask, and nobody else.
func TestLocation(t *testing.T) {
	slow := func(c *gateway.Config) { c.AckWithin = 1 }
	tests := []struct {
		name  string
		n     int
		edit  func(*gateway.Config)
		app   int
		twice bool
		want  bool
	}{
		{"stored", 1, mode(gateway.ModeStore), 200, false, true},
		{"stored for several", 3, mode(gateway.ModeStore), 200, false, true},
		{"stored because the application failed", 1, nil, 503, false, true},
		{"the first of several failed", 2, nil, 503, false, true},
		{"deferred", 1, limitedTo(once("")), 200, true, true},
		{"the application took it", 1, nil, 200, false, false},
		{"the application refused it", 1, nil, 400, false, false},
		{"the first of several took it", 2, nil, 200, false, false},
		{"without the option", 1, func(c *gateway.Config) { c.Mode, c.StatusURL = gateway.ModeStore, false }, 200, false, false},
		{"a filtered one", 1, func(c *gateway.Config) { slow(c); c.Events = []string{"none"} }, 200, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newAsked(t, tt.n, tt.edit)
			e.app = says(tt.app)
			a := e.send("d1")
			if tt.twice {
				a = e.send("d2")
			}
			location := a.Header().Get("Location")
			if (location != "") != tt.want {
				t.Fatalf("answered %d %q with Location %q", a.Code, a.Body, location)
			}
			if tt.want && e.ask(location).Code >= 400 {
				t.Errorf("asking %s is answered %d", location, e.ask(location).Code)
			}
		})
	}
}

// TestLocationOfASlowOne: the attempt goes on, and its end is what is told.
func TestLocationOfASlowOne(t *testing.T) {
	e := newAsked(t, 1, func(c *gateway.Config) { c.AckWithin = 1 })
	leave := make(chan struct{})
	e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
		<-leave
		return says(200)(w, r, ev)
	}
	a := e.send("d1")
	a.wantStatus(t, 200, queuedD1)
	e.ask(a.Header().Get("Location")).wantStatus(t, 202, pending)
	close(leave)
	<-e.lanes[0].settled
}

// TestADuplicateIsToldNothing: its status is known to who sent it first.
func TestADuplicateIsToldNothing(t *testing.T) {
	e := newAsked(t, 1, mode(gateway.ModeStore))
	e.send("d1")
	a := e.send("d1")
	if a.Body.String() != alreadyProcessed || a.Header().Get("Location") != "" {
		t.Errorf("answered %q with Location %q", a.Body, a.Header().Get("Location"))
	}
}

// TestLocationBesideAText: Dropbox Sign wants words of its own.
func TestLocationBesideAText(t *testing.T) {
	c := verify.Config{Provider: "dropbox-sign", Secrets: []string{gateway.Secret}}
	e := newAsked(t, 1, func(config *gateway.Config) { config.Mode, config.Verify = gateway.ModeStore, c })
	signer := must(verify.NewSigner(c))
	r := &verify.Request{Method: http.MethodPost, URI: "/", Body: []byte("json=%7B%22event%22%3A%7B%22event_type%22%3A%22signature_request_sent%22%7D%7D"), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	if err := signer.Sign(t0, r); err != nil {
		t.Fatal(err)
	}
	sent := httptest.NewRequest(r.Method, "/sign/%20", strings.NewReader(string(r.Body)))
	sent.Header = r.Header
	a := e.serve(sent)
	a.wantStatus(t, 200, "Hello API Event Received")
	if got := a.Header().Get("Location"); !strings.HasPrefix(got, "/sign/%20?webhook_status=") {
		t.Errorf("Location is %q", got)
	}
}

// TestWhoMayAsk has requests that are not answered with a status.
func TestWhoMayAsk(t *testing.T) {
	e := newAsked(t, 1, mode(gateway.ModeStore))
	location := e.send("d1").Header().Get("Location")
	forged := location[:len(location)-5] + "AAAAA"
	other := newAsked(t, 1, func(c *gateway.Config) { c.Name, c.Mode = "other", gateway.ModeStore })
	without := newEndpoint(t, 1, mode(gateway.ModeStore))
	elsewhere := newAsked(t, 1, mode(gateway.ModeStore)) // another store, in which the delivery of the same id is of another event
	elsewhere.send("d2")
	closed := newAsked(t, 1, nil)
	closed.Open(nil)
	full := newAsked(t, 1, nil)
	full.Open(&gateway.Backing{Err: gateway.ErrFull})
	broken := newAsked(t, 1, nil)
	broken.tellStatus(failing{gateway.ErrFailed})
	get := func(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }
	tests := []struct {
		name    string
		of      *endpoint
		request *http.Request
		want    int
	}{
		{"a good token", e, get(location), 202},
		{"HEAD", e, httptest.NewRequest(http.MethodHead, location, nil), 202},
		{"another path of the endpoint", e, get(strings.Replace(location, "/broxi", "/", 1)), 202},
		{"among other parameters", e, get(strings.Replace(location, "?", "?a=%zz&b=1&", 1)), 202},
		{"a forged token", e, get(forged), 404},
		{"another endpoint's", other, get(location), 404},
		{"of another store", elsewhere, get(location), 410},
		{"no token", e, get("/broxi"), 405},
		{"an empty token", e, get("/broxi?webhook_status="), 404},
		{"something that is no token", e, get("/broxi?webhook_status=1"), 404},
		{"a token with more behind it", e, get(location + "A"), 404},
		{"a token that is cut off", e, get(location[:len(location)-1]), 404},
		{"a token of other letters", e, get(location[:len(location)-1] + "*"), 404},
		{"not by GET", e, httptest.NewRequest(http.MethodPut, location, nil), 405},
		{"a webhook that is not signed", e, httptest.NewRequest(http.MethodPost, location, nil), 401},
		{"where there are no statuses", without, get(location), 405},
		{"before the store is open", closed, get(location), 503},
		{"when the store cannot be opened", full, get(location), 503},
		{"when the store has failed", broken, get(location), 503},
	}
	for _, tt := range tests {
		if a := tt.of.serve(tt.request); a.Code != tt.want {
			t.Errorf("%s: answered %d %q, want %d", tt.name, a.Code, a.Body, tt.want)
		}
	}
}

// TestAskingTooOften counts by sender, and guesses too.
func TestAskingTooOften(t *testing.T) {
	e := newAsked(t, 1, mode(gateway.ModeStore))
	location := e.send("d1").Header().Get("Location")
	for range 10 {
		e.ask(location).wantStatus(t, 202, pending)
		if a := e.ask(location[:len(location)-5] + "AAAAA"); a.Code != 404 {
			t.Errorf("a guess is answered %d", a.Code)
		}
	}
	if a := e.ask(location); a.Code != 429 || a.Header().Get("Retry-After") != "1" {
		t.Errorf("answered %d, Retry-After %q", a.Code, a.Header().Get("Retry-After"))
	}
	e.send("d2").wantStatus(t, 200, strings.Replace(queuedD1, "d1", "d2", 1)) // webhooks are not counted
}

// TestHandshakesBesideStatuses: Dropbox greets by GET.
func TestHandshakesBesideStatuses(t *testing.T) {
	e := newAsked(t, 1, func(c *gateway.Config) { c.Verify.Provider = "dropbox" })
	e.ask("/?challenge=abc").wantStatus(t, 200, "abc")
	e.ask("/?challenge=abc&webhook_status=short").wantStatus(t, 200, "abc")
}

func TestStatusNeedsAStore(t *testing.T) {
	e := newEndpoint(t, 1, nil)
	e.config.StatusURL, e.parts.Durable = true, false
	if _, err := gateway.New(e.config, e.parts); err == nil || !strings.Contains(err.Error(), "status_url: needs a store") {
		t.Errorf("New = %v", err)
	}
}

// failing is a store that shows nothing.
type failing struct{ err error }

func (f failing) Show(context.Context, int64) (*gateway.Delivery, error) { return nil, f.err }

var _ = []gateway.Shower{failing{errors.ErrUnsupported}, (*storetest.Model)(nil)}
