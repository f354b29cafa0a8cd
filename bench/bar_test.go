package main

import (
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

// rounds is what a target did that answers n requests a second and takes took.
func rounds(took time.Duration, n ...int) (rs []load.Result) {
	for _, n := range n {
		rs = append(rs, load.Result{Requests: n, Time: time.Second, P99: took * time.Duration(n), Ready: took, Peak: int64(n) << 20, Backlog: n, Dropped: n - 20})
	}
	return rs
}

func TestBars(t *testing.T) {
	base, of := &target{name: "base"}, &target{name: "of"}
	all := results{base: rounds(time.Microsecond, 100, 50, 10), of: rounds(time.Millisecond, 90, 45, 20)}
	tests := []struct {
		name string
		bar  bar
		line string
		ok   bool
	}{
		{"the median decides", rate(of, base, 0.9), "of/base requests/s in the same round: min 0.900  median 0.900  max 2.000", true},
		{"just missed", rate(of, base, 0.91), "median 0.900", false},
		{"at the most", eachRound("p99", p99, of, 90*time.Millisecond), "of's p99: median 45ms  max 90ms", true},
		{"one round past it", eachRound("p99", p99, of, 89*time.Millisecond), "max 90ms", false},
		{"longer than the base", added("p99", p99, of, base, 44*time.Millisecond), "of's added p99: 44.95ms", false},
		{"memory beside the base", morePeak(of, base, -10<<20), "of's peak RSS over base's: -10.0 MB", true},
		{"memory", peakMemory(of, 89<<20), "of's peak RSS: 90.0 MB", false},
		{"not kept", dropped(of), "of's events dropped: 70", false},
		{"left over", backlog(of), "max 90", true},
	}
	for _, tt := range tests {
		if line, ok := tt.bar.see(all); !strings.Contains(line, tt.line) || ok != tt.ok {
			t.Errorf("%s: %q, %v; want %q, %v", tt.name, line, ok, tt.line, tt.ok)
		}
	}
}
