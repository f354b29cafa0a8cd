package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

// A bar is one line about the results, and whether they are as they should be.
// It holds only when all its targets were loaded.
type bar struct {
	of   []*target
	want string // "" means that the line only tells
	see  func(all results) (line string, ok bool)
}

// rate is of's requests/s over those of base, at least.
func rate(of, base *target, least float64) bar {
	return ratio("requests/s", load.Result.Rate, of, base, least)
}

// cpu has no bar. It moves less than requests/s when others use the machine,
// and tells the cost of the target alone, without application and generator.
func cpu(of, base *target) bar {
	return tell(ratio("CPU per request", load.Result.PerRequest, of, base, 0))
}

// ratio compares within a round, and judges the median of the rounds.
func ratio(what string, f func(load.Result) float64, of, base *target, least float64) bar {
	return bar{[]*target{of, base}, fmt.Sprintf("at least %.2f", least), func(all results) (string, bool) {
		list := ratios(all[base], all[of], f)
		m := median(list)
		return fmt.Sprintf("%s/%s %s in the same round: min %.3f  median %.3f  max %.3f",
			of.name, base.name, what, slices.Min(list), m, slices.Max(list)), m >= least
	}}
}

// added is how much longer of takes than base, in the median of the rounds.
func added(what string, f func(load.Result) time.Duration, of, base *target, most time.Duration) bar {
	return bar{[]*target{of, base}, fmt.Sprintf("at most %v", most), func(all results) (string, bool) {
		more := median(each(all[of], f)) - median(each(all[base], f))
		return fmt.Sprintf("%s's added %s: %v", of.name, what, short(more)), more <= most
	}}
}

// eachRound is the worst of the rounds.
func eachRound(what string, f func(load.Result) time.Duration, of *target, most time.Duration) bar {
	return bar{[]*target{of}, fmt.Sprintf("at most %v in each round", most), func(all results) (string, bool) {
		list := each(all[of], f)
		return fmt.Sprintf("%s's %s: median %v  max %v", of.name, what, short(median(list)), short(slices.Max(list))), slices.Max(list) <= most
	}}
}

// backlog is the most that was left over at the end of a round. It has no bar:
// the senders see to it.
func backlog(of *target) bar {
	return bar{[]*target{of}, "", func(all results) (string, bool) {
		n := slices.Max(each(all[of], func(r load.Result) int { return r.Backlog }))
		return fmt.Sprintf("%s's backlog at the end of a round: max %d", of.name, n), true
	}}
}

// dropped is how much of the history was not kept: what is not written costs
// nothing.
func dropped(of *target) bar {
	return bar{[]*target{of}, "none", func(all results) (string, bool) {
		n := slices.Max(each(all[of], func(r load.Result) int { return r.Dropped }))
		return fmt.Sprintf("%s's events dropped: %d", of.name, n), n == 0
	}}
}

// morePeak is how much more memory of took at its peak than base.
func morePeak(of, base *target, most int64) bar {
	return bar{[]*target{of, base}, fmt.Sprintf("at most %.0f MB", megabytes(most)), func(all results) (string, bool) {
		more := peak(all[of]) - peak(all[base])
		return fmt.Sprintf("%s's peak RSS over %s's: %+.1f MB", of.name, base.name, megabytes(more)), more <= most
	}}
}

// peakMemory is the most memory that of took.
func peakMemory(of *target, most int64) bar {
	return bar{[]*target{of}, fmt.Sprintf("at most %.0f MB", megabytes(most)), func(all results) (string, bool) {
		n := peak(all[of])
		return fmt.Sprintf("%s's peak RSS: %.1f MB", of.name, megabytes(n)), n <= most
	}}
}

// tell makes a bar one that only tells.
func tell(b bar) bar {
	b.want = ""
	return b
}

func p50(r load.Result) time.Duration      { return r.P50 }
func p99(r load.Result) time.Duration      { return r.P99 }
func stolen(r load.Result) float64         { return r.Stolen }
func slowest(r load.Result) time.Duration  { return r.Max }
func lookedAt(r load.Result) time.Duration { return r.Looked }
func ready(r load.Result) time.Duration    { return r.Ready }

func peak(rs []load.Result) int64 {
	return slices.Max(each(rs, func(r load.Result) int64 { return r.Peak }))
}
