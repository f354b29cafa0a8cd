package main

import (
	"fmt"
	"slices"
	"time"
)

// progress prints one finished round, so that a long run shows its life.
func (e experiment) progress(round int, sides []*target, got []result) {
	fmt.Printf("  round %d:", round+1)
	for i, t := range sides {
		fmt.Printf("  %s %.0f/s p50 %v p99 %v", t.name, got[i].rate(), short(got[i].P50), short(got[i].P99))
	}
	if len(got) == 2 && e.rps == 0 {
		fmt.Printf("  ratio %.3f", got[1].rate()/got[0].rate())
	}
	fmt.Println()
}

// report prints the table and the bars, and returns how many were missed.
// Every request was answered as wanted: anything else ended the program.
func (e experiment) report(sides []*target, results [][]result) (missed int) {
	fmt.Printf("  %-9s %9s %10s %10s %10s %9s %9s\n", "median", "req/s", "p50", "p99", "CPU/req", "RSS", "peak RSS")
	for i, t := range sides {
		row(t.name, results[i])
	}
	if len(sides) < 2 {
		return 0
	}
	base, subject := results[0], results[1]
	if e.rps > 0 {
		missed += e.added("p50", addedP50Bar, base, subject, func(r result) time.Duration { return r.P50 })
		missed += e.added("p99", addedP99Bar, base, subject, func(r result) time.Duration { return r.P99 })
		return missed
	}
	missed += e.throughput(ratios(base, subject, result.rate))
	e.cpu(ratios(base, subject, result.perRequest))
	missed += e.resident(peak(subject) - peak(base))
	return missed
}

func row(name string, rs []result) {
	fmt.Printf("  %-9s %9.0f %10v %10v %10v %6.1f MB %6.1f MB\n", name,
		median(each(rs, result.rate)),
		short(median(each(rs, func(r result) time.Duration { return r.P50 }))),
		short(median(each(rs, func(r result) time.Duration { return r.P99 }))),
		short(median(each(rs, func(r result) time.Duration { return r.CPU }))),
		megabytes(median(each(rs, func(r result) int64 { return r.RSS }))),
		megabytes(peak(rs)))
}

func (e experiment) throughput(list []float64) (missed int) {
	m := median(list)
	fmt.Printf("  %s/%s requests/s in the same round: min %.3f  median %.3f  max %.3f",
		e.subject.name, e.base.name, slices.Min(list), m, slices.Max(list))
	if e.rate == 0 {
		fmt.Println()
		return 0
	}
	return verdict(m >= e.rate, fmt.Sprintf("at least %.2f", e.rate))
}

// cpu has no bar. It moves less than requests/s when others use the machine,
// and tells the cost of the subject alone, without application and generator.
func (e experiment) cpu(list []float64) {
	fmt.Printf("  %s/%s CPU per request in the same round: min %.3f  median %.3f  max %.3f\n",
		e.subject.name, e.base.name, slices.Min(list), median(list), slices.Max(list))
}

func (e experiment) resident(more int64) (missed int) {
	fmt.Printf("  %s's peak RSS over %s's: %+.1f MB", e.subject.name, e.base.name, megabytes(more))
	if e.memory == 0 {
		fmt.Println()
		return 0
	}
	return verdict(more <= e.memory, fmt.Sprintf("at most %.0f MB", megabytes(e.memory)))
}

// added compares the medians over the rounds of what f takes from a result.
func (e experiment) added(name string, bar time.Duration, base, subject []result, f func(result) time.Duration) (missed int) {
	more := median(each(subject, f)) - median(each(base, f))
	fmt.Printf("  %s's added %s: %v", e.subject.name, name, short(more))
	return verdict(more <= bar, fmt.Sprintf("at most %v", bar))
}

// verdict ends a line with its bar, and returns 1 for a miss.
func verdict(ok bool, bar string) (missed int) {
	if ok {
		fmt.Printf("  (%s: pass)\n", bar)
		return 0
	}
	fmt.Printf("  (%s: MISS)\n", bar)
	return 1
}

func peak(rs []result) int64 {
	return slices.Max(each(rs, func(r result) int64 { return r.Peak }))
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }

// short drops digits that differ from run to run.
func short(d time.Duration) time.Duration { return d.Round(time.Microsecond / 10) }
