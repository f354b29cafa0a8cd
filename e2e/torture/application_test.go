package torture

import (
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// An application receives what the gateway delivers and notes it. It is never
// killed.
type application struct {
	t       *testing.T
	address string
	ledger  *ledger
	server  *http.Server // nil while it is down

	mu     sync.Mutex
	mood   mood
	random *rand.Rand
	held   chan struct{} // closed when it is released
}

// A mood is how an application behaves: the choice for one request, of a
// random number from 0 up to 1.
type mood func(random float64) behaviour

type behaviour int

// moment is longer than senders wait for an application by ack_within.
const moment = 60 * time.Millisecond

const (
	accepts   behaviour = iota
	fails               // 500
	hangs               // until the gateway gives up
	truncates           // breaks the answer off
	refuses             // 410, for good
	waits               // until it is released, and accepts
	dawdles             // takes a moment, and accepts
)

func healthy(float64) behaviour { return accepts }

func slow(float64) behaviour { return dawdles }

// erratic accepts most requests, and fails in ways that may pass.
func erratic(random float64) behaviour {
	switch {
	case random < 0.2:
		return fails
	case random < 0.3:
		return truncates
	case random < 0.4:
		return dawdles
	}
	return accepts
}

// fussy is erratic, hangs now and then, and refuses some for good.
func fussy(random float64) behaviour {
	switch {
	case random > 0.9:
		return refuses
	case random > 0.88:
		return hangs
	}
	return erratic(random)
}

// up has the application listen; down has it close all connections.
func (a *application) up() {
	a.t.Helper()
	l, err := net.Listen("tcp", a.address)
	if err != nil {
		a.t.Fatal(err)
	}
	a.server = &http.Server{Handler: a}
	go a.server.Serve(l) //nolint:errcheck // it ends by Close
}

func (a *application) down() {
	if a.server != nil {
		a.server.Close()
		a.server = nil
	}
}

// behave sets the mood from now on.
func (a *application) behave(m mood) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mood = m
}

// hold makes the application keep its answers to itself until release is called.
func (a *application) hold() (release func()) {
	a.held = make(chan struct{})
	a.behave(func(float64) behaviour { return waits })
	return func() { close(a.held) }
}

func (a *application) choose() behaviour {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mood(a.random.Float64())
}

// ServeHTTP notes the request and answers as the application feels like.
func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the gateway died while it sent
	}
	id := r.Header.Get("Webhook-Gateway-Event-Id")
	if !a.ledger.receive(id, body) {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	switch a.choose() {
	case accepts:
		a.accept(w, r, id)
	case fails:
		w.WriteHeader(http.StatusInternalServerError)
	case hangs:
		<-r.Context().Done()
	case truncates:
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "the beginning")
		panic(http.ErrAbortHandler)
	case waits:
		<-a.held
		a.accept(w, r, id)
	case dawdles:
		<-time.After(moment)
		a.accept(w, r, id)
	case refuses:
		w.WriteHeader(http.StatusGone)
	}
}

func (a *application) accept(w http.ResponseWriter, r *http.Request, id string) {
	life, err := strconv.Atoi(r.Header.Get("X-Life"))
	if err != nil {
		a.t.Errorf("a request from no life: %v", err)
	}
	doubt := a.ledger.accept(id, &acceptance{
		destination: r.Header.Get("X-Destination"), life: life, attempt: r.Header.Get("Webhook-Gateway-Attempt"),
	})
	io.WriteString(w, "thanks")
	if http.NewResponseController(w).Flush() != nil || r.Context().Err() != nil {
		doubt()
	}
}
