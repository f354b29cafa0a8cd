package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

// progress prints one finished round, so that a long run shows its life.
func (e experiment) progress(round int, got []load.Result) {
	fmt.Printf("  round %d:", round+1)
	for i, t := range e.sides {
		fmt.Printf("  %s %.0f/s p50 %v p99 %v", t.name, got[i].Rate(), short(got[i].P50), short(got[i].P99))
	}
	if len(got) == 2 && e.job.RPS == 0 {
		fmt.Printf("  ratio %.3f", got[1].Rate()/got[0].Rate())
	}
	fmt.Printf("  stolen %.1f%%", 100*most(got))
	fmt.Println()
}

// report prints the table and the bars, and returns how many were missed.
// Every request was answered as wanted: anything else ended the program.
func (e experiment) report(all results) (missed int) {
	fmt.Printf("  %-9s %9s %10s %10s %10s %10s %9s %9s\n", "median", "req/s", "p50", "p99", "slowest", "CPU/req", "RSS", "peak RSS")
	for _, t := range e.sides {
		row(t.name, all[t])
	}
	for _, b := range e.bars {
		if slices.ContainsFunc(b.of, func(t *target) bool { return len(all[t]) == 0 }) {
			continue
		}
		line, ok := b.see(all)
		missed += verdict("  "+line, b.want, ok)
	}
	return missed
}

func row(name string, rs []load.Result) {
	fmt.Printf("  %-9s %9.0f %10v %10v %10v %10v %6.1f MB %6.1f MB\n", name,
		median(each(rs, load.Result.Rate)),
		short(median(each(rs, p50))), short(median(each(rs, p99))), short(median(each(rs, slowest))),
		short(median(each(rs, func(r load.Result) time.Duration { return r.CPU }))),
		megabytes(median(each(rs, func(r load.Result) int64 { return r.RSS }))),
		megabytes(peak(rs)))
}

// verdict prints a line with its bar, and returns 1 for a miss.
func verdict(line, want string, ok bool) (missed int) {
	switch {
	case want == "":
		fmt.Println(line)
		return 0
	case ok:
		fmt.Printf("%s  (%s: pass)\n", line, want)
		return 0
	}
	fmt.Printf("%s  (%s: MISS)\n", line, want)
	return 1
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }

// short drops digits that differ from run to run.
func short(d time.Duration) time.Duration { return d.Round(time.Microsecond / 10) }
