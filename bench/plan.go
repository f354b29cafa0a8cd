package main

import (
	"fmt"
	"slices"
	"time"
)

const small = 2 << 10 // bytes of a usual body

// experimentNames are those that -run takes.
var experimentNames = []string{"proxy", "to", "refuse", "added", "history", "watched", "accept", "sustained", "latency", "million", "search", "drain"}

// rates are the bars of gateway over plain, by body size.
var rates = map[int]float64{2 << 10: 0.95, 16 << 10: 0.93, 256 << 10: 0.68}

// plan lists the experiments that were asked for, with the targets that were.
func plan(o options) []experiment {
	var chosen []experiment
	for _, e := range experiments(o) {
		if e = e.only(o.only); o.run[e.name] && len(e.sides) > 0 {
			chosen = append(chosen, e)
		}
	}
	return chosen
}

func experiments(o options) []experiment {
	return slices.Concat(withoutStore(o), withStores(o), withMillion(o))
}

// withoutStore is what verifying costs, and what refusing does.
func withoutStore(o options) []experiment {
	var all []experiment
	for _, size := range o.sizes {
		all = append(all, experiment{
			name: "proxy", about: fmt.Sprintf("verified and passed on, %d KiB", size>>10), sides: []*target{plain, gateway}, job: o.closed(size),
			bars: []bar{proxied(size), cpu(gateway, plain), morePeak(gateway, plain, 40<<20)},
		})
	}
	all = append(all, experiment{
		name: "to", about: "as users write it", sides: []*target{defaults, to}, job: o.closed(small),
		bars: []bar{rate(to, defaults, 1.15), cpu(to, defaults)},
	}, experiment{
		name: "refuse", about: "wrong signatures", sides: []*target{respond, refuse}, job: o.wrong(small),
		bars: []bar{rate(refuse, respond, 0.85), cpu(refuse, respond)},
	})
	if o.rps == 0 {
		return all
	}
	return append(all, experiment{
		name: "added", about: fmt.Sprintf("latency at %d requests/s", o.rps), sides: []*target{plain, gateway}, job: o.paced(small, o.rps),
		bars: []bar{added("p50", p50, gateway, plain, 100*time.Microsecond), added("p99", p99, gateway, plain, time.Millisecond)},
	})
}

// proxied has a bar for the sizes that have one.
func proxied(size int) bar {
	least, ok := rates[size]
	if !ok {
		return tell(rate(gateway, plain, 0))
	}
	return rate(gateway, plain, least)
}

// withStores is what it costs to lose nothing.
func withStores(o options) []experiment {
	return []experiment{{
		name: "history", about: "passed on, and remembered", sides: []*target{plain, history}, job: o.closed(small),
		bars: []bar{rate(history, plain, 0.88), cpu(history, plain), dropped(history), tell(morePeak(history, plain, 0))},
	}, {
		name: "watched", about: "remembered, with the dashboard open", sides: []*target{history, watched}, job: o.closed(small),
		bars: []bar{rate(watched, history, 0.95), cpu(watched, history), eachRound("p95 of the dashboard's answers", lookedAt, watched, 100*time.Millisecond)},
	}, {
		name: "accept", about: "stored with fsync and answered, nothing delivered", sides: []*target{plain, respond, accept}, job: o.closed(small), fresh: true,
		bars: []bar{
			rate(accept, plain, 2), rate(accept, respond, 0.5), cpu(accept, plain),
			eachRound("p99", p99, accept, 25*time.Millisecond), eachRound("slowest", slowest, accept, stall),
		},
	}, {
		name: "sustained", about: "stored, answered and delivered", sides: []*target{plain, sustained}, job: o.bounded(small, ahead), fresh: true,
		bars: []bar{rate(sustained, plain, 0.8), cpu(sustained, plain), eachRound("slowest", slowest, sustained, stall), backlog(sustained)},
	}, {
		name: "latency", about: "from answer to delivery, at 100 requests/s", sides: []*target{prompt}, job: o.arrivals(small, 100), fresh: true,
		bars: []bar{eachRound("p50", p50, prompt, 5*time.Millisecond), eachRound("p99", p99, prompt, 50*time.Millisecond)},
	}}
}

// withMillion is what a store that is already large costs.
func withMillion(o options) []experiment {
	return []experiment{{
		name: "million", about: fmt.Sprintf("stored and answered, beside %d events of 1 KiB", o.fill), sides: []*target{accept, full}, job: o.closed(small), fresh: true, fill: o.fill,
		bars: []bar{
			rate(full, accept, 0.9), cpu(full, accept),
			eachRound("p99", p99, full, 25*time.Millisecond), eachRound("slowest", slowest, full, stall),
			eachRound("time to the first answer", ready, full, 2*time.Second), peakMemory(full, 150<<20),
		},
	}, {
		name: "search", about: "the same store, while somebody looks through it", sides: []*target{full, searched}, job: o.closed(small), fresh: true, fill: o.fill,
		bars: []bar{rate(searched, full, 0.9), cpu(searched, full), eachRound("p95 of the answers to lists and searches", lookedAt, searched, 100*time.Millisecond)},
	}, {
		name: "drain", about: "a backlog delivered, 1 KiB", sides: []*target{plain, drain}, job: o.closed(1 << 10), fresh: true, fill: o.fill,
		bars: []bar{rate(drain, plain, 0.8), cpu(drain, plain), eachRound("time to the first answer", ready, drain, 2*time.Second), peakMemory(drain, 150<<20)},
	}}
}

const (
	ahead = 256                    // events accepted and not yet received, at most: senders wait
	stall = 250 * time.Millisecond // an answer that takes longer is one
)
