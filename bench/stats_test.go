package main

import (
	"slices"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

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
	base := []load.Result{{Requests: 100, Time: time.Second}, {Requests: 10, Time: time.Second}}
	subject := []load.Result{{Requests: 180, Time: 2 * time.Second}, {Requests: 9, Time: time.Second}}
	if got := ratios(base, subject, load.Result.Rate); !slices.Equal(got, []float64{0.9, 0.9}) {
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
