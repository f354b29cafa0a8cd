package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const alreadyProcessed = "{\"status\":\"already_processed\"}\n"

var modes = []string{gateway.ModeProxy, gateway.ModeStore}

func mode(m string) func(*gateway.Config) { return func(c *gateway.Config) { c.Mode = m } }

func TestNothingIsLetInBeforeOpen(t *testing.T) {
	for _, m := range modes {
		e := newEndpoint(t, 1, mode(m))
		e.app = says(200)
		for _, open := range []bool{false, true, false} {
			var b *gateway.Backing
			if open {
				b = e.backing()
			}
			e.Open(b)
			a := e.send(fmt.Sprint("d", open)) // the same before and after
			if open != (a.Code == 200) {
				t.Errorf("%s: open is %v, answered %d", m, open, a.Code)
			}
			if !open && (a.Code != 503 || a.Header().Get("Retry-After") != "1" || e.outcome().Name != gateway.ReasonNotReady) {
				t.Errorf("%s: answered %d, retry after %q, outcome %+v", m, a.Code, a.Header().Get("Retry-After"), e.outcome())
			}
		}
		if e.parts.Seen.Len() != 1 || e.parts.Budget.Used() != 0 {
			t.Errorf("%s: %d keys and %d bytes are held", m, e.parts.Seen.Len(), e.parts.Budget.Used())
		}
	}
}

// TestAStoreThatCannotBeOpened refuses as the store would, and at once.
func TestAStoreThatCannotBeOpened(t *testing.T) {
	tests := []struct {
		err    error
		reason string
		wait   string
	}{
		{gateway.ErrFull, gateway.ReasonStoreFull, "30"},
		{gateway.ErrFailed, gateway.ReasonStoreFailed, "5"},
	}
	for _, m := range modes {
		for _, tt := range tests {
			e := newEndpoint(t, 1, mode(m))
			e.Open(&gateway.Backing{Err: fmt.Errorf("open: %w", tt.err)})
			a := e.send("d1")
			if o := e.outcome(); a.Code != 503 || a.Header().Get("Retry-After") != tt.wait || o.Name != tt.reason || !errors.Is(o.Err, tt.err) {
				t.Errorf("%s, %v: answered %d, retry after %q, outcome %+v", m, tt.err, a.Code, a.Header().Get("Retry-After"), o)
			}
			if e.asked.Load() != 0 || e.parts.Seen.Len() != 0 || e.parts.Budget.Used() != 0 {
				t.Errorf("%s, %v: asked %d times; %d keys and %d bytes are held", m, tt.err, e.asked.Load(), e.parts.Seen.Len(), e.parts.Budget.Used())
			}
			e.app = says(200)
			e.Open(e.backing())
			if a := e.send("d1"); a.Code != 200 {
				t.Errorf("%s, %v: once it is open, answered %d", m, tt.err, a.Code)
			}
		}
	}
}

// A new configuration may be served before its store is open.
func TestWaitsForTheStore(t *testing.T) {
	for _, m := range modes {
		for _, opens := range []bool{true, false} {
			t.Run(fmt.Sprint(m, ", opens ", opens), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := newEndpoint(t, 1, mode(m))
					e.app = says(200)
					var err error
					if e.Gateway, err = gateway.New(e.config, e.parts); err != nil {
						t.Fatal(err)
					}
					t.Cleanup(e.Close)
					start, answers := time.Now(), make(chan answer)
					go func() { answers <- e.send("d1") }()
					synctest.Wait() // until it can go no further
					status, patience := 503, 2*time.Second
					if opens {
						e.Open(e.backing())
						status, patience = 200, 0
					}
					if a := <-answers; a.Code != status || time.Since(start) != patience {
						t.Errorf("answered %d after %v, want %d after %v", a.Code, time.Since(start), status, patience)
					}
					if !opens && e.outcome().Name != gateway.ReasonNotReady {
						t.Errorf("outcome %+v", e.outcome())
					}
				})
			})
		}
	}
}

// An event that was refused is welcome again, from the first moment.
func TestAStoreThatFails(t *testing.T) {
	tests := []struct {
		err    error
		reason string
		wait   string
	}{
		{gateway.ErrFull, gateway.ReasonStoreFull, "30"},
		{gateway.ErrFailed, gateway.ReasonStoreFailed, "5"},
		{gateway.ErrSlow, gateway.ReasonStoreFailed, "5"},
		{gateway.ErrClosed, gateway.ReasonNotReady, "1"},
		{errors.New("of another kind"), gateway.ReasonStoreFailed, "5"},
	}
	for _, tt := range tests {
		for _, way := range []struct {
			name  string
			edit  func(*gateway.Config)
			fail  func(*journal, error)
			calls string
			slow  string
		}{
			{"in mode store", mode(gateway.ModeStore), func(j *journal, err error) { j.err = err }, "enter live=false: true, leave ", "enter live=false: true, leave , wake 5s"},
			{"after the application", nil, func(j *journal, err error) { j.err = err }, "enter live=true: true, leave again", "enter live=true: true, wake 5s, leave again"},
			{"before the application", nil, func(j *journal, err error) { j.known = err }, "", ""},
		} {
			t.Run(tt.err.Error()+" "+way.name, func(t *testing.T) {
				e := newEndpoint(t, 1, way.edit)
				e.app = says(500)
				way.fail(e.store, fmt.Errorf("append: %w", tt.err))
				a := e.send("d1")
				if o := e.outcome(); a.Code != 503 || a.Header().Get("Retry-After") != tt.wait || o.Name != tt.reason || !errors.Is(o.Err, tt.err) {
					t.Errorf("answered %d, retry after %q, outcome %+v", a.Code, a.Header().Get("Retry-After"), o)
				}
				calls := way.calls
				if errors.Is(tt.err, gateway.ErrSlow) { // it may be stored yet
					calls = way.slow
				}
				if got := e.lanes[0].log(); got != calls || e.parts.Budget.Used() != 0 || e.parts.Seen.Len() != 0 {
					t.Errorf("the lane was asked %q, %d bytes and %d keys are held", got, e.parts.Budget.Used(), e.parts.Seen.Len())
				}
				if way.fail(e.store, nil); e.send("d1").Body.String() != queuedD1 {
					t.Errorf("the repeat ended as %+v", e.outcome())
				}
			})
		}
	}
}

// Memory forgets; the store does not. It is the store that says so each time:
// nobody else knows for how long.
func TestDuplicatesAfterARestart(t *testing.T) {
	for _, tt := range []struct{ mode, calls string }{
		{gateway.ModeProxy, ""}, // nobody is asked
		{gateway.ModeStore, strings.Repeat(", enter live=false: true, leave ", 3)},
	} {
		e := newEndpoint(t, 1, mode(tt.mode))
		e.app = says(200)
		e.send("d1")
		asked, calls := e.asked.Load(), e.lanes[0].log()
		e.restart(t)
		for range 2 {
			if a := e.send("d1"); a.Code != 200 || a.Body.String() != alreadyProcessed || e.outcome().Name != gateway.OutcomeDuplicate {
				t.Errorf("%s: answered %d %q", tt.mode, a.Code, a.Body)
			}
			if n := e.parts.Seen.Len(); n != 0 {
				t.Errorf("%s: the memory holds %d keys", tt.mode, n)
			}
		}
		e.store.err, e.store.known = errDown, errDown
		if a := e.send("d1"); a.Code != 503 {
			t.Errorf("%s: answered %d %q while the store is down", tt.mode, a.Code, a.Body)
		}
		e.store.err, e.store.known = nil, nil
		if got := e.lanes[0].log(); got != calls+tt.calls || e.asked.Load() != asked {
			t.Errorf("%s: the lane was asked %q", tt.mode, got)
		}
		if d := e.send("d2"); d.Body.String() == alreadyProcessed {
			t.Errorf("%s: another event is a duplicate", tt.mode)
		}
	}
}

// While it may yet fail it is too early to say yes.
func TestDuplicatesInFlight(t *testing.T) {
	repeat := func(t *testing.T, e *endpoint) {
		if a := e.send("d1"); a.Code != 409 || a.Header().Get("Retry-After") != "1" {
			t.Errorf("answered %d %q", a.Code, a.Body)
		}
	}
	t.Run("asking the application", func(t *testing.T) {
		e := newEndpoint(t, 1, nil)
		e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
			repeat(t, e)
			return says(200)(w, r, ev)
		}
		e.send("d1")
	})
	t.Run("storing", func(t *testing.T) {
		e := newEndpoint(t, 1, mode(gateway.ModeStore))
		e.store.before = func() { e.store.before = nil; repeat(t, e) }
		e.send("d1")
		if got := e.stored(t); got != "app delivering 0/1 due 1m0s" {
			t.Errorf("stored %q", got)
		}
	})
}

// Where repeats are wanted, nothing is remembered to tell them by.
func TestWithoutIdempotency(t *testing.T) {
	for _, m := range modes {
		e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode, c.Idempotency.Off = m, true })
		e.app, e.lanes[0].background = says(500), false
		e.store.known = errors.New("was asked")
		for range 2 {
			if a := e.send("d1"); a.Body.String() != queuedD1 {
				t.Errorf("%s: answered %d %q", m, a.Code, a.Body)
			}
		}
		if list := must(e.store.List(t.Context(), gateway.Filter{}, 10)).Deliveries; len(list) != 2 || e.knows(t, "d1") {
			t.Errorf("%s: stored %q, known is %v", m, e.stored(t), e.knows(t, "d1"))
		}
	}
}

// An event whose claim has ended is new, in memory and in the store.
func TestAClaimEnds(t *testing.T) {
	for _, m := range modes {
		now := t0
		e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode, c.Idempotency.TTL = m, gateway.Duration(time.Minute) })
		e.app = says(200)
		e.parts.Now = func() time.Time { return now }
		e.restart(t)
		e.send("d1")
		if now = t0.Add(time.Minute - 1); e.send("d1").Body.String() != alreadyProcessed {
			t.Errorf("%s: not known at the last instant", m)
		}
		if now = t0.Add(time.Minute); e.send("d1").Body.String() == alreadyProcessed {
			t.Errorf("%s: known after its time", m)
		}
	}
}

// A repeat does not begin the time anew, also when only the store knows it for one.
func TestRepeatsAfterARestartProlongNothing(t *testing.T) {
	for _, m := range modes {
		now := t0
		e := newEndpoint(t, 1, func(c *gateway.Config) { c.Mode, c.Idempotency.TTL = m, gateway.Duration(time.Hour) })
		e.app = says(200)
		e.parts.Now = func() time.Time { return now }
		e.restart(t)
		send := func() string { return e.serve(gateway.SignedAt(now, gateway.BodyOf("d1"))).Body.String() }
		send()
		e.restart(t)
		for _, at := range []time.Duration{time.Minute, 50 * time.Minute, time.Hour - 1} {
			if now = t0.Add(at); send() != alreadyProcessed {
				t.Errorf("%s: not known after %v", m, at)
			}
		}
		if now = t0.Add(time.Hour); send() == alreadyProcessed {
			t.Errorf("%s: known after its time", m)
		}
		if now = now.Add(time.Hour - 1); send() != alreadyProcessed {
			t.Errorf("%s: the event that was new is not known", m)
		}
	}
}

// However many senders come at once with the same few events, each is stored
// once, none reads memory that is another's, and all of it is given back.
func TestManySendersAtOnce(t *testing.T) {
	const senders, events = 40, 10
	for _, m := range modes {
		for _, n := range []int{1, 2} {
			t.Run(fmt.Sprint(m, " to ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := newEndpoint(t, n, mode(m))
					for _, l := range e.lanes {
						l.carry = func(d *gateway.Delivery, p gateway.Place, done func()) {
							go func() {
								defer done()
								readsItsOwn(t, d.Event, d.Event.Body)
								p.Leave(gateway.Result{Verdict: gateway.Accepted})
							}()
						}
						l.settled = make(chan gateway.Result, senders*events)
					}
					e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
						readsItsOwn(t, ev, must(io.ReadAll(r.Body)))
						return says(500)(w, r, ev)
					}
					for range senders {
						go func() {
							for i := range events {
								if a := e.send(fmt.Sprint("d", i)); a.Code != 200 && a.Code != 409 {
									t.Errorf("answered %d", a.Code)
								}
							}
						}()
					}
					synctest.Wait()
					if list := must(e.store.List(context.Background(), gateway.Filter{}, 1000)).Deliveries; len(list) != events*n {
						t.Errorf("%d deliveries of %d are stored", len(list), events*n)
					}
					if e.parts.Budget.Used() != 0 || e.parts.Seen.Len() != events {
						t.Errorf("%d bytes and %d keys are held", e.parts.Budget.Used(), e.parts.Seen.Len())
					}
				})
			})
		}
	}
}

func readsItsOwn(t *testing.T, e *gateway.Event, body []byte) {
	if string(body) != gateway.BodyOf(e.ID) {
		t.Errorf("%s has the body %q", e.ID, body)
	}
}
