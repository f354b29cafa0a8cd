package load

import (
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	tests := []struct {
		name                    string
		conns, answered, before int
		after, want             int
	}{
		{"kept up", 64, 500, 100, 600, 500},
		{"the backlog grew", 64, 500, 100, 400, 300},
		{"the backlog shrank", 64, 500, 0, 900, 500},
		{"nothing was sent", 0, 0, 100, 400, 300},
	}
	for _, tt := range tests {
		r := Result{Requests: tt.answered}
		Job{Conns: tt.conns}.count(&r, reading{at: t0, received: tt.before}, reading{at: t0.Add(2 * time.Second), received: tt.after})
		if r.Requests != tt.want || r.Time != 2*time.Second {
			t.Errorf("%s: %d in %v, want %d in 2s", tt.name, r.Requests, r.Time, tt.want)
		}
	}
}
