// Package sqlite keeps events in one file of SQLite's: durable when a call
// returns, because the write-ahead log is synced after each commit, and quick,
// because one goroutine writes what many callers wait for in one commit, and
// another syncs it meanwhile.
//
// Bodies and headers are in the file as they came, secrets included: only its
// owner may read it.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A Store is a gateway.Store in a file. One process at a time may have it open.
type Store struct {
	path    string
	options Options
	limits  atomic.Pointer[Limits]
	lock    *flock.Flock
	file    *os.File // to sync it; closed after the connections, or it takes their locks away
	queue   *queue
	writer  *writer
	syncer  *syncer
	keys    *keyring
	readers *readers
	counts  counts
	space   space
	latest  int64 // when the newest event was received, as the store was opened
	backlog *checkpointer
	stopped chan struct{} // closed when the writer and the syncer have returned

	reading context.Context    // of those who read for long; ends when the store is closed
	endLong context.CancelFunc // ends reading

	failOnce sync.Once
	failed   atomic.Pointer[error]
	closing  sync.Once
	closed   atomic.Bool
}

// now is the clock's time, for durations and the age of a measurement.
func (s *Store) now() time.Time { return s.options.Now() }

// do has the writer do op, and waits until that is durable, for as long as
// patience if it is not zero. When it does not wait to the end it fails with
// gateway.ErrSlow, and op may be in use still.
func (s *Store) do(ctx context.Context, op operation, size int64, patience time.Duration) error {
	c := &call{operation: op, size: size, done: make(chan error, 1)}
	if err := s.queue.push(c); err != nil {
		return err
	}
	var late <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case err := <-c.done:
		return err
	case <-late:
		s.queue.withdraw(c)
		return c.leave(fmt.Errorf("%w: no commit in %v", gateway.ErrSlow, patience))
	case <-ctx.Done():
		return s.leave(ctx, c)
	}
}

// leave gives up c, unless it is being written: then it is soon done.
func (s *Store) leave(ctx context.Context, c *call) error {
	slow := fmt.Errorf("%w: %w", gateway.ErrSlow, context.Cause(ctx))
	if s.queue.withdraw(c) {
		return slow
	}
	timer := time.NewTimer(s.limits.Load().CommitWithin)
	defer timer.Stop()
	select {
	case err := <-c.done:
		return err
	case <-timer.C:
		return c.leave(slow)
	}
}

// fail ends all work for good, and returns the error that everybody gets.
func (s *Store) fail(cause error) error {
	s.failOnce.Do(func() {
		err := fmt.Errorf("%w: %s: %w", gateway.ErrFailed, s.path, cause)
		s.failed.Store(&err)
		s.options.Log.Error("the webhook store has failed: restart to try it again", "path", s.path, "error", cause)
		s.queue.close(err)
		if corrupt(cause) {
			s.accuse()
		}
		if s.options.Failed != nil {
			s.options.Failed(err)
		}
	})
	return *s.failed.Load()
}

// failure is the error that everybody gets, if the store has failed.
func (s *Store) failure() error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// closePatience is how long Close waits for calls in progress.
const closePatience = 5 * time.Second

// Close breaks off what reads for long, as a list or a Backup does, waits for
// other calls in progress, up to five seconds, and closes the file. It stays
// open, and locked, if one has not ended by then. Later calls fail with
// gateway.ErrClosed; so does closing again.
func (s *Store) Close() error {
	err := gateway.ErrClosed
	s.closing.Do(func() { err = s.close() })
	return err
}

func (s *Store) close() error {
	s.closed.Store(true)
	s.endLong()
	s.queue.close(gateway.ErrClosed)
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	select {
	case <-s.stopped:
	case <-ctx.Done():
		return fmt.Errorf("%s: %w: it still writes, and stays open", s.path, gateway.ErrSlow)
	}
	err := errors.Join(s.backlog.close(), s.readers.close(ctx))
	if errors.Is(err, gateway.ErrSlow) { // to close the file would take the readers' locks away
		return fmt.Errorf("%s: %w, and stays open", s.path, err)
	}
	if s.failure() == nil {
		err = errors.Join(err, truncate(s.writer.conn))
	}
	return errors.Join(err, s.syncer.log.Close(), s.writer.conn.Close(), s.file.Close(), s.lock.Close())
}
