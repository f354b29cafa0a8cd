package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// An application that changes what it is given does not change what the next
// attempt gives it.
func TestAttemptsDoNotSeeEachOther(t *testing.T) {
	e := &Event{ID: "d1", Attempt: 1, Method: http.MethodPost, Target: "/hooks?x=1", Header: http.Header{"X-Kept": {"a", "b"}}, Body: []byte("payload")}
	d := &Destination{Timeout: time.Minute, Now: func() time.Time { return t0 }, Route: routeFunc(func(w http.ResponseWriter, r *http.Request, _ *Event) error {
		body := must(io.ReadAll(r.Body))
		if string(body) != "payload" || r.URL.Path != "/hooks" || len(r.Header["X-Kept"]) != 2 || r.Header.Get("X-Added") != "" {
			t.Errorf("the route was given %v %v %q", r.URL, r.Header, body)
		}
		r.URL.Path = "/rewritten"
		r.Header.Add("X-Added", "once")
		r.Header["X-Kept"][0] = "changed"
		r.Header.Del("X-Kept")
		w.WriteHeader(200)
		return nil
	})}
	for range 3 {
		if r := d.Attempt(t.Context(), e, new(Recording)); r.Verdict != Accepted {
			t.Errorf("%v: %v", r.Verdict, r.Err)
		}
	}
	if len(e.Header) != 1 || e.Header["X-Kept"][0] != "a" {
		t.Errorf("the event's headers became %v", e.Header)
	}
}

// A transport may read on after the attempt has ended: the memory is not its
// to read then.
func TestABodyEndsWithItsAttempt(t *testing.T) {
	var late io.Reader
	d := &Destination{Timeout: time.Minute, Now: func() time.Time { return t0 }, Route: routeFunc(func(w http.ResponseWriter, r *http.Request, _ *Event) error {
		late = r.Body
		w.WriteHeader(200)
		return nil
	})}
	d.Attempt(t.Context(), &Event{Method: http.MethodPost, Target: "/", Header: make(http.Header), Body: []byte("payload")}, new(Recording))
	if n, err := late.Read(make([]byte, 10)); n != 0 || !errors.Is(err, http.ErrBodyReadAfterClose) {
		t.Errorf("Read = %d, %v", n, err)
	}
}

func TestAttemptIsMeasured(t *testing.T) {
	now := t0
	d := &Destination{Timeout: time.Minute, Retry: Retry{}.WithDefaults(), Now: func() time.Time { return now }, Route: routeFunc(func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
		now = now.Add(2 * time.Second)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(503)
		_, err := w.Write(bytes.Repeat([]byte("x"), 10_000))
		return err
	})}
	r := d.Attempt(t.Context(), &Event{Method: http.MethodPost, Target: "/", Header: make(http.Header)}, new(Recording))
	if !r.Start.Equal(t0) || r.Duration != 2*time.Second || r.RetryAfter != 30*time.Second || r.Status != 503 || len(r.Answer) != keptAnswer {
		t.Errorf("start %v, duration %v, retry after %v, status %d, %d bytes kept", r.Start, r.Duration, r.RetryAfter, r.Status, len(r.Answer))
	}
}

// An event from a store of another version may have a target that is none: no
// attempt can help it, and none may panic.
func TestATargetThatIsNone(t *testing.T) {
	d := &Destination{Timeout: time.Minute, Retry: Retry{}.WithDefaults(), Now: func() time.Time { return t0 }, Route: answers(200)}
	if r := d.Attempt(t.Context(), &Event{Method: http.MethodPost, Target: "no path"}, new(Recording)); r.Verdict == Accepted || r.Err == nil {
		t.Errorf("%v: %v", r.Verdict, r.Err)
	}
}

func TestDestinationsOfAConfig(t *testing.T) {
	route := answers(200)
	tests := []struct {
		name    string
		edit    func(*Config)
		durable bool
		routes  []NamedRoute
		want    string // "" is valid
	}{
		{"one", nil, false, []NamedRoute{{"app", route}}, ""},
		{"none", nil, true, nil, `endpoint "test": deliver: there is no destination`},
		{"two", nil, true, []NamedRoute{{"app", route}, {"audit", route}}, ""},
		{"two and no store", nil, false, []NamedRoute{{"app", route}, {"audit", route}}, `endpoint "test": deliver: several destinations need a store`},
		{"two of one name", nil, true, []NamedRoute{{"app", route}, {"app", route}}, `endpoint "test": deliver: there are two destinations named "app"`},
		{"no name", nil, false, []NamedRoute{{"", route}}, `endpoint "test": deliver: "" is not 1 to 64 letters`},
		{"a name with a space", nil, false, []NamedRoute{{"a b", route}}, `endpoint "test": deliver: "a b" is not 1 to 64 letters`},
		{"mode store", func(c *Config) { c.Mode = ModeStore }, true, []NamedRoute{{"app", route}}, ""},
		{"mode store and no store", func(c *Config) { c.Mode = ModeStore }, false, []NamedRoute{{"app", route}}, `endpoint "test": mode: store needs a store`},
		{"a secret that is none", func(c *Config) { c.Sign = "whsec_*hidden*" }, true, []NamedRoute{{"app", route}}, `endpoint "test": sign: `},
	}
	for _, tt := range tests {
		c := Config{Name: "test", Verify: verify.Config{Provider: "broxi", Secrets: []string{secret}}}
		if tt.edit != nil {
			tt.edit(&c)
		}
		g, err := New(c, Parts{Routes: tt.routes, Durable: tt.durable})
		if !says(err, tt.want) {
			t.Errorf("%s: New = %v, want %q", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: the error has the secret: %v", tt.name, err)
		}
		if err == nil && len(g.Destinations()) != len(tt.routes) {
			t.Errorf("%s: %d destinations", tt.name, len(g.Destinations()))
		}
	}
}

func TestADestinationHasItsEndpointsOptions(t *testing.T) {
	c := Config{Name: "test", Verify: verify.Config{Provider: "broxi", Secrets: []string{secret}}}
	c.Timeout, c.InFlight, c.Retry.Attempts, c.Breaker.Failures = Duration(time.Second), 7, 3, 4
	c.Pace.Events, c.Pace.Window = 5, time.Minute
	g, err := New(c, Parts{Routes: []NamedRoute{{"app", answers(200)}}, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	d := g.Destinations()[0]
	if d.Address != (Address{"test", "app"}) || d.Timeout != time.Second || d.InFlight != 7 || d.Retry.Attempts != 3 || d.Breaker.Failures != 4 || d.Pace.Events != 5 || d.Sign != nil {
		t.Errorf("destination %+v", d)
	}
	if d.Retry.Delay == 0 || d.Breaker.Pause == 0 {
		t.Errorf("a default is missing: %+v", d)
	}
}
