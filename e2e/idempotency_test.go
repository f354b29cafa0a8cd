package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// twice returns a request and its exact repetition.
func twice(r *http.Request) (first, again *http.Request) {
	again = r.Clone(r.Context())
	if r.GetBody != nil { // else it has none
		again.Body, _ = r.GetBody()
	}
	return r, again
}

func TestManyAtOnceReachTheApplicationOnce(t *testing.T) {
	const many = 1000
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, "", "many", "")
		requests := make([]*http.Request, many)
		next := f.signed(t, "many", "e")
		for i := range requests {
			requests[i], next = twice(next)
		}
		answers := make([]answer, many)
		errs := make([]error, many)
		var done sync.WaitGroup
		for i, r := range requests {
			done.Go(func() { answers[i], errs[i] = f.try(r) })
		}
		done.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		counts := make(map[string]int)
		for _, a := range answers {
			counts[fmt.Sprint(a.status, a.header.Get("Retry-After"), " ", a.body)]++
		}
		accepted, inFlight, duplicate := counts["200 thanks"], counts["4091 "+refused(409)], counts["200 "+processed]
		if accepted != 1 || accepted+inFlight+duplicate != many {
			t.Errorf("answers: %v", counts)
		}
		if got := len(app.take()); got != 1 {
			t.Errorf("the application got it %d times", got)
		}
		if got := c.metric(`requests_total{endpoint="many",outcome="delivered"}`); got != "1" {
			t.Errorf("counted %s as delivered", got)
		}
	})
}

// A meeting lets a test hold the application at its answer.
type meeting struct{ entered, leave chan struct{} }

func newMeeting() meeting { return meeting{make(chan struct{}), make(chan struct{})} }

func (m meeting) answer(w http.ResponseWriter, _ *http.Request) {
	m.entered <- struct{}{}
	<-m.leave
	io.WriteString(w, "done")
}

func TestInFlight(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, "", "busy", "")
		log, m := c.journal(), newMeeting()
		app.then(m.answer)
		first, second := twice(f.signed(t, "busy", "e"))
		_, third := twice(second)
		answered := make(chan answer)
		go func() {
			a, _ := f.try(first)
			answered <- a
		}()
		<-m.entered
		a := f.ask(t, second)
		a.want(t, 409, refused(409))
		if wait := a.header.Get("Retry-After"); wait != "1" {
			t.Errorf("Retry-After: %q", wait)
		}
		log.expect(t, "busy", "in_flight")
		m.leave <- struct{}{}
		(<-answered).want(t, 200, "done")
		log.expect(t, "busy", "delivered")
		f.ask(t, third).want(t, 200, processed)
		if got := len(app.take()); got != 1 {
			t.Errorf("the application got it %d times", got)
		}
	})
}

func TestSenderThatHangsUpHasDelivered(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, "", "gone", "")
		log, m := c.journal(), newMeeting()
		app.then(m.answer)
		first, again := twice(f.signed(t, "gone", "e"))
		ctx, hangUp := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := f.try(first.WithContext(ctx))
			failed <- err
		}()
		<-m.entered
		hangUp()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("hanging up: %v", err)
		}
		m.leave <- struct{}{}
		log.expect(t, "gone", "delivered")
		f.ask(t, again).want(t, 200, processed)
		if got := len(app.take()); got != 1 {
			t.Errorf("the application got it %d times", got)
		}
	})
}

func TestFailedDeliveryIsWelcomeAgain(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("Retry-After", "77")
			w.WriteHeader(code)
			io.WriteString(w, fmt.Sprintf("no: %d", code))
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		status int // 0: the answer breaks off
		body   string
		logged int
	}{
		{"server error", status(500), 500, "no: 500", 500},
		{"unavailable", status(503), 503, "no: 503", 503},
		{"not found", status(404), 404, "no: 404", 404},
		{"gone", status(410), 410, "no: 410", 410},
		{"conflict", status(409), 409, "no: 409", 409},
		{"redirect", status(302), 302, "no: 302", 302},
		{"permanent redirect", status(308), 308, "no: 308", 308},
		{"not modified", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, 304, "", 304},
		{"broken off before the answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 502, refused(502), 502},
		{"broken off within the answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half of ")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 0, "", 0},
		{"too slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, refused(504), 504},
	}
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, "", "fails", "timeout 1s")
		log := c.journal()
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				app.then(tt.answer)
				first, again := twice(f.signed(t, "fails", "e"))
				_, third := twice(again)
				a, err := f.try(first)
				if (err != nil) != (tt.status == 0) {
					t.Errorf("answer: %v", err)
				}
				if tt.status != 0 {
					a.want(t, tt.status, tt.body)
				}
				if as := a.header; strings.HasPrefix(tt.body, "no: ") && (as.Get("Location") != "/elsewhere" || as.Get("Retry-After") != "77") {
					t.Errorf("answered with headers %v", as)
				}
				if entry := log.expect(t, "fails", "failed"); entry["level"] != "error" || entry["msg"] != "webhook not delivered" || entry["status"] != float64(tt.logged) {
					t.Errorf("logged %v", entry)
				}
				app.then(nil)
				f.ask(t, again).want(t, 200, "thanks")
				log.expect(t, "fails", "delivered")
				f.ask(t, third).want(t, 200, processed)
				log.expect(t, "fails", "duplicate")
				if got := len(app.take()); got != 2 {
					t.Errorf("the application got it %d times", got)
				}
			})
		}
		c.keeps(t, senderSecret)
	})
}

func TestRefusedConnectionIsWelcomeAgain(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		addr := freeAddr(t)
		c := start(t, f.caddyfile("", guarded("down", "", addr)), "BROXI="+senderSecret)
		log := c.journal()
		r := f.signed(t, "down", "e")
		signature := r.Header.Get("X-Broxi-Signature")
		first, again := twice(r)
		f.ask(t, first).want(t, 502, refused(502))
		log.expect(t, "down", "failed")
		app := &application{}
		app.Server = httptest.NewUnstartedServer(app)
		var err error
		if app.Listener, err = net.Listen("tcp", addr); err != nil {
			t.Fatal(err)
		}
		app.Start()
		t.Cleanup(app.Close)
		f.ask(t, again).want(t, 200, "thanks")
		log.expect(t, "down", "delivered")
		c.keeps(t, senderSecret, signature)
	})
}
