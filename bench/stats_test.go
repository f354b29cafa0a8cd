package main

import (
	"slices"
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

func TestMedian(t *testing.T) {
	tests := []struct {
		name string
		list []float64
		want float64
	}{
		{"one", []float64{3}, 3},
		{"unsorted", []float64{9, 1, 5}, 5},
		{"even: the lower", []float64{4, 1, 3, 2}, 2},
	}
	for _, tt := range tests {
		before := slices.Clone(tt.list)
		if got := median(tt.list); got != tt.want {
			t.Errorf("%s: median = %v, want %v", tt.name, got, tt.want)
		}
		if !slices.Equal(before, tt.list) {
			t.Errorf("%s: median changed its argument", tt.name)
		}
	}
}

// The ratio belongs to a round: what slows both sides must not show.
func TestRatios(t *testing.T) {
	base := []result{{Requests: 100, Time: time.Second}, {Requests: 10, Time: time.Second}}
	subject := []result{{Requests: 180, Time: 2 * time.Second}, {Requests: 9, Time: time.Second}}
	if got := ratios(base, subject, result.rate); !slices.Equal(got, []float64{0.9, 0.9}) {
		t.Errorf("ratios = %v, want 0.9 twice", got)
	}
}

func TestInOrder(t *testing.T) {
	for round, want := range [][]string{{"a", "b"}, {"b", "a"}, {"a", "b"}} {
		got := inOrder([]string{"a", "b"}, round)
		if !slices.Equal(got, want) {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
		if back := inOrder(got, round); !slices.Equal(back, []string{"a", "b"}) {
			t.Errorf("round %d: back in order %v", round, back)
		}
	}
}
