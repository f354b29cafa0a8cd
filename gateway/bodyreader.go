package gateway

import (
	"io"
	"net/http"
	"sync"
)

// A bodyReader reads a body for one attempt. A transport may go on reading in
// the background after the attempt has ended; Close waits for a Read in
// progress and fails those to come, so that the memory can be used again.
type bodyReader struct {
	mu     sync.Mutex
	rest   []byte
	closed bool
}

// Read copies; it never lends the memory itself.
func (r *bodyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) == 0 {
		return n, io.EOF // at once, which saves the reader a turn
	}
	return n, nil
}

// Close ends reading. It may be called more than once.
func (r *bodyReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.rest = true, nil
	return nil
}
