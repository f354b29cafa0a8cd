package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// A hold keeps the writer busy until it is released.
type hold struct{ begun, release chan struct{} }

func (h hold) apply(*writer) error {
	close(h.begun)
	<-h.release
	return nil
}

// occupy has the writer begin a hold, whose end is sent to done.
func occupy(s *Store) (h hold, done chan error) {
	h, done = hold{make(chan struct{}), make(chan struct{})}, make(chan error, 1)
	go func() { done <- s.do(context.Background(), h, 0, 0) }()
	<-h.begun
	return h, done
}

func TestSlow(t *testing.T) {
	s := openNew(t)
	h, done := occupy(s)
	s.Configure(Limits{RetainFor: storetest.Retention, CommitWithin: time.Millisecond})
	if _, err := s.Append(t.Context(), storetest.Entry("late", to)); !errors.Is(err, gateway.ErrSlow) {
		t.Errorf("Append = %v, want %v", err, gateway.ErrSlow)
	}
	s.Configure(Limits{RetainFor: storetest.Retention, CommitWithin: time.Minute})
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the caller has gone")
	cancel(gone)
	if _, err := s.Append(ctx, storetest.Entry("gone", to)); !errors.Is(err, gateway.ErrSlow) || !errors.Is(err, gone) {
		t.Errorf("Append = %v, want %v and %v", err, gateway.ErrSlow, gone)
	}
	close(h.release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	mustAppend(t, s, storetest.Entry("late", to)) // both were taken out
	expectEvents(t, s, 1)
}

// TestDisown has a caller leave while his event, leased to him, is written. If
// he wants to know of it he keeps the lease.
func TestDisown(t *testing.T) {
	for name, keeps := range map[string]bool{"given back": false, "kept": true} {
		t.Run(name, func(t *testing.T) {
			s := openNew(t)
			first, done := occupy(s)
			second := hold{make(chan struct{}), make(chan struct{})}
			e := storetest.Entry("left", to)
			e.Deliveries[0].State, e.Deliveries[0].Attempt, e.Deliveries[0].Due = gateway.Delivering, 1, storetest.Epoch.Add(time.Hour)
			a, told := &appending{record: newRecord(e)}, make(chan int64, 1)
			if keeps {
				a.late = func(id int64) { told <- id }
			}
			c := &call{operation: a, done: make(chan error, 1)}
			for _, next := range []*call{{operation: second, done: make(chan error, 1)}, c} {
				must(t, s.queue.push(next))
			}
			close(first.release)
			must(t, <-done)
			<-second.begun
			if err := c.leave(gateway.ErrSlow); !errors.Is(err, gateway.ErrSlow) {
				t.Errorf("leave = %v", err)
			}
			close(second.release)
			must(t, <-c.done)
			mustAppend(t, s, storetest.Entry("other", to)) // in a group after
			leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch.Add(time.Minute), 5)
			must(t, err)
			if keeps {
				d := &gateway.Delivery{ID: <-told, Attempt: 1, State: gateway.Delivered}
				if _, err := s.Finish(t.Context(), d); err != nil || len(leased) != 1 {
					t.Errorf("%d are given out, and Finish = %v; want the other one, and no error", len(leased), err)
				}
			} else if len(leased) != 2 || leased[0].Attempt != 2 || leased[0].Spent != 0 {
				t.Errorf("Lease = %+v", leased)
			}
		})
	}
}

func TestCloseWaits(t *testing.T) {
	path := closed(t)
	s := openAt(t, path, testOptions(t))
	h, done := occupy(s)
	appended := make(chan error, 1)
	s.Note(storetest.Entry("noted", to))
	c := &call{operation: &appending{record: newRecord(storetest.Entry("waiting", to))}, done: appended}
	if err := s.queue.push(c); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Close() }()
	for {
		if _, err := s.Known(t.Context(), storetest.Epoch, gateway.NewKey("a")); errors.Is(err, gateway.ErrClosed) {
			break // Close has begun
		}
		select {
		case err := <-ended:
			t.Fatalf("Close = %v, before the calls in progress ended", err)
		default:
		}
	}
	close(h.release)
	for name, ch := range map[string]chan error{"the call in progress": done, "the one waiting": appended, "Close": ended} {
		if err := <-ch; err != nil {
			t.Errorf("%s = %v", name, err)
		}
	}
	if err := s.Close(); !errors.Is(err, gateway.ErrClosed) {
		t.Errorf("the second Close = %v, want %v", err, gateway.ErrClosed)
	}
	expectEvents(t, openAt(t, path, testOptions(t)), 3)
}

// Who reads for long does not keep the store from being closed.
func TestCloseBreaksOffLongReads(t *testing.T) {
	const endless = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`
	path := filepath.Join(t.TempDir(), "hooks.db")
	s := openAt(t, path, testOptions(t))
	mustAppend(t, s, storetest.Entry("a", to))
	ctx, cancel := context.WithCancel(t.Context())
	begun, ended := make(chan struct{}), make(chan error)
	for range longCount {
		go func() {
			ended <- s.readLong(ctx, func(c *engine.Conn) error {
				begun <- struct{}{}
				return prepare(c, endless).run()
			})
		}()
		<-begun
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	cancel()
	for range longCount {
		if err := <-ended; !errors.Is(err, gateway.ErrClosed) || errors.Is(err, gateway.ErrSlow) {
			t.Errorf("the read = %v, want %v", err, gateway.ErrClosed)
		}
	}
	if log, err := os.Stat(path + "-wal"); err == nil {
		t.Errorf("a log of %d bytes is left", log.Size())
	}
	expectEvents(t, openAt(t, path, testOptions(t)), 1)
}

// One who reads and cannot be broken off keeps the file, and its locks.
func TestCloseWhileRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "hooks.db")
		s := openAt(t, path, testOptions(t))
		mustAppend(t, s, storetest.Entry("a", to))
		begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			ended <- s.read(context.Background(), func(c *engine.Conn) error {
				return prepare(c, `SELECT id FROM deliveries`).each(func(*engine.Stmt) {
					close(begun)
					<-release
				})
			})
		}()
		<-begun
		mustAppend(t, s, storetest.Entry("b", to)) // which the log cannot be emptied of
		start := time.Now()
		if err := s.Close(); !errors.Is(err, gateway.ErrSlow) {
			t.Errorf("Close = %v, want %v", err, gateway.ErrSlow)
		}
		if took := time.Since(start); took != closePatience {
			t.Errorf("Close took %v, want %v", took, closePatience)
		}
		if _, err := Open(path, testOptions(t)); !errors.Is(err, ErrLocked) {
			t.Errorf("Open = %v, want %v", err, ErrLocked)
		}
		close(release)
		must(t, <-ended)
		must(t, errors.Join(s.readers.closeIdle(), s.syncer.log.Close(), s.writer.conn.Close(), s.file.Close(), s.lock.Close()))
		expectEvents(t, openAt(t, path, testOptions(t)), 2)
	})
}
