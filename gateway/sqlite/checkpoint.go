package sqlite

import (
	engine "zombiezen.com/go/sqlite"
)

// The log grows until what it says has been copied into the file and nobody
// reads the log any more. The bulk is copied beside the writer, on a connection
// of its own; the little that has been written meanwhile by the writer itself,
// between two groups, so that it can begin the log anew.
const (
	logStart   = 16 << 20 // bytes written, after which copying begins
	logLimit   = 64 << 20 // bytes, to which the log is cut when it begins anew
	logRest    = 256      // pages that are little: the writer may copy the rest
	groupPages = 8        // that a group changes, however small it is
	logPasses  = 8        // after so many the writer copies all the rest
)

// A checkpointer copies the log into the file.
type checkpointer struct {
	store   *Store
	conn    *engine.Conn
	wake    chan struct{}
	rest    chan struct{} // to the writer: there is little left
	stopped chan struct{}
}

func openCheckpointer(s *Store) (*checkpointer, error) {
	c, err := connect(s.path, readerCache)
	if err != nil {
		return nil, err
	}
	p := &checkpointer{store: s, conn: c, wake: make(chan struct{}, 1), rest: make(chan struct{}, 1), stopped: make(chan struct{})}
	go p.run()
	return p, nil
}

func (p *checkpointer) run() {
	defer close(p.stopped)
	for range p.wake {
		if err := p.bulk(); err != nil && !diskFull(err) { // a full disk puts it off until more has been written
			_ = p.store.fail(err)
			return
		}
		p.rest <- struct{}{}
	}
}

// bulk copies the log, and again what was written meanwhile, until that is
// little. SQLite syncs the file only with the last page, which is the writer's:
// it would wait for all of them.
func (p *checkpointer) bulk() error {
	var copied int64
	for range logPasses {
		before := copied
		var err error
		if copied, err = passive(p.conn); err != nil {
			return err
		}
		if err := datasync(p.store.file); err != nil {
			return err
		}
		if copied-before < logRest {
			break
		}
	}
	return nil
}

func (p *checkpointer) close() error {
	close(p.wake)
	<-p.stopped
	return p.conn.Close()
}

// passive copies what can be copied without stopping anybody, and returns how
// many pages of the log are copied.
func passive(c *engine.Conn) (copied int64, err error) {
	err = guard(func() error {
		_, err := prepare(c, `PRAGMA wal_checkpoint(PASSIVE)`).one(func(s *engine.Stmt) { copied = s.ColumnInt64(2) })
		return err
	})
	return copied, err
}

// truncate copies everything and empties the log.
func truncate(c *engine.Conn) error {
	_, err := prepare(c, `PRAGMA wal_checkpoint(TRUNCATE)`).one(func(*engine.Stmt) {})
	return err
}

// checkpoint sees to the log after a group.
func (w *writer) checkpoint(size int64) {
	w.written += size + groupPages*pageSize
	select {
	case <-w.store.backlog.rest:
		w.copying, w.written = false, 0
		if _, err := passive(w.conn); err != nil && !diskFull(err) {
			_ = w.store.fail(err)
		}
		return
	default:
	}
	start := int64(logStart)
	if w.low { // the log must not take what is left: results have to fit
		start /= 64
	}
	if w.written > start && !w.copying {
		w.copying = true
		w.store.backlog.wake <- struct{}{}
	}
}
