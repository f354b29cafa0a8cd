package gateway

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestRecording(t *testing.T) {
	tests := []struct {
		name   string
		write  func(w http.ResponseWriter)
		status int
		body   string
	}{
		{"nothing", func(http.ResponseWriter) {}, 0, ""},
		{"only a body", func(w http.ResponseWriter) { io.WriteString(w, "a") }, 200, "a"},
		{"an empty body", func(w http.ResponseWriter) { io.WriteString(w, "") }, 200, ""},
		{"early hints alone", func(w http.ResponseWriter) { w.WriteHeader(103) }, 0, ""},
		{"early hints, then an answer", func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(404) }, 404, ""},
		{"two statuses", func(w http.ResponseWriter) { w.WriteHeader(404); w.WriteHeader(200) }, 404, ""},
		{"a status after the body", func(w http.ResponseWriter) { io.WriteString(w, "a"); w.WriteHeader(500) }, 200, "a"},
		{"as much as is kept", func(w http.ResponseWriter) { io.WriteString(w, strings.Repeat("a", keptAnswer)) }, 200, strings.Repeat("a", keptAnswer)},
		{"more than is kept", func(w http.ResponseWriter) {
			io.WriteString(w, strings.Repeat("a", keptAnswer-1))
			io.WriteString(w, "bcd")
			io.WriteString(w, "e")
		}, 200, strings.Repeat("a", keptAnswer-1) + "b"},
	}
	for _, tt := range tests {
		r := new(Recording)
		tt.write(r)
		if r.Status() != tt.status || string(r.Beginning()) != tt.body {
			t.Errorf("%s: recorded %d with %d bytes, want %d with %d", tt.name, r.Status(), len(r.Beginning()), tt.status, len(tt.body))
		}
	}
}

// Whoever writes is told that all was taken: a proxy would break off otherwise.
func TestARecordingTakesEverything(t *testing.T) {
	r := new(Recording)
	n, err := io.Copy(r, strings.NewReader(strings.Repeat("a", 1<<20)))
	if n != 1<<20 || err != nil {
		t.Errorf("took %d bytes, %v", n, err)
	}
	if cap(r.body) > 2*keptAnswer {
		t.Errorf("%d bytes of memory for %d kept", cap(r.body), keptAnswer)
	}
	if err := http.NewResponseController(r).Flush(); err != nil {
		t.Errorf("Flush = %v", err)
	}
}

func TestHeadersOfARecording(t *testing.T) {
	r := new(Recording)
	r.Header().Set("Retry-After", "5")
	if got := r.Header().Get("Retry-After"); got != "5" {
		t.Errorf("Retry-After is %q", got)
	}
}
