package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"
)

// A job is one round: the same requests to each of Aims, one after the other.
type job struct {
	Size             int // of each body, bytes
	Conns            int
	Wrong            bool // send wrong signatures
	RPS              int  // 0 means closed loop
	Warmup, Duration time.Duration
	Aims             []aim
}

// An aim is a running target.
type aim struct {
	Name, Addr string
	PID        int
	Status     int // wanted
}

// A result is what one aim did in one round.
type result struct {
	Requests  int
	Time      time.Duration // measured; shorter than asked for when the signed requests ran out
	P50, P99  time.Duration
	CPU       time.Duration // per request
	RSS, Peak int64         // bytes: at the end, and the highest so far in this process's life
}

// rate is in requests per second.
func (r result) rate() float64 { return float64(r.Requests) / r.Time.Seconds() }

// perRequest is in seconds of CPU.
func (r result) perRequest() float64 { return r.CPU.Seconds() }

// serveLoad is the load generator: a job from in, its results to out. It
// collects no garbage: a round makes little, and a pause would be the target's.
func serveLoad(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(-1)
	var j job
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return err
	}
	b := newBatch(j.requests(), j.Size, secret, time.Now())
	b.wrong = j.Wrong
	var results []result
	for _, a := range j.Aims {
		r, err := j.measure(a, b)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Name, err)
		}
		results = append(results, r)
	}
	return json.NewEncoder(out).Encode(results)
}

// requests is how many to sign: more than any target is expected to take.
func (j job) requests() int {
	perSecond := float64(j.RPS)
	if j.RPS == 0 {
		perSecond = float64(runtime.NumCPU()) * min(50e3, 800e6/float64(j.Size))
	}
	return int(perSecond*(j.Warmup+j.Duration).Seconds()) + j.Conns
}
