package sqlite

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// TestSpaceIsReused takes in, delivers and forgets as much again and again:
// neither the file nor its log grows.
func TestSpaceIsReused(t *testing.T) {
	s := openStill(t)
	var file, log int64
	for round := range 6 {
		useSpace(t, s, round)
		size, logged := spaceUsed(t, s)
		t.Logf("round %d: %d pages, a log of %d bytes", round, size, logged)
		if round == 1 {
			file, log = size, logged
		}
		if round > 1 && (size > file+file/10 || logged > log+log/2) {
			t.Errorf("round %d: %d pages, a log of %d bytes; were %d and %d", round, size, logged, file, log)
		}
	}
}

// useSpace takes in some megabytes, in events of many sizes, and delivers and
// sweeps them all.
func useSpace(t *testing.T, s *Store, round int) {
	t.Helper()
	const events = 150
	concurrently(events, func(i int) {
		e := storetest.Entry(fmt.Sprint(round, " ", i), to)
		e.Event.Body = make([]byte, 200<<(i%9))
		if _, err := s.Append(t.Context(), e); err != nil {
			t.Errorf("Append = %v", err)
		}
	})
	leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch.Add(time.Hour), 2*events)
	must(t, err)
	concurrently(len(leased), func(i int) {
		leased[i].State = gateway.Delivered
		if _, err := s.Finish(t.Context(), leased[i]); err != nil {
			t.Errorf("Finish = %v", err)
		}
	})
	for more := true; more; {
		more, err = s.Sweep(t.Context(), storetest.Epoch.Add(2*storetest.Retention))
		must(t, err)
	}
	expectEvents(t, s, 0)
}

func concurrently(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// spaceUsed has the log copied, and returns how large the file is, in pages,
// and the log, in bytes.
func spaceUsed(t *testing.T, s *Store) (pages, log int64) {
	t.Helper()
	must(t, s.do(t.Context(), copyLog{}, 0, 0))
	for copying := true; copying; {
		must(t, s.do(t.Context(), peek(func(w *writer) { copying = w.copying }), 0, 0))
	}
	must(t, s.read(t.Context(), func(c *engine.Conn) (err error) {
		pages, err = number(c, `PRAGMA page_count`)
		return err
	}))
	info, err := os.Stat(s.path + "-wal")
	must(t, err)
	return pages, info.Size()
}

// copyLog has the log copied into the file after its group, as if it were long.
type copyLog struct{}

func (copyLog) apply(w *writer) error {
	w.written = logStart
	return nil
}

// A peek is at the writer, by itself.
type peek func(w *writer)

func (p peek) apply(w *writer) error {
	p(w)
	return nil
}
