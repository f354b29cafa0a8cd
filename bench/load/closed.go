package load

import (
	"context"
	"time"
)

// closedLoop sends the next request as soon as the last is answered.
func (r *run) closedLoop(ctx context.Context, _ int, c *client) (took []time.Duration, end time.Time, err error) {
	took = make([]time.Duration, 0, c.b.len()/len(r.clients)*2)
	for ctx.Err() == nil {
		i := int(r.next.Add(1)) - 1
		if i >= c.b.len() || !r.window.wait(i) {
			break
		}
		start := time.Now()
		if !start.Before(r.to) {
			break
		}
		if err := c.send(i); err != nil {
			return took, end, err
		}
		r.answered.Add(1)
		end = time.Now()
		if !start.Before(r.from) {
			took = append(took, end.Sub(start))
		}
	}
	return took, end, nil
}
