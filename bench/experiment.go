package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
	"github.com/webhook-gateway/caddy-webhook-gateway/bench/program"
)

// An experiment compares targets under the same requests.
type experiment struct {
	name  string
	about string
	sides []*target
	job   load.Job
	fresh bool // each round starts the Caddys anew, one at a time
	fill  int  // events of 1 KiB put into the first target's kept store beforehand
	bars  []bar
}

// results are what the targets did, round by round.
type results map[*target][]load.Result

// only leaves the targets that were asked for.
func (e experiment) only(names map[string]bool) experiment {
	e.sides = slices.DeleteFunc(slices.Clone(e.sides), func(t *target) bool { return !names[t.name] })
	return e
}

// run loads the targets round by round, prints what it saw, and returns how
// many bars were missed.
func (e experiment) run(ctx context.Context, p *program.Set, o options) (missed int, err error) {
	fmt.Printf("\n%s: %s\n", e.name, e.about)
	if err := e.prepare(ctx, p); err != nil {
		return 0, err
	}
	all := make(results)
	measure := e.together
	if e.fresh {
		measure = e.apart
	}
	err = measure(ctx, p, o, func(round int, got []load.Result) {
		for i, t := range e.sides {
			all[t] = append(all[t], got[i])
		}
		e.progress(round, got)
	})
	if err != nil {
		return 0, err
	}
	return e.report(all), nil
}

// together starts all targets, and loads them in alternating order.
func (e experiment) together(ctx context.Context, p *program.Set, o options, done func(int, []load.Result)) error {
	var aims []load.Aim
	for _, t := range e.sides {
		a, stop, err := start(ctx, p, t)
		if err != nil {
			return err
		}
		defer stop()
		aims = append(aims, a)
	}
	for round := range o.rounds {
		got, err := undisturbed(o.stolen, func() ([]load.Result, error) { return send(ctx, p, e.job, inOrder(aims, round)...) })
		if err != nil {
			return err
		}
		done(round, inOrder(got, round))
	}
	return nil
}

// apart has no two targets run at the same time: one with a backlog is never idle.
func (e experiment) apart(ctx context.Context, p *program.Set, o options, done func(int, []load.Result)) error {
	for round := range o.rounds {
		var got []load.Result
		for _, t := range inOrder(e.sides, round) {
			one, err := undisturbed(o.stolen, func() ([]load.Result, error) { return e.alone(ctx, p, t) })
			if err != nil {
				return err
			}
			got = append(got, one...)
		}
		done(round, inOrder(got, round))
	}
	return nil
}

// tries is how often a round is run until nothing disturbs it.
const tries = 10

// undisturbed measures until the host leaves the machine all but a share of its
// processors. If that never happens, the results are those with the least taken.
func undisturbed(share float64, measure func() ([]load.Result, error)) (best []load.Result, err error) {
	for range tries {
		got, err := measure()
		if err != nil {
			return nil, err
		}
		if best == nil || most(got) < most(best) {
			best = got
		}
		if most(best) <= share {
			break
		}
	}
	return best, nil
}

// most is the largest share that was stolen in one of the runs.
func most(rs []load.Result) float64 { return slices.Max(each(rs, stolen)) }

// alone starts, loads and ends one target.
func (e experiment) alone(ctx context.Context, p *program.Set, t *target) ([]load.Result, error) {
	a, stop, err := start(ctx, p, t)
	if err != nil {
		return nil, err
	}
	defer stop()
	j := e.job
	if t.idle {
		j.Conns = 0
	}
	return send(ctx, p, j, a)
}

func send(ctx context.Context, p *program.Set, j load.Job, aims ...load.Aim) ([]load.Result, error) {
	j.App, j.Receiver, j.Aims = p.App, p.Receiver, aims
	return p.Load(ctx, j)
}

// start starts t, with an empty store unless it keeps its own.
func start(ctx context.Context, p *program.Set, t *target) (load.Aim, func(), error) {
	if t.folder != "" && !t.keeps {
		if err := p.Forget(t.folder); err != nil {
			return load.Aim{}, nil, err
		}
	}
	a, stop, err := p.Start(ctx, t.caddy(p))
	if err != nil {
		return a, nil, fmt.Errorf("%s: %w", t.name, err)
	}
	return a, stop, nil
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
