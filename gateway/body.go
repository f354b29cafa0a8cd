package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// A body is a request's body, read once into pooled memory. It is handed to
// the application as the body of its request, as often as there are attempts.
type body struct {
	bytes []byte
	share share
	held  int64 // bytes taken from share
}

// readBody reads the body of r: at most limit bytes, within timeout. Memory is
// taken from the sender's share as the bytes arrive, so that a stranger who
// announces much and sends nothing holds the smallest buffer. The body must be
// released.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, timeout time.Duration, s share) (*body, error) {
	b := &body{share: s}
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

var (
	errTooLarge = errors.New("body is larger than max_body")
	errLength   = errors.New("body is longer than its Content-Length")
)

// fill reads until the end, growing by doubling what is full. It grants nothing
// on the word of Content-Length, which costs a stranger nothing to write.
func (b *body) fill(r *http.Request, limit int64) error {
	size := r.ContentLength // negative when chunked
	if err := b.grow(smallest); err != nil {
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
			return end(r.Body, errLength)
		case int64(len(b.bytes)) == limit: // what is larger by one byte must not cost twice the memory
			return end(r.Body, errTooLarge)
		case len(b.bytes) == cap(b.bytes):
			if err := b.grow(2 * int64(cap(b.bytes))); err != nil {
				return err
			}
		}
	}
}

// end reads the end of a body whose bytes have all been read; more is what is
// wrong if there are others.
func end(r io.Reader, more error) error {
	n, err := io.ReadFull(r, make([]byte, 1))
	if n > 0 {
		return more
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// grow moves what was read into a buffer of at least n bytes. The share gives
// the difference: with the old buffer on top, which is held for as long as a
// copy takes, a body that just fits into it could never be read.
func (b *body) grow(n int64) error {
	p := buffer(n)
	more := int64(len(p)) - b.held
	if err := b.share.take(more, b.held); err != nil {
		recycle(p)
		return err
	}
	b.held += more
	old := b.bytes
	b.bytes = p[:copy(p, old)]
	if old != nil {
		recycle(old)
	}
	return nil
}

// verified no longer counts the memory as that of an unverified body.
func (b *body) verified() {
	b.share.verified(b.held)
	b.share.unverified = nil
}

// release gives the memory back. Nothing may read b's bytes any more: every
// reader that was handed out must be closed.
func (b *body) release() {
	if b.bytes == nil {
		return
	}
	b.share.give(b.held)
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
