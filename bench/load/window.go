package load

import (
	"context"
	"sync"
	"time"
)

// A window keeps the senders from running away from the application: it lets
// pass a request only when less than size of those before it are still to be
// received. The nil window lets everything pass. A window may be used concurrently.
type window struct {
	size int

	mu       sync.Mutex
	moved    *sync.Cond
	received int
	closed   bool
}

func newWindow(size int) *window {
	w := &window{size: size}
	w.moved = sync.NewCond(&w.mu)
	return w
}

// wait returns when request i may be sent, or that it may not any more.
func (w *window) wait(i int) bool {
	if w == nil {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i >= w.received+w.size && !w.closed {
		w.moved.Wait()
	}
	return !w.closed
}

// follow moves the window by what received says, until ctx ends. Then it is closed.
func (w *window) follow(ctx context.Context, received func() (int, error)) error {
	defer w.close()
	for ctx.Err() == nil {
		n, err := received()
		if err != nil {
			return err
		}
		w.move(n)
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

func (w *window) move(received int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.received = received
	w.moved.Broadcast()
}

func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.moved.Broadcast()
}
