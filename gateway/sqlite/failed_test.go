package sqlite

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// TestFailureIsTold once, however often the failure is met.
func TestFailureIsTold(t *testing.T) {
	var told []error
	s, err := Open(filepath.Join(t.TempDir(), "w.db"), Options{Now: time.Now, Limits: Limits{Reserve: 1}, Failed: func(err error) { told = append(told, err) }})
	if err != nil {
		t.Fatal(err)
	}
	pragma(t, s, "query_only = ON") // it cannot write
	for _, name := range []string{"1", "2"} {
		if _, err := s.Append(t.Context(), storetest.Entry(name, to)); !errors.Is(err, gateway.ErrFailed) {
			t.Errorf("Append = %v, want %v", err, gateway.ErrFailed)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if len(told) != 1 || !errors.Is(told[0], gateway.ErrFailed) {
		t.Errorf("told %v, want %v once", told, gateway.ErrFailed)
	}
}
