// Command application is what stands behind the gateway in the test of its
// image: it remembers the event ids of the webhooks that it received.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
)

// An application answers POST with 200, and GET with the ids that it received
// until then, one in a line, each once.
type application struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.Method == http.MethodPost {
		a.ids[r.Header.Get("Webhook-Gateway-Event-Id")] = true
		_, _ = io.WriteString(w, "thanks")
		return
	}
	for id := range a.ids {
		_, _ = fmt.Fprintln(w, id)
	}
}

func main() {
	log.Fatal(http.ListenAndServe(":3000", &application{ids: make(map[string]bool)}))
}
