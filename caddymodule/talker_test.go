package caddymodule

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

// A talker is an application that does what an event says: {"say":[503,200]}
// has its first attempt answered 503, and all that follow 200.
type talker struct {
	*httptest.Server
	holds   chan string   // the path of each request that it begins to hold
	release chan struct{} // ends one hold
}

// What a talker can be told besides a status.
const (
	breakOff = 0  // the connection
	hold     = -1 // the request, until it is released, and then 200
	ignore   = -2 // the request, until nobody waits for the answer
)

func newTalker(t *testing.T) *talker {
	a := &talker{holds: make(chan string, 10), release: make(chan struct{})}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *talker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var event struct{ Say []int }
	attempt, err := strconv.Atoi(r.Header.Get("Webhook-Gateway-Attempt"))
	if json.NewDecoder(r.Body).Decode(&event) != nil || err != nil {
		panic(http.ErrAbortHandler)
	}
	status := event.Say[min(attempt, len(event.Say))-1]
	switch status {
	case breakOff:
		panic(http.ErrAbortHandler)
	case ignore:
		<-r.Context().Done()
		return
	case hold:
		status = http.StatusOK
		a.holds <- r.URL.Path
		select {
		case <-a.release:
		case <-r.Context().Done():
			return
		}
	}
	w.WriteHeader(status)
}
