package gateway

import (
	"errors"
	"io"
	"math/bits"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	smallest = 4 << 10   // bytes in the smallest pooled buffer
	upfront  = 256 << 10 // bytes granted on the word of Content-Length alone
)

// A Budget bounds the bytes of request bodies that are held at once, by all
// endpoints that share it. The zero Budget grants nothing; a Budget may be
// used concurrently.
type Budget struct {
	most, used atomic.Int64
}

// NewBudget returns a Budget of most bytes.
func NewBudget(most int64) *Budget {
	b := new(Budget)
	b.SetMax(most)
	return b
}

// SetMax changes how many bytes may be held. What is held already stays.
func (b *Budget) SetMax(most int64) { b.most.Store(most) }

// Used is the number of bytes held now.
func (b *Budget) Used() int64 { return b.used.Load() }

func (b *Budget) take(n int64) bool {
	if b.used.Add(n) > b.most.Load() {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *Budget) give(n int64) { b.used.Add(-n) }

// pools holds buffers by size: pools[i] has those of smallest<<i bytes.
var pools [20]sync.Pool

// buffer returns a pooled buffer of at least n bytes.
func buffer(n int64) []byte {
	i := class(n)
	if i >= len(pools) {
		return make([]byte, n)
	}
	if p, ok := pools[i].Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, smallest<<i)
}

func recycle(p []byte) {
	p = p[:cap(p)]
	if i := class(int64(len(p))); i < len(pools) && len(p) == smallest<<i {
		pools[i].Put(&p)
	}
}

func class(n int64) int {
	return bits.Len64(uint64(max(n, 1)-1) / smallest)
}

// A body is a request's body, read once into pooled memory. It is handed to
// the application as the body of its request, as often as there are attempts.
type body struct {
	bytes  []byte
	budget *Budget
	held   int64 // bytes taken from budget
}

// readBody reads the body of r: at most limit bytes, within timeout. Memory is
// taken from the budget as the bytes arrive, so that a stranger who announces
// much and sends nothing holds little. The body must be released.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, timeout time.Duration, budget *Budget) (*body, error) {
	b := &body{budget: budget}
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return b, nil
	}
	watch := watchRead(w, timeout)
	err := b.fill(r, limit)
	watch.stop()
	if err != nil {
		b.release()
		return nil, bodyRefusal(r, err)
	}
	return b, nil
}

// A readWatch ends the reading of a body that takes too long. To set the
// connection's deadline is a matter of microseconds, so it is set only when
// the time has come.
type readWatch struct {
	control *http.ResponseController
	timer   *time.Timer
	mu      sync.Mutex
	over    bool // stopped, or too late to be
}

func watchRead(w http.ResponseWriter, timeout time.Duration) *readWatch {
	watch := &readWatch{control: http.NewResponseController(w)}
	watch.timer = time.AfterFunc(timeout, watch.expire)
	return watch
}

// expire fails the read in progress and those to come. A server that cannot
// set deadlines bounds them by its own.
func (w *readWatch) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		_ = w.control.SetReadDeadline(time.Unix(1, 0)) // any time in the past
	}
}

// stop ends the watch: reads after it are bounded by the server alone, unless
// the time was over before.
func (w *readWatch) stop() {
	if w.timer.Stop() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

var (
	errTooLarge = errors.New("body is larger than max_body")
	errLength   = errors.New("body is longer than its Content-Length")
	errBudget   = errors.New("too many bytes of bodies are being read at once")
)

// fill reads until the end, growing by doubling.
func (b *body) fill(r *http.Request, limit int64) error {
	size := r.ContentLength // negative when chunked
	first := int64(smallest)
	if size > 0 {
		first = min(size, upfront)
	}
	if err := b.grow(first); err != nil {
		return err
	}
	for {
		n, err := r.Body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case int64(len(b.bytes)) > limit:
			return errTooLarge
		case size >= 0 && int64(len(b.bytes)) > size:
			return errLength
		case err == io.EOF && size >= 0 && int64(len(b.bytes)) < size:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case int64(len(b.bytes)) == size: // so the buffer may be just full
			return end(r.Body)
		case len(b.bytes) == cap(b.bytes):
			if err := b.grow(2 * int64(cap(b.bytes))); err != nil {
				return err
			}
		}
	}
}

// end reads the end of a body whose bytes have all been read.
func end(r io.Reader) error {
	n, err := io.ReadFull(r, make([]byte, 1))
	if n > 0 {
		return errLength
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// grow moves what was read into a buffer of at least n bytes.
func (b *body) grow(n int64) error {
	p := buffer(n)
	if !b.budget.take(int64(len(p))) {
		recycle(p)
		return errBudget
	}
	old := b.bytes
	b.bytes = p[:copy(p, old)]
	if old != nil {
		b.budget.give(int64(cap(old)))
		recycle(old)
	}
	b.held = int64(cap(p))
	return nil
}

// release gives the memory back. Nothing may read b's bytes any more: every
// reader that was handed out must be closed.
func (b *body) release() {
	if b.bytes == nil {
		return
	}
	b.budget.give(b.held)
	recycle(b.bytes)
	b.bytes = nil
}

// bodyRefusal refuses a request whose body was not read to its end. Over
// HTTP/1 the connection is of no more use; later versions have no such header.
func bodyRefusal(r *http.Request, err error) *Refusal {
	var tooLarge *http.MaxBytesError
	var closing http.Header
	if r.ProtoMajor == 1 {
		closing = http.Header{"Connection": {"close"}}
	}
	switch {
	case errors.Is(err, errTooLarge), errors.As(err, &tooLarge):
		return &Refusal{Status: http.StatusRequestEntityTooLarge, Reason: ReasonTooLarge, Header: closing, Err: err}
	case errors.Is(err, errBudget):
		return &Refusal{Status: http.StatusServiceUnavailable, Reason: ReasonBusy, Wait: time.Second, Header: closing, Err: err}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Refusal{Status: http.StatusRequestTimeout, Reason: ReasonBodyTimeout, Header: closing, Err: err}
	default:
		return &Refusal{Status: http.StatusBadRequest, Reason: ReasonBodyBroken, Header: closing, Err: err}
	}
}

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
