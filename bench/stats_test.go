package main

import (
	"errors"
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

func TestUndisturbed(t *testing.T) {
	tests := []struct {
		name   string
		stolen []float64 // by run
		want   float64
		runs   int
	}{
		{"at once", []float64{0.01}, 0.01, 1},
		{"as much as is allowed", []float64{0.02}, 0.02, 1},
		{"the third time", []float64{0.2, 0.1, 0}, 0, 3},
		{"never", []float64{0.2, 0.1, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 0.1, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runs := 0
			got, err := undisturbed(0.02, func() ([]load.Result, error) {
				runs++
				return []load.Result{{Stolen: 0}, {Stolen: tt.stolen[runs-1]}}, nil
			})
			if err != nil || most(got) != tt.want || runs != tt.runs {
				t.Errorf("after %d runs %v, %v; want %v after %d", runs, most(got), err, tt.want, tt.runs)
			}
		})
	}
	broken := errors.New("broken")
	if _, err := undisturbed(1, func() ([]load.Result, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("error is %v, want %v", err, broken)
	}
}
