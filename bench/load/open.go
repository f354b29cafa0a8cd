package load

import (
	"context"
	"time"
)

// openLoop sends by a timetable that the answers cannot change: request k is
// due k/rps into the run, on connection k modulo their number. Latency counts
// from when a request was due, so a target that stalls pays for every request
// it kept waiting, not only for the one it was holding.
func (r *run) openLoop(ctx context.Context, n int, c *client) (took []time.Duration, end time.Time, err error) {
	for k := n; k < c.b.len() && ctx.Err() == nil; k += len(r.clients) {
		due := r.start.Add(time.Duration(k) * time.Second / time.Duration(r.rps))
		if !due.Before(r.to) {
			break
		}
		r.sleep(due)
		if err := c.send(k); err != nil {
			return took, end, err
		}
		end = time.Now()
		if r.arrivals != nil {
			r.arrivals.note(r.arrivals.answered, k, end)
		}
		if !due.Before(r.from) {
			took = append(took, end.Sub(due))
		}
	}
	return took, end, nil
}
