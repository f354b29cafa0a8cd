package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// The bars: what the package promises. A verifier of ours takes at most
// maxRatio of the floor's time, less than the provider's own, and allocates at
// most maxAllocs times.
const (
	maxRatio  = 1.2
	maxAllocs = 2
)

// A row is what one provider cost, round by round.
type row struct {
	name  string
	costs [len(ways)][]cost
}

// measure runs everything rounds times. Each round begins with another way, so
// that none is always the one that follows the garbage of another.
func measure(rounds int) ([]*row, error) {
	rows := make([]*row, len(providers))
	for i, p := range providers {
		rows[i] = &row{name: p.name}
	}
	for round := range rounds {
		for i, p := range providers {
			for j := range ways {
				w := (round + j) % len(ways)
				c, err := p.measureOnce(ways[w])
				if err != nil {
					return nil, err
				}
				rows[i].costs[w] = append(rows[i].costs[w], c)
			}
		}
	}
	return rows, nil
}

// ns is the median of one way.
func (r *row) ns(w int) float64 {
	var list []float64
	for _, c := range r.costs[w] {
		list = append(list, c.ns)
	}
	return median(list)
}

// ratio is the median of w over base, each within its round.
func (r *row) ratio(w, base int) float64 {
	var list []float64
	for i, c := range r.costs[w] {
		list = append(list, c.ns/r.costs[base][i].ns)
	}
	return median(list)
}

// allocs is a median too: a round that is interrupted early counts few
// verifications, and what the runtime allocates meanwhile.
func (r *row) allocs(w int) int64 {
	var list []int64
	for _, c := range r.costs[w] {
		list = append(list, c.allocs)
	}
	return median(list)
}

// missed names the bars that r misses.
func (r *row) missed() []string {
	var bars []string
	if x := r.ratio(wayOurs, wayFloor); x > maxRatio {
		bars = append(bars, fmt.Sprintf("%s: ours takes %.2f of the floor, more than %.2f", r.name, x, maxRatio))
	}
	if x := r.ratio(wayOurs, waySDK); x >= 1 {
		bars = append(bars, fmt.Sprintf("%s: ours takes %.2f of the provider's own", r.name, x))
	}
	if n := r.allocs(wayOurs); n > maxAllocs {
		bars = append(bars, fmt.Sprintf("%s: ours allocates %d times, more than %d", r.name, n, maxAllocs))
	}
	return bars
}

// table is one line for each provider, below a line that names the columns.
func table(rows []*row) string {
	var b strings.Builder
	tab := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(tab, format, values...) } // a Builder takes everything
	line("provider\tfloor ns\tours ns\tto floor\tsdk ns\tto floor\tours to sdk\tours allocs\tsdk allocs\t\n")
	for _, r := range rows {
		line("%s\t%.0f\t%.0f\t%.2f\t%.0f\t%.2f\t%.2f\t%d\t%d\t\n", r.name,
			r.ns(wayFloor), r.ns(wayOurs), r.ratio(wayOurs, wayFloor), r.ns(waySDK), r.ratio(waySDK, wayFloor),
			r.ratio(wayOurs, waySDK), r.allocs(wayOurs), r.allocs(waySDK))
	}
	_ = tab.Flush()
	return b.String()
}

// median is the middle value, of an even number the lower of the two. list
// must not be empty.
func median[T cmp.Ordered](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[(len(list)-1)/2]
}
