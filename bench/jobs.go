package main

import "github.com/webhook-gateway/caddy-webhook-gateway/bench/load"

// closed is load by senders that wait for their answers and for nothing else.
func (o options) closed(size int) load.Job {
	return load.Job{Size: size, Conns: o.conns, Warmup: o.warmup, Duration: o.duration}
}

func (o options) wrong(size int) load.Job {
	j := o.closed(size)
	j.Wrong = true
	return j
}

// bounded is load that stays at most ahead events in front of the application.
func (o options) bounded(size, ahead int) load.Job {
	j := o.closed(size)
	j.Ahead = ahead
	return j
}

// paced is load at a rate that does not depend on the answers.
func (o options) paced(size, rps int) load.Job {
	j := o.closed(size)
	j.RPS, j.Duration = rps, o.paceTime
	return j
}

// arrivals is paced load, timed from answer to arrival.
func (o options) arrivals(size, rps int) load.Job {
	j := o.paced(size, rps)
	j.Arrivals = true
	return j
}
