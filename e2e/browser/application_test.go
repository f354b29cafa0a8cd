package browser

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// An application receives what the gateway delivers, and fails when it is told.
type application struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	got    []string // bodies
}

func newApplication(t *testing.T) *application {
	a := &application{status: http.StatusOK}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// ServeHTTP answers with the status that then has set.
func (a *application) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mu.Lock()
	status := a.status
	a.got = append(a.got, string(body))
	a.mu.Unlock()
	w.WriteHeader(status)
	io.WriteString(w, "the application says "+http.StatusText(status))
}

// then sets the status of the answers from now on. 422 is final: what is
// answered so is a dead letter at once.
func (a *application) then(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status = status
}

// received is how many requests had the text in their body.
func (a *application) received(text string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, body := range a.got {
		if strings.Contains(body, text) {
			n++
		}
	}
	return n
}

func (a *application) address() string { return strings.TrimPrefix(a.URL, "http://") }
