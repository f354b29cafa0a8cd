// Package load is both ends of a measurement: the senders of signed webhooks,
// and the application that they are meant for. Each runs in a process of its own.
package load

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"
)

// A Job is one round: the same requests to each of Aims, one after the other.
type Job struct {
	Size             int  // of each body, bytes
	Conns            int  // 0: nothing is sent, and what the application still receives is counted
	Wrong            bool // send wrong signatures
	RPS              int  // 0 means closed loop
	Requests         int  // end after so many; 0 means after Duration
	Warmup, Duration time.Duration

	// Ahead is how many events may be accepted that the application has not
	// received; 0 means any. Unless it is 0, what counts is not what was
	// answered but what has also been received.
	Ahead int
	App   string // address of the application: where to ask what it received

	// Arrivals makes the generator the application itself, at an address of its
	// own. What counts is then the time from answer to arrival. Needs an RPS.
	Arrivals bool
	Receiver string

	Aims []Aim
}

// An Aim is a running target.
type Aim struct {
	Name, Addr string
	PID        int
	Metrics    string        // URL; "" if there is nothing to ask
	Status     int           // wanted
	API        string        // URL of the admin API, if somebody looks on while it works
	Ready      time.Duration // from the start of the process to its first answer
}

// Serve is the load generator: a job from in, its results to out. It
// collects no garbage: a round makes little, and a pause would be the target's.
func Serve(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(-1)
	var j Job
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return err
	}
	b := newBatch(j.requests(), j.Size, Secret, time.Now())
	b.wrong = j.Wrong
	var results []Result
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
func (j Job) requests() int {
	if j.Requests > 0 || j.Conns == 0 {
		return j.Requests
	}
	perSecond := float64(j.RPS)
	if j.RPS == 0 {
		perSecond = float64(runtime.NumCPU()) * min(50e3, 800e6/float64(j.Size))
	}
	return int(perSecond*(j.Warmup+j.Duration).Seconds()) + j.Conns
}

// counted reports whether the measure is what the application received.
func (j Job) counted() bool { return j.Ahead > 0 || j.Conns == 0 }
