package load

import (
	"errors"
	"slices"
	"time"
)

// A Result is what one aim did in one round.
type Result struct {
	Requests      int           // that went the whole way
	Time          time.Duration // measured; shorter than asked for when the signed requests ran out
	P50, P99, Max time.Duration
	CPU           time.Duration // per request
	RSS, Peak     int64         // bytes: at the end, and the highest so far in this process's life
	Backlog       int           // accepted in this round and not received by its end, when that is counted
	Dropped       int           // events of the history that could not be kept, so far in this process's life
	Ready         time.Duration // the Aim's
	Stolen        float64       // share of the processors that the machine's host took away meanwhile
	Looked        time.Duration // p95 of the answers to who looked on; 0 if nobody did
}

// Rate is in requests per second.
func (r Result) Rate() float64 { return float64(r.Requests) / r.Time.Seconds() }

// PerRequest is in seconds of CPU.
func (r Result) PerRequest() float64 { return r.CPU.Seconds() }

// result sums up what was seen between two readings.
func (j Job) result(r *run, a Aim, before, after reading) (Result, error) {
	rss, peak, err := memory(a.PID)
	if err != nil {
		return Result{}, err
	}
	dropped, err := askDropped(a.Metrics)
	if err != nil {
		return Result{}, err
	}
	res := Result{Requests: len(r.took), Time: min(r.to.Sub(r.from), r.last.Sub(r.from)), RSS: rss, Peak: peak, Ready: a.Ready, Dropped: dropped, Stolen: after.stolenSince(before)}
	if j.counted() {
		j.count(&res, before, after)
		res.Backlog = max(0, int(r.answered.Load())-after.received)
	}
	if res.Requests == 0 {
		return Result{}, errors.New("nothing measured")
	}
	res.CPU = (after.cpu - before.cpu) / time.Duration(res.Requests)
	res.times(r.took)
	return res, nil
}

// count makes Requests the lesser of what was accepted and what was received: a
// backlog that shrinks is not this time's work, and one that grows is work left
// undone.
func (j Job) count(r *Result, before, after reading) {
	received := after.received - before.received
	if j.Conns == 0 || received < r.Requests {
		r.Requests = received
	}
	r.Time = after.at.Sub(before.at)
}

// times fills in what has to do with took, and sorts it.
func (r *Result) times(took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	r.P50, r.P99, r.Max = percentile(took, 0.50), percentile(took, 0.99), took[len(took)-1]
}

// looks fills in what has to do with who looked on.
func (r *Result) looks(took []time.Duration) {
	if len(took) > 0 {
		slices.Sort(took)
		r.Looked = percentile(took, 0.95)
	}
}
