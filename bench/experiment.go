package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// An experiment compares two targets under the same requests.
type experiment struct {
	base, subject *target
	size          int     // of each body, bytes
	rate          float64 // bar: subject's requests/s over base's, at least; 0 means none
	memory        int64   // bar: subject's peak RSS over base's, bytes, at most; 0 means none
	wrong         bool    // send wrong signatures, to both
	rps           int     // open loop at this rate; 0 means closed loop
}

// rates are the bars of gateway over plain, by body size.
var rates = map[int]float64{2 << 10: 0.95, 16 << 10: 0.93, 256 << 10: 0.68}

const (
	small       = 2 << 10
	memoryBar   = 40 << 20
	addedP50Bar = 100 * time.Microsecond
	addedP99Bar = time.Millisecond
)

// plan lists the experiments of which at least one side was asked for.
func plan(o options) []experiment {
	var all []experiment
	for _, size := range o.sizes {
		all = append(all, experiment{base: plain, subject: gateway, size: size, rate: rates[size], memory: memoryBar})
	}
	all = append(all,
		experiment{base: defaults, subject: to, size: small, rate: 1.15},
		experiment{base: respond, subject: refuse, size: small, rate: 0.85, wrong: true})
	if o.rps > 0 {
		all = append(all, experiment{base: plain, subject: gateway, size: small, rps: o.rps})
	}
	return slices.DeleteFunc(all, func(e experiment) bool { return len(e.sides(o)) == 0 })
}

// sides are the targets that -only leaves, base first.
func (e experiment) sides(o options) []*target {
	return slices.DeleteFunc([]*target{e.base, e.subject}, func(t *target) bool { return !o.only[t.name] })
}

func (e experiment) title() string {
	s := fmt.Sprintf("%s and %s, %d KiB", e.base.name, e.subject.name, e.size>>10)
	if e.wrong {
		s += ", wrong signature"
	}
	if e.rps > 0 {
		s += fmt.Sprintf(", %d requests/s", e.rps)
	}
	return s
}

// run starts fresh Caddys, loads them round by round, prints what it saw, and
// returns how many bars were missed.
func (e experiment) run(ctx context.Context, p *processes, o options) (missed int, err error) {
	fmt.Printf("\n%s\n", e.title())
	sides := e.sides(o)
	aims, stop, err := p.startAll(ctx, sides)
	defer stop()
	if err != nil {
		return 0, err
	}
	results := make([][]result, len(sides)) // by side, then by round
	for round := range o.rounds {
		got, err := p.load(ctx, e.job(o, inOrder(aims, round)))
		if err != nil {
			return 0, err
		}
		got = inOrder(got, round)
		for i := range sides {
			results[i] = append(results[i], got[i])
		}
		e.progress(round, sides, got)
	}
	return e.report(sides, results), nil
}

// job is what the load generator is told for one round.
func (e experiment) job(o options, aims []aim) job {
	j := job{Size: e.size, Conns: o.conns, Wrong: e.wrong, RPS: e.rps, Warmup: o.warmup, Duration: o.duration, Aims: aims}
	if e.rps > 0 {
		j.Duration = o.paceTime
	}
	return j
}

// inOrder turns every second round around, so that neither side is always the
// one that goes first. It is its own inverse.
func inOrder[T any](list []T, round int) []T {
	list = slices.Clone(list)
	if round%2 == 1 {
		slices.Reverse(list)
	}
	return list
}
