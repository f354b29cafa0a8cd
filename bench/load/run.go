package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A run is one aim under load: warm-up from start, measured between from and to.
type run struct {
	start, from, to time.Time

	rps      int
	sleep    func(until time.Time)
	clients  []*client
	window   *window      // nil: none
	arrivals *arrivals    // nil: not asked for
	next     atomic.Int64 // request that nobody has sent yet
	answered atomic.Int64

	mu   sync.Mutex
	took []time.Duration
	last time.Time // when the last answer came
}

// A loop sends the n-th client's requests and returns how long each took and
// when the last answer came. The end of ctx ends it early.
type loop func(ctx context.Context, n int, c *client) ([]time.Duration, time.Time, error)

// measure loads a and reads the meters at both ends of the measured time.
func (j Job) measure(a Aim, b *batch) (Result, error) {
	r, err := j.connect(a, b)
	defer r.close()
	if err != nil {
		return Result{}, err
	}
	m, err := j.newMeter(a)
	if err != nil {
		return Result{}, err
	}
	before := m.readAt(r.from)
	o := look(a.API)
	sent := j.send(r, m)
	looked, err := o.stop()
	if err := errors.Join(sent, err); err != nil {
		return Result{}, err
	}
	after, err := m.read()
	if err != nil {
		return Result{}, err
	}
	res, err := j.result(r, a, <-before, after)
	res.looks(looked)
	return res, err
}

// connect opens the connections, and then sets the clock.
func (j Job) connect(a Aim, b *batch) (*run, error) {
	r := &run{rps: j.RPS, sleep: sleepUntil}
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

// send has the requests sent, in the way that the job asks for.
func (j Job) send(r *run, m *meter) error {
	switch {
	case j.Conns == 0:
		sleepUntil(r.to)
		return nil
	case j.Arrivals:
		return r.withArrivals(j.Receiver)
	case j.RPS > 0:
		return r.all(context.Background(), r.openLoop)
	case j.Ahead > 0:
		return r.withWindow(j.Ahead, m.received)
	}
	return r.all(context.Background(), r.closedLoop)
}

// withWindow runs the closed loop, bounded by what the application received.
func (r *run) withWindow(size int, received func() (int, error)) error {
	r.window = newWindow(size)
	end, stop := context.WithDeadline(context.Background(), r.to)
	defer stop()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() {
		if err := r.window.follow(end, received); err != nil {
			cancel(err)
		}
	}()
	return r.all(ctx, r.closedLoop)
}

// all runs l on every connection at once. The first error ends the others.
func (r *run) all(ctx context.Context, l loop) error {
	ctx, cancel := context.WithCancelCause(ctx)
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
