package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// How many may read at once, and how many of them for long: one is left for
// those whom a sender waits for.
const (
	readerCount = 4
	longCount   = readerCount - 1
)

// readers are connections that only read.
type readers struct {
	idle chan *engine.Conn
	long chan struct{} // has an element for each who reads for long
}

func openReaders(path string) (*readers, error) {
	r := &readers{make(chan *engine.Conn, readerCount), make(chan struct{}, longCount)}
	for range readerCount {
		c, err := connect(path, readerCache)
		if err != nil {
			return nil, errors.Join(err, r.closeIdle())
		}
		r.idle <- c
	}
	return r, nil
}

func (r *readers) closeIdle() (err error) {
	for len(r.idle) > 0 {
		err = errors.Join(err, (<-r.idle).Close())
	}
	return err
}

// close waits for those who read. It fails with gateway.ErrSlow when somebody
// still does as ctx ends.
func (r *readers) close(ctx context.Context) (err error) {
	for range readerCount {
		c := r.wait(ctx)
		if c == nil {
			return errors.Join(err, fmt.Errorf("%w: it is still being read", gateway.ErrSlow))
		}
		err = errors.Join(err, c.Close())
	}
	return err
}

// wait returns the next connection that is idle; nil if none is as ctx ends.
func (r *readers) wait(ctx context.Context) *engine.Conn {
	select {
	case c := <-r.idle:
		return c
	case <-ctx.Done():
	}
	select {
	case c := <-r.idle: // even if ctx had ended before
		return c
	default:
		return nil
	}
}

// read lends a connection to f, alone.
func (s *Store) read(ctx context.Context, f func(*engine.Conn) error) error {
	if err := s.usable(); err != nil {
		return err
	}
	var c *engine.Conn
	select {
	case c = <-s.readers.idle:
	case <-s.stopped:
		return s.usable()
	case <-ctx.Done():
		return unread(ctx)
	}
	defer func() { s.readers.idle <- c }()
	if s.closed.Load() { // while we waited
		return gateway.ErrClosed
	}
	err := guard(func() error { return f(c) })
	if corrupt(err) {
		return s.fail(err)
	}
	return err
}

// readLong is read for what may take long: it ends with ctx, and when the store
// is closed.
func (s *Store) readLong(ctx context.Context, f func(*engine.Conn) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.reading, func() { cancel(gateway.ErrClosed) })()
	select {
	case s.readers.long <- struct{}{}:
		defer func() { <-s.readers.long }()
	case <-s.stopped:
		return s.usable()
	case <-ctx.Done():
		return unread(ctx)
	}
	return s.read(ctx, func(c *engine.Conn) error {
		c.SetInterrupt(ctx.Done())
		defer c.SetInterrupt(nil)
		err := f(c)
		if ctx.Err() != nil {
			return unread(ctx)
		}
		return err
	})
}

// unread is the error of a read that ended with ctx.
func unread(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, gateway.ErrClosed) {
		return cause
	}
	return fmt.Errorf("%w: %w", gateway.ErrSlow, cause)
}

func (s *Store) usable() error {
	if s.closed.Load() {
		return gateway.ErrClosed
	}
	return s.failure()
}

// Known is gateway.Journal's.
func (s *Store) Known(ctx context.Context, now time.Time, k gateway.Key) (bool, error) {
	known, err := s.claimed(ctx, now, k)
	if known && err == nil && s.keys.ahead() {
		err = s.do(ctx, nothing{}, 0, s.limits.Load().CommitWithin)
	}
	return known, err
}

// nothing is for who waits until what is written is durable.
type nothing struct{}

func (nothing) apply(*writer) error { return nil }

// claimed is Known, but a power cut may still undo the claim.
func (s *Store) claimed(ctx context.Context, now time.Time, k gateway.Key) (known bool, err error) {
	if v, sure, _ := s.keys.recall(half(k[:])); sure {
		return v.until > nanos(now), s.usable()
	}
	err = s.read(ctx, func(c *engine.Conn) error {
		v, err := s.keys.holder(c, k)
		known = v.until > nanos(now)
		return err
	})
	return known, err
}
