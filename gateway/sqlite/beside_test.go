package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// openStill opens a new store whose clock stands still, with events a and b.
func openStill(t *testing.T) *Store {
	t.Helper()
	o := testOptions(t)
	o.Now = func() time.Time { return storetest.Epoch }
	s := openAt(t, filepath.Join(t.TempDir(), "hooks.db"), o)
	mustAppend(t, s, storetest.Entry("a", to))
	mustAppend(t, s, storetest.Entry("b", to))
	return s
}

// TestAppendBesideSearches: as many as may search are in the middle of it, and
// nobody who takes in or delivers waits for them. They see what there was.
func TestAppendBesideSearches(t *testing.T) {
	s := openStill(t)
	begun, release, found := make(chan struct{}), make(chan struct{}), make(chan int)
	for range longCount {
		go func() {
			n := 0
			err := s.readLong(context.Background(), func(c *engine.Conn) error {
				_, err := s.look(c, gateway.Filter{Search: "name"}, func(int64) (bool, error) {
					if n++; n == 1 {
						begun <- struct{}{}
						<-release
					}
					return true, nil
				})
				return err
			})
			if err != nil {
				t.Errorf("the search: %v", err)
			}
			found <- n
		}()
		<-begun
	}
	mustAppend(t, s, storetest.Entry("c", to))
	deliverOne(t, s)
	if d, err := s.Show(t.Context(), 3); err != nil || d.Event.ID != "c" {
		t.Errorf("Show = %v, %v; want the event", d, err)
	}
	close(release)
	for range longCount {
		if n := <-found; n != 2 {
			t.Errorf("a search found %d deliveries, want the two of its beginning", n)
		}
	}
}

// TestReadsBesideWriter: the writer is in the middle of a transaction, and
// nobody who reads waits for it, nor sees anything of it.
func TestReadsBesideWriter(t *testing.T) {
	s := openStill(t)
	first, done := occupy(s)
	second := hold{make(chan struct{}), make(chan struct{})}
	written := &call{operation: &appending{record: newRecord(storetest.Entry("c", to))}, done: make(chan error, 1)}
	for _, c := range []*call{written, {operation: second, done: make(chan error, 1)}} { // one group
		must(t, s.queue.push(c))
	}
	close(first.release)
	must(t, <-done)
	<-second.begun

	if list := everything(t, s); len(list) != 2 {
		t.Errorf("%d deliveries are listed, want 2", len(list))
	}
	if n, err := s.Count(t.Context(), gateway.Filter{Search: "name"}); n != 2 || err != nil {
		t.Errorf("Count = %d, %v; want 2", n, err)
	}
	if d, err := s.Show(t.Context(), 1); err != nil || d.Event.ID != "a" {
		t.Errorf("Show = %v, %v; want the event", d, err)
	}
	if known, err := s.Known(t.Context(), storetest.Epoch, gateway.NewKey("a")); !known || err != nil {
		t.Errorf("Known = %v, %v; want true", known, err)
	}
	expectEvents(t, s, 2)
	path := filepath.Join(t.TempDir(), "copy.db")
	must(t, s.Backup(t.Context(), path))
	expectEvents(t, openAt(t, path, testOptions(t)), 2)

	close(second.release)
	must(t, <-written.done)
	expectEvents(t, s, 3)
}
