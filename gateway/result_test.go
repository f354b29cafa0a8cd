package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// routeFunc is a Route.
type routeFunc func(w http.ResponseWriter, r *http.Request, e *Event) error

func (f routeFunc) Pass(w http.ResponseWriter, r *http.Request, e *Event) error {
	return f.Deliver(w, r, e)
}

func (f routeFunc) Deliver(w http.ResponseWriter, r *http.Request, e *Event) error { return f(w, r, e) }

// answers is a route that answers with the status.
func answers(status int) routeFunc {
	return func(w http.ResponseWriter, _ *http.Request, _ *Event) error { w.WriteHeader(status); return nil }
}

// fails is a route that fails before it writes anything.
func fails(err error) routeFunc {
	return func(http.ResponseWriter, *http.Request, *Event) error { return err }
}

// panics is a route that writes the status, unless it is 0, and panics then.
func panics(status int, value any) routeFunc {
	return func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
		if status != 0 {
			w.WriteHeader(status)
		}
		panic(value)
	}
}

// outlasts is a route that writes the status, unless it is 0, goes on until its
// context ends, and ends as the rest does.
func outlasts(status int, rest routeFunc) routeFunc {
	return func(w http.ResponseWriter, r *http.Request, e *Event) error {
		if status != 0 {
			w.WriteHeader(status)
		}
		<-r.Context().Done()
		return rest(w, r, e)
	}
}

// nothing is a route that does nothing.
func nothing(http.ResponseWriter, *http.Request, *Event) error { return nil }

var errStop = errors.New("the process stops")

func TestVerdicts(t *testing.T) {
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	tests := []struct {
		name    string
		route   routeFunc
		verdict Verdict
		reason  string
		status  int
		err     error // nil: any
	}{
		{"200", answers(200), Accepted, "", 200, nil},
		{"204", answers(204), Accepted, "", 204, nil},
		{"299", answers(299), Accepted, "", 299, nil},
		{"a body without a status", func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
			_, err := io.WriteString(w, "thanks")
			return err
		}, Accepted, "", 200, nil},
		{"early hints, then 200", func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
			w.WriteHeader(103)
			w.WriteHeader(200)
			return nil
		}, Accepted, "", 200, nil},
		{"200, then 500", func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
			w.WriteHeader(200)
			w.WriteHeader(500) // net/http ignores it too
			return nil
		}, Accepted, "", 200, nil},
		{"200, and an end after the timeout", outlasts(200, nothing), Accepted, "", 200, nil},
		{"200, and broken off by the timeout", outlasts(200, panics(0, http.ErrAbortHandler)), Again, ReasonTimeout, 0, errTimeout},
		{"200, and an error", func(w http.ResponseWriter, _ *http.Request, _ *Event) error {
			w.WriteHeader(200)
			return errDown
		}, Again, ReasonNetwork, 200, errDown},
		{"200, and broken off", panics(200, http.ErrAbortHandler), Again, ReasonNetwork, 200, nil},
		{"broken off before a status", panics(0, http.ErrAbortHandler), Again, ReasonNetwork, 0, nil},
		{"panic", panics(0, "index out of range"), Again, ReasonNetwork, 0, nil},
		{"panic after a 404", panics(404, "index out of range"), Again, ReasonNetwork, 404, nil},
		{"nothing", nothing, Again, ReasonNetwork, 0, errNoStatus},
		{"early hints and nothing more", answers(103), Again, ReasonNetwork, 0, errNoStatus},
		{"301", answers(301), Final, ReasonStatus, 301, nil},
		{"400", answers(400), Final, ReasonStatus, 400, nil},
		{"410", answers(410), Final, ReasonStatus, 410, nil},
		{"429", answers(429), Again, ReasonStatus, 429, nil},
		{"500", answers(500), Again, ReasonStatus, 500, nil},
		{"504, the application's own", answers(504), Again, ReasonStatus, 504, nil},
		{"not reached", fails(&Failure{502, errDown}), Again, ReasonNetwork, 0, errDown},
		{"no upstream", fails(&Failure{503, errDown}), Again, ReasonNetwork, 0, errDown},
		{"too slow for the route", fails(&Failure{504, errDown}), Again, ReasonTimeout, 0, errDown},
		{"refused by the route with 410", fails(&Failure{410, errDown}), Final, ReasonStatus, 410, errDown},
		{"failed in the route with 500", fails(&Failure{500, errDown}), Again, ReasonStatus, 500, errDown},
		{"failure inside another error", fails(fmt.Errorf("route: %w", &Failure{410, errDown})), Final, ReasonStatus, 410, errDown},
		{"any other error", fails(errDown), Again, ReasonNetwork, 0, errDown},
		{"a deadline of the route's own", fails(&Failure{502, context.DeadlineExceeded}), Again, ReasonNetwork, 0, context.DeadlineExceeded},
		{"timeout", outlasts(0, nothing), Again, ReasonTimeout, 0, errTimeout},
		{"timeout, with the 499 of a proxy", outlasts(0, answers(499)), Again, ReasonTimeout, 0, errTimeout},
		{"timeout, with an error", outlasts(0, fails(&Failure{502, errDown})), Again, ReasonTimeout, 0, errTimeout},
		{"timeout, with a panic", outlasts(0, panics(0, http.ErrAbortHandler)), Again, ReasonTimeout, 0, errTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := attempt(t.Context(), tt.route)
				if r.Verdict != tt.verdict || r.Reason != tt.reason || r.Status != tt.status || tt.err != nil && !errors.Is(r.Err, tt.err) {
					t.Errorf("%v: %q, status %d, %v", r.Verdict, r.Reason, r.Status, r.Err)
				}
				if (r.Err == nil) != (r.Verdict == Accepted) {
					t.Errorf("%v with the error %v", r.Verdict, r.Err)
				}
			})
		})
		t.Run(tt.name+", while we stop", func(t *testing.T) {
			want := Canceled
			if tt.verdict == Accepted {
				want = Accepted // what the application did counts
			}
			if r := attempt(canceled, tt.route); r.Verdict != want || want == Canceled && (r.Reason != ReasonCanceled || r.Status != 0 || !errors.Is(r.Err, errStop)) {
				t.Errorf("%v: %q, status %d, %v; want %v", r.Verdict, r.Reason, r.Status, r.Err, want)
			}
		})
	}
}

// attempt is one with the default policy.
func attempt(ctx context.Context, route Route) Result {
	d := &Destination{Route: route, Timeout: 30 * time.Second, Retry: Retry{}.WithDefaults(), Now: func() time.Time { return t0 }}
	return d.Attempt(ctx, &Event{Method: http.MethodPost, Target: "/", Header: make(http.Header)}, new(Recording))
}

// The deadline of the caller is not the destination's timeout.
func TestACallersDeadlineIsACancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if r := attempt(ctx, outlasts(0, nothing)); r.Verdict != Canceled || r.Reason != ReasonCanceled {
			t.Errorf("%v: %q", r.Verdict, r.Reason)
		}
	})
}

func TestPanicsAreNamed(t *testing.T) {
	if got := attempt(t.Context(), panics(0, "index out of range")).Err.Error(); got != "panic: index out of range" {
		t.Errorf("a panic is told as %q", got)
	}
	if got := attempt(t.Context(), panics(200, http.ErrAbortHandler)).Err.Error(); got != "the application's answer broke off" {
		t.Errorf("an answer that broke off is told as %q", got)
	}
}

// What a sender is told whose event can neither be delivered nor stored.
func TestFailureOf(t *testing.T) {
	tests := []struct {
		name string
		r    Result
		want int
	}{
		{"network", Result{Reason: ReasonNetwork, Err: errDown}, 502},
		{"timeout", Result{Reason: ReasonTimeout, Err: errDown}, 504},
		{"status", Result{Reason: ReasonStatus, Status: 410, Err: errDown}, 410},
		{"broken off after a 200", Result{Reason: ReasonNetwork, Status: 200, Err: errDown}, 502},
	}
	for _, tt := range tests {
		if f := tt.r.failure(); f.Status != tt.want || !errors.Is(f, errDown) {
			t.Errorf("%s: %d, %v", tt.name, f.Status, f)
		}
	}
}
