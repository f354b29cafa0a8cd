package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A run is one aim under load: warm-up from start, measured between from and to.
type run struct {
	start, from, to time.Time

	rps     int
	clients []*client
	next    atomic.Int64 // request that nobody has sent yet

	mu   sync.Mutex
	took []time.Duration
	last time.Time // when the last answer came
}

// A loop sends the n-th client's requests and returns how long each took and
// when the last answer came. The end of ctx ends it early.
type loop func(ctx context.Context, n int, c *client) ([]time.Duration, time.Time, error)

// measure loads a and reads its CPU time and memory around the measured time.
func (j job) measure(a aim, b *batch) (result, error) {
	r, err := j.connect(a, b)
	defer r.close()
	if err != nil {
		return result{}, err
	}
	before := make(chan time.Duration, 1)
	go func() {
		time.Sleep(time.Until(r.from))
		used, _ := cpuTime(a.PID) // what fails here fails again afterwards
		before <- used
	}()
	l := r.closedLoop
	if j.RPS > 0 {
		l = r.openLoop
	}
	if err := r.all(l); err != nil {
		return result{}, err
	}
	return r.result(a, <-before)
}

// connect opens the connections, and then sets the clock.
func (j job) connect(a aim, b *batch) (*run, error) {
	r := &run{rps: j.RPS}
	for range j.Conns {
		c, err := dial(a, b)
		if err != nil {
			return r, err
		}
		r.clients = append(r.clients, c)
	}
	r.start = time.Now()
	r.from = r.start.Add(j.Warmup)
	r.to = r.from.Add(j.Duration)
	for _, c := range r.clients {
		if err := c.giveUpAt(r.to.Add(10 * time.Second)); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *run) close() {
	for _, c := range r.clients {
		_ = c.conn.Close()
	}
}

// all runs l on every connection at once. The first error ends the others.
func (r *run) all(l loop) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var wg sync.WaitGroup
	for n, c := range r.clients {
		wg.Go(func() {
			took, last, err := l(ctx, n, c)
			if err != nil {
				cancel(err)
			}
			r.add(took, last)
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func (r *run) add(took []time.Duration, last time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = append(r.took, took...)
	if last.After(r.last) {
		r.last = last
	}
}

// closedLoop sends the next request as soon as the last is answered.
func (r *run) closedLoop(ctx context.Context, _ int, c *client) (took []time.Duration, end time.Time, err error) {
	took = make([]time.Duration, 0, c.b.len()/len(r.clients)*2)
	for ctx.Err() == nil {
		i := int(r.next.Add(1)) - 1
		start := time.Now()
		if i >= c.b.len() || !start.Before(r.to) {
			break
		}
		if err := c.send(i); err != nil {
			return took, end, err
		}
		end = time.Now()
		if !start.Before(r.from) {
			took = append(took, end.Sub(start))
		}
	}
	return took, end, nil
}

// result sums up, for a process that had used before when measuring began.
func (r *run) result(a aim, before time.Duration) (result, error) {
	after, err := cpuTime(a.PID)
	if err != nil {
		return result{}, err
	}
	rss, peak, err := memory(a.PID)
	if err != nil {
		return result{}, err
	}
	if len(r.took) == 0 {
		return result{}, errors.New("nothing measured")
	}
	slices.Sort(r.took)
	return result{
		Requests: len(r.took),
		Time:     min(r.to.Sub(r.from), r.last.Sub(r.from)),
		P50:      percentile(r.took, 0.50),
		P99:      percentile(r.took, 0.99),
		CPU:      (after - before) / time.Duration(len(r.took)),
		RSS:      rss,
		Peak:     peak,
	}, nil
}
