package delivery

import "sync/atomic"

// maxIdle is how many goroutines are kept for the next attempt.
const maxIdle = 64

// A crew runs functions, each in a goroutine. Some of those are kept when they
// are done: their stacks have grown to what an attempt takes, which costs a
// new one a good part of a short attempt's time.
type crew struct {
	next chan func()
	idle atomic.Int32
	quit <-chan struct{} // the idle ones end
}

// start runs f; spawn makes a goroutine.
func (c *crew) start(f func(), spawn func(func())) {
	select {
	case c.next <- f: // somebody is idle
	default:
		spawn(func() { c.work(f) })
	}
}

func (c *crew) work(f func()) {
	for f != nil {
		f()
		f = c.rest()
	}
}

// rest waits for something to run; nil if that is not worth it.
func (c *crew) rest() (f func()) {
	defer c.idle.Add(-1)
	if c.idle.Add(1) > maxIdle {
		return nil
	}
	select {
	case f = <-c.next:
	case <-c.quit:
	}
	return f
}
