package gateway_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A sender is not kept waiting longer than ack_within: its event is stored, and
// the attempt goes on.
func TestSlowApplications(t *testing.T) {
	const lead = "enter live=true: true, "
	patient := func(c *gateway.Config) { c.AckWithin = gateway.Duration(2 * time.Second) }
	tests := []struct {
		name    string
		late    route // after the sender was answered
		verdict gateway.Verdict
		reason  string
	}{
		{"accepted late", says(200), gateway.Accepted, ""},
		{"accepted late, at length", long(200, nothing), gateway.Accepted, ""},
		{"failed late", says(500), gateway.Again, gateway.ReasonStatus},
		{"refused late", says(404), gateway.Final, gateway.ReasonStatus},
		{"broken off late", long(200, breakOff), gateway.Again, gateway.ReasonNetwork},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(t, 1, patient)
				answered := make(chan struct{})
				e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
					w.Header().Set("X-Late", "1")
					<-answered
					if body := string(must(io.ReadAll(r.Body))); body != gateway.BodyOf("d1") {
						t.Errorf("the application read %q", body)
					}
					return tt.late(w, r, ev)
				}
				start := time.Now()
				a := e.send("d1")
				if waited := time.Since(start); waited != 2*time.Second {
					t.Errorf("the sender waited %v", waited)
				}
				synctest.Wait()
				if e.stored(t) != "app delivering 0/1 due 1m0s" || !e.knows(t, "d1") || e.parts.Budget.Used() == 0 {
					t.Errorf("stored %q, known is %v, %d bytes are held", e.stored(t), e.knows(t, "d1"), e.parts.Budget.Used())
				}
				if repeat := e.send("d1"); e.asked.Load() != 1 || repeat.Code != 200 {
					t.Errorf("the repeat was answered %d", repeat.Code)
				}
				close(answered)
				synctest.Wait()
				if r := <-e.lanes[0].settled; r.Verdict != tt.verdict || r.Reason != tt.reason {
					t.Errorf("settled as %v: %q", r.Verdict, r.Reason)
				}
				if got, want := e.lanes[0].log(), lead+"settle 1 "+tt.verdict.String()+", leave "+tt.verdict.String(); got != want {
					t.Errorf("the lane was asked %q, want %q", got, want)
				}
				if a.Code != 200 || a.Body.String() != queuedD1 || a.Header().Get("X-Late") != "" || a.broken {
					t.Errorf("answered %d %q, %v", a.Code, a.Body, a.Header())
				}
				if used := e.parts.Budget.Used(); used != 0 {
					t.Errorf("%d bytes are still held", used)
				}
			})
		})
	}
}

// An application that never answers is broken off by the timeout, long after
// its sender was answered.
func TestAnApplicationThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, 1, nil)
		e.lanes[0].probe = true
		e.app = func(_ http.ResponseWriter, r *http.Request, _ *gateway.Event) error {
			<-r.Context().Done()
			return &gateway.Failure{Status: 502, Err: r.Context().Err()}
		}
		start := time.Now()
		e.send("d1")
		r := <-e.lanes[0].settled
		if waited := time.Since(start); waited != 30*time.Second || r.Reason != gateway.ReasonTimeout || !r.Probe {
			t.Errorf("settled after %v: %+v", waited, r)
		}
	})
}

// While an answer is being passed on there is nothing to replace it with.
func TestAnAnswerThatIsUnderWayIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, 1, nil)
		e.app = long(200, func() { <-time.After(20 * time.Second) })
		if a := e.send("d1"); a.Body.String() != longBody || e.stored(t) != "app delivered 1/1" {
			t.Errorf("answered %d with %d bytes, stored %q", a.Code, a.Body.Len(), e.stored(t))
		}
	})
}

// A slow application whose event cannot be stored is waited for.
func TestSlowApplicationsWithoutAStore(t *testing.T) {
	tests := []struct {
		name string
		app  route
		code int
		body string
	}{
		{"accepted", says(200), 200, "from the application"},
		{"accepted at length", long(200, nothing), 200, longBody},
		{"refused", says(404), 404, "from the application"},
		{"failed", says(500), 503, `{"title":"Service Unavailable","status":503}` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(t, 1, nil)
				e.store.err = gateway.ErrFull
				e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
					<-time.After(20 * time.Second)
					return tt.app(w, r, ev)
				}
				if a := e.send("d1"); a.Code != tt.code || a.Body.String() != tt.body {
					t.Errorf("answered %d with %d bytes", a.Code, a.Body.Len())
				}
				if got := e.lanes[0].log(); strings.Count(got, "leave") != 1 || e.parts.Budget.Used() != 0 {
					t.Errorf("the lane was asked %q, %d bytes are held", got, e.parts.Budget.Used())
				}
			})
		})
	}
}

// An answer that became too long to be held while its sender was being taken
// away, in vain, is not handed back as if it were whole.
func TestALongAnswerWhileTheStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, 1, nil)
		storing, written := make(chan struct{}), make(chan struct{})
		e.store.err, e.store.before = gateway.ErrFull, func() { close(storing); <-written }
		e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
			<-storing
			defer close(written)
			return long(200, nothing)(w, r, ev)
		}
		if a := e.send("d1"); !a.broken || a.Body.Len() > 0 {
			t.Errorf("answered %d with %d bytes of %d, broken off is %v", a.Code, a.Body.Len(), len(longBody), a.broken)
		}
	})
}

// Another replica stored the event while this one asked the application.
func TestAnEventThatIsStoredMeanwhile(t *testing.T) {
	for _, slow := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			e := newEndpoint(t, 1, nil)
			e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
				if _, err := e.store.Model.Append(t.Context(), &gateway.Entry{Event: ev, Until: t0.Add(time.Hour)}); err != nil {
					t.Error(err)
				}
				if slow {
					<-time.After(10 * time.Second)
				}
				return says(500)(w, r, ev)
			}
			a := e.send("d1")
			synctest.Wait()
			if a.Code != 200 || e.stored(t) != "" {
				t.Errorf("slow is %v: answered %d %q, stored %q", slow, a.Code, a.Body, e.stored(t))
			}
			if !slow && (a.Body.String() != "{\"status\":\"already_processed\"}\n" || e.lanes[0].log() != "enter live=true: true, leave again") {
				t.Errorf("answered %q, the lane was asked %q", a.Body, e.lanes[0].log())
			}
			if slow {
				<-time.After(10 * time.Second)
				synctest.Wait()
				if got := e.lanes[0].log(); got != "enter live=true: true, leave again" || e.parts.Budget.Used() != 0 {
					t.Errorf("the lane was asked %q, %d bytes are held", got, e.parts.Budget.Used())
				}
			}
		})
	}
}

// When patience and timeout end in the same instant either may be first: the
// event is stored once, and the sender hears the same.
func TestPatienceOfTheWholeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, 1, func(c *gateway.Config) { c.Timeout = gateway.Duration(2 * time.Second) })
		e.app = func(_ http.ResponseWriter, r *http.Request, _ *gateway.Event) error {
			<-r.Context().Done()
			return nil
		}
		if a := e.send("d1"); a.Body.String() != queuedD1 {
			t.Errorf("answered %d %q", a.Code, a.Body)
		}
		synctest.Wait()
		if got := e.stored(t); got != "app pending 1/1 due 2.5s" && got != "app delivering 0/1 due 32s" || e.parts.Budget.Used() != 0 {
			t.Errorf("stored %q, %d bytes are held", got, e.parts.Budget.Used())
		}
	})
}
