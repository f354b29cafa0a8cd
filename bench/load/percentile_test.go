package load

import (
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	tests := []struct {
		name string
		list []time.Duration
		q    float64
		want time.Duration
	}{
		{"one value", []time.Duration{7}, 0.99, 7},
		{"lowest", hundred, 0, 1},
		{"middle of an even number", hundred, 0.50, 50},
		{"99th of a hundred", hundred, 0.99, 99},
		{"highest", hundred, 1, 100},
		{"rounds up", []time.Duration{1, 2, 3}, 0.50, 2},
	}
	for _, tt := range tests {
		if got := percentile(tt.list, tt.q); got != tt.want {
			t.Errorf("%s: percentile = %d, want %d", tt.name, got, tt.want)
		}
	}
}
