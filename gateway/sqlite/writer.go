package sqlite

import (
	"errors"
	"fmt"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/internal/failpoint"
)

// An operation is one caller's part of a transaction.
type operation interface {
	// apply does it. What comes of it stays in the operation, for its caller.
	// An error is the engine's: nothing of the transaction is kept, and it may
	// be applied again in another.
	apply(w *writer) error
}

// A writer is all that writes to the file: one goroutine, which does what is
// waiting in one transaction, while the group before becomes durable and the
// next one gathers.
type writer struct {
	store *Store
	conn  *engine.Conn
	ledger
	before totals // as committed
	keys   *keyring
	limits *Limits // for the group at hand
	low    bool    // the disk has less than the reserve
	full   bool    // and so has the file

	replayed bool // something was, in the group at hand

	changes int64 // rows changed since the file was opened
	written int64 // bytes, about, since the log was copied
	copying bool
}

// run writes until the queue is shut.
func (w *writer) run() {
	defer close(w.store.syncer.groups)
	for {
		g := w.store.queue.take()
		if g.len() == 0 {
			return
		}
		w.write(g)
	}
}

// write does a group, and passes it on to become durable.
func (w *writer) write(g group) {
	s := w.store
	g.start = s.now()
	w.limits = s.limits.Load()
	g.err = w.look(g.start)
	if w.full {
		g.keepKeys()
	}
	if g.err == nil {
		g.changed, g.err = w.attempt(&g)
	}
	g.claims = w.keys.last
	s.syncer.groups <- g
	w.checkpoint(g.size)
}

// look sees what room there is, and whether the store is in order.
func (w *writer) look(now time.Time) error {
	s := w.store
	w.low = s.space.low(now, w.limits.Reserve)
	if w.low {
		pages, err := number(w.conn, `PRAGMA freelist_count`)
		if err != nil {
			return s.fail(err)
		}
		s.space.inside.Store(pages * pageSize)
	}
	w.full = w.low && s.space.full(now, w.limits.Reserve)
	return s.failure()
}

// attempt does a group, and reports whether that changed anything. When the
// disk is full it does what is left of it without what needs space.
func (w *writer) attempt(g *group) (changed bool, err error) {
	before := w.changes
	err = guard(func() error { return w.transact(*g) })
	if diskFull(err) && w.store.failure() == nil {
		w.low, w.full = true, true
		g.keepKeys() // which counts what is lost
		rest := *g
		rest.notes = nil
		err = guard(func() error { return w.transact(rest) })
	}
	switch {
	case err == nil:
		return w.changes != before, nil
	case diskFull(err) && w.store.failure() == nil:
		return false, fmt.Errorf("%w: %w", gateway.ErrFull, err)
	default:
		return false, w.store.fail(err)
	}
}

func diskFull(err error) bool { return engine.ErrCode(err).ToPrimary() == engine.ResultFull }

// transact does a group in one transaction, or nothing of it.
func (w *writer) transact(g group) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, w.rollback())
		}
	}()
	if err := prepare(w.conn, `BEGIN IMMEDIATE`).run(); err != nil {
		return err
	}
	if err := w.apply(g); err != nil {
		return err
	}
	if err := errors.Join(w.keys.save(w.conn), w.ledger.save(w.conn, w.before)); err != nil {
		return err
	}
	if w.changes, err = number(w.conn, `SELECT total_changes()`); err != nil {
		return err
	}
	failpoint.Hit("store.commit.before")
	if err := prepare(w.conn, `COMMIT`).run(); err != nil {
		return err
	}
	failpoint.Hit("store.commit.after")
	w.keys.fold()
	w.before = w.totals
	w.store.counts.publish(&w.ledger)
	if w.replayed {
		w.store.counts.unlearn()
		w.replayed = false
	}
	return nil
}

// apply does what was noted first.
func (w *writer) apply(g group) error {
	for _, r := range g.notes {
		known, err := w.known(r)
		if err == nil && !known {
			err = w.take(r)
		}
		if err != nil {
			return err
		}
	}
	for i, c := range g.calls {
		if err := c.apply(w); err != nil {
			return err
		}
		if i == 0 {
			failpoint.Hit("store.append.inside")
		}
	}
	return nil
}

// rollback undoes the transaction, also in memory.
func (w *writer) rollback() error {
	w.keys.drop()
	if !w.conn.AutocommitEnabled() { // it may have been undone already
		if err := prepare(w.conn, `ROLLBACK`).run(); err != nil {
			return err
		}
	}
	ledger, err := loadLedger(w.conn)
	if err != nil {
		return w.store.fail(err)
	}
	w.ledger, w.replayed = ledger, false
	return nil
}

// guard makes an error of a panic: over a damaged file the engine may.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %v", ErrCorrupt, p)
		}
	}()
	return f()
}
