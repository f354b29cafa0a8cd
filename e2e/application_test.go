package e2e

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// An application receives what the gateway lets through.
type application struct {
	*httptest.Server

	mu     sync.Mutex
	got    []received
	answer http.HandlerFunc // what it does after recording; nil answers 200 "thanks"
}

// received is one request as the application saw it.
type received struct {
	*http.Request
	Body string
}

// newApplication starts an application, stopped when the test ends.
func newApplication(t *testing.T) *application {
	a := new(application)
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// ServeHTTP records the request and answers.
func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	a.got = append(a.got, received{r, string(body)})
	answer := a.answer
	a.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	io.WriteString(w, "thanks")
}

// then sets what the application does from now on.
func (a *application) then(answer http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = answer
}

// take returns what was received since the last take.
func (a *application) take() []received {
	a.mu.Lock()
	defer a.mu.Unlock()
	got := a.got
	a.got = nil
	return got
}

// address is the application's host:port, for a Caddyfile.
func (a *application) address() string {
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(a.URL, "http://"))
	return "127.0.0.1:" + port
}
