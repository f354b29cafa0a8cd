package delivery

import (
	"slices"
	"sync"
	"time"
)

// never is later than every instant that matters.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// jump is how far the wall clock must be off what has passed since it was last
// looked at to have been put back or forward.
const jump = 5 * time.Second

// A clock notices when the wall clock is put back or forward.
type clock struct {
	start time.Time // of the monotonic clock

	mu     sync.Mutex
	wall   time.Time
	passed time.Duration // since start
	leaps  []leap
}

// A leap is a jump of the wall clock.
type leap struct {
	last  time.Time // by the clock as it was then; it was not later
	first time.Time // by the new one; it was not earlier
	by    time.Duration
}

// mostLeaps are remembered.
const mostLeaps = 64

func newClock(wall time.Time) clock {
	return clock{start: time.Now(), wall: wall.Round(0)} //nolint:forbidigo // only what passes after it is of interest
}

// look returns by how much the wall clock jumped since the last look; 0 if it
// did not.
func (c *clock) look(wall time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	passed := time.Since(c.start) //nolint:forbidigo // the monotonic clock, which nobody puts back
	meanwhile := passed - c.passed
	last := c.wall.Add(meanwhile)
	c.wall, c.passed = wall.Round(0), passed
	off := c.wall.Sub(last)
	if off.Abs() <= jump {
		return 0
	}
	c.leaps = append(c.leaps, leap{last, c.wall.Add(-meanwhile), off})
	c.leaps = c.leaps[max(0, len(c.leaps)-mostLeaps):]
	return off
}

// since is how much time has passed from then to now, leaps aside. What could
// have been by the clock before a leap and by that after it was after it.
func (c *clock) since(then, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	then, now = then.Round(0), now.Round(0)
	age, end := now.Sub(then), now.Add(time.Minute) // so far small corrections may add up
	for _, l := range slices.Backward(c.leaps) {
		if !then.Before(l.first) && !then.After(end) {
			break
		}
		age -= l.by
		end = l.last
	}
	return age
}
