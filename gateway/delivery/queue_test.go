package delivery_test

import (
	"context"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// A queue is the model of a store that counts what it is asked, and fails when
// it is told to.
type queue struct {
	*storetest.Model
	mu      sync.Mutex
	leases  []int                                          // how many each Lease asked for
	early   bool                                           // Lease says that the next one is due now
	stuck   bool                                           // Finish does not answer
	shifted time.Duration                                  // deliveries were
	longer  time.Duration                                  // leases are
	fail    func(method string, d *gateway.Delivery) error // may be nil
}

func (q *queue) Lease(ctx context.Context, to gateway.Address, now, until time.Time, n int) ([]*gateway.Delivery, time.Time, error) {
	q.mu.Lock()
	q.leases = append(q.leases, n)
	q.mu.Unlock()
	if err := q.asked("Lease", nil); err != nil {
		return nil, time.Time{}, err
	}
	leased, next, err := q.Model.Lease(ctx, to, now, until, n)
	if q.early {
		next = now
	}
	return leased, next, err
}

// count is how often Lease was called.
func (q *queue) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.leases)
}

func (q *queue) Load(ctx context.Context, d *gateway.Delivery) error {
	if err := q.asked("Load", d); err != nil {
		return err
	}
	return q.Model.Load(ctx, d)
}

func (q *queue) Finish(ctx context.Context, d *gateway.Delivery) (forgotten bool, err error) {
	if err := q.asked("Finish", d); err != nil {
		return false, err
	}
	if q.stuck {
		<-ctx.Done()
		return false, ctx.Err()
	}
	return q.Model.Finish(ctx, d)
}

func (q *queue) asked(method string, d *gateway.Delivery) error {
	q.mu.Lock()
	fail := q.fail
	q.mu.Unlock()
	if fail == nil {
		return nil
	}
	return fail(method, d)
}

// failing makes the queue fail as fail says; nil: no more.
func (q *queue) failing(fail func(method string, d *gateway.Delivery) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fail = fail
}

// failTimes makes a method of the queue fail n times.
func (q *queue) failTimes(method string, n int, err error) {
	var mu sync.Mutex
	q.failing(func(m string, _ *gateway.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		if m != method || n == 0 {
			return nil
		}
		n--
		return err
	})
}

// get is what is stored of a delivery.
func (q *queue) get(d *gateway.Delivery) gateway.Delivery {
	found, err := q.List(context.Background(), gateway.Filter{IDs: []int64{d.ID}}, 1)
	if err != nil || len(found.Deliveries) == 0 {
		return gateway.Delivery{State: -1}
	}
	return *found.Deliveries[0]
}

func (q *queue) Prolong(_ context.Context, by time.Duration) error {
	if err := q.asked("Prolong", nil); err != nil {
		return err
	}
	q.longer += by
	return nil
}

// Shift is the model's, in one step.
func (q *queue) Shift(now time.Time, by time.Duration) (step func(context.Context) (more bool, err error)) {
	return func(context.Context) (bool, error) {
		if err := q.asked("Shift", nil); err != nil {
			return true, err
		}
		q.shifted += by
		q.Model.Shift(now, by)
		return false, nil
	}
}

// A fifo is a queue that costs next to nothing.
type fifo struct {
	gateway.Queue
	mu      sync.Mutex
	waiting []*gateway.Delivery
	event   *gateway.Event
}

func (q *fifo) Lease(_ context.Context, _ gateway.Address, _, _ time.Time, n int) (leased []*gateway.Delivery, next time.Time, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = min(n, len(q.waiting))
	leased, q.waiting = q.waiting[:n], q.waiting[n:]
	return leased, next, nil
}

func (q *fifo) Load(_ context.Context, d *gateway.Delivery) error {
	e := q.event
	d.Event = &gateway.Event{ID: e.ID, Method: e.Method, Target: e.Target, Header: e.Header, Body: e.Body}
	return nil
}

func (q *fifo) Finish(context.Context, *gateway.Delivery) (bool, error) { return false, nil }
