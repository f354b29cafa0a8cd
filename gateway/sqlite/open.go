package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

var _ gateway.Store = (*Store)(nil)

// Open opens the store at path, and makes it when there is none. The leases of
// the process that had it open before are given back.
//
// It fails with gateway.ErrFull when the disk has no room for that: nothing is
// wrong with the file, and it can be opened once there is. Other errors are
// ErrLocked, ErrNewer, ErrForeign, ErrCorrupt and those of the disk.
func Open(path string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	lock, err := claim(path)
	if err != nil {
		return nil, fullOr(path, err)
	}
	s := &Store{path: path, options: o, lock: lock}
	err = s.open()
	if corrupt(err) { // or it could not be read, and may be sound
		if err = legible(path); err == nil {
			err = s.open()
		}
	}
	if err != nil && corrupt(err) && o.Quarantine {
		o.Log.Error("the webhook store is corrupt: it is put aside, and a new one begun", "path", path, "error", err)
		if err = s.putAside(); err == nil {
			err = s.open()
		}
	}
	if err != nil {
		return nil, errors.Join(explained(path, err), lock.Close())
	}
	return s, nil
}

// claim makes the folder of the store at path, and takes the store's lock.
func claim(path string) (*flock.Flock, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := local(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lock(path)
}

// explained is err, of opening the file at path, with what it comes of.
func explained(path string, err error) error {
	if full := fullOr(path, err); errors.Is(full, gateway.ErrFull) {
		return full
	}
	if corrupt(err) && !errors.Is(err, ErrCorrupt) {
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// damaged is err of a statement of ours. If it cannot be run, then the tables
// are not those that we made.
func damaged(err error) error {
	if engine.ErrCode(err) == engine.ResultError {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// putAside renames the file and what belongs to it.
func (s *Store) putAside() error {
	suffix := fmt.Sprintf(".corrupt-%d", s.now().Unix())
	for _, part := range [...]string{"", "-wal", "-shm"} {
		err := os.Rename(s.path+part, s.path+suffix+part)
		if err != nil && !(part != "" && errors.Is(err, os.ErrNotExist)) {
			return err
		}
	}
	if err := os.Remove(s.mark()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// open opens the file and begins to work.
func (s *Store) open() (err error) {
	s.limits.Store(s.options.Limits.withDefaults())
	s.space = space{dir: filepath.Dir(s.path)}
	s.queue, s.stopped = newQueue(), make(chan struct{})
	s.reading, s.endLong = context.WithCancel(context.Background())
	if err := s.touch(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.file.Close())
		}
	}()
	c, err := connect(s.path, writerCache)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if err := s.examine(c); err != nil {
		return err
	}
	if err := guard(func() error { return migrate(c) }); err != nil {
		return err
	}
	if err := guard(func() error { return s.load(c) }); err != nil {
		return damaged(err)
	}
	if s.readers, err = openReaders(s.path); err != nil {
		return err
	}
	if s.backlog, err = openCheckpointer(s); err != nil {
		return errors.Join(err, s.readers.closeIdle())
	}
	if s.syncer, err = openSyncer(s); err != nil {
		return errors.Join(err, s.backlog.close(), s.readers.closeIdle())
	}
	go s.writer.run()
	go s.syncer.run()
	return nil
}

// load reads what the writer holds in memory.
func (s *Store) load(c *engine.Conn) (err error) {
	if err := giveBack(c, nanos(s.now())); err != nil {
		return err
	}
	_, err = prepare(c, `SELECT received FROM deliveries ORDER BY id DESC LIMIT 1`).one(func(row *engine.Stmt) { s.latest = row.ColumnInt64(0) })
	if err != nil {
		return err
	}
	s.writer = &writer{store: s, conn: c}
	if s.keys, err = loadKeyring(c); err != nil {
		return err
	}
	if s.writer.ledger, err = loadLedger(c); err != nil {
		return err
	}
	s.keys.base = s.latest
	s.writer.keys, s.writer.before = s.keys, s.writer.totals
	s.counts.publish(&s.writer.ledger)
	return nil
}

// touch opens the file, and makes it when there is none, for its owner alone.
// SQLite gives its other files the same mode.
func (s *Store) touch() (err error) {
	if s.file, err = os.OpenFile(s.path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := s.file.Chmod(0o600); err != nil {
		return errors.Join(err, s.file.Close())
	}
	return nil
}

// Sizes, measured: larger pages write more for a single event, smaller ones
// more for many.
const (
	pageSize    = 8 << 10
	writerCache = 10 << 10 // KiB
	readerCache = 2 << 10  // KiB
)

// connect opens the file with what each connection needs.
func connect(path string, cache int) (*engine.Conn, error) {
	c, err := engine.OpenConn(path, engine.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	c.SetBusyTimeout(10 * time.Second)
	for _, pragma := range [...]string{
		fmt.Sprintf("page_size = %d", pageSize), // of a new file
		"journal_mode = WAL",
		"synchronous = NORMAL", // the syncer sees to commits
		"wal_autocheckpoint = 0",
		fmt.Sprintf("journal_size_limit = %d", logLimit),
		"mmap_size = 0",
		"cell_size_check = ON",
		"trusted_schema = OFF",
		fmt.Sprintf("cache_size = -%d", cache),
	} {
		if err := sqlitex.ExecuteTransient(c, "PRAGMA "+pragma, nil); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// giveBack ends all leases.
func giveBack(c *engine.Conn, now int64) (err error) {
	end, err := sqlitex.ImmediateTransaction(c)
	if err != nil {
		return err
	}
	defer end(&err)
	err = prepare(c, `UPDATE deliveries AS d SET state = 0, due = ?, lane = iif(ordering IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries o
		WHERE o.destination = d.destination AND o.ordering = d.ordering AND o.state < 2 AND o.id < d.id), NULL, destination)
		WHERE lane < 0`).int(now).run()
	if err != nil || c.Changes() == 0 {
		return err
	}
	return prepare(c, `UPDATE destinations SET pending = pending + delivering, delivering = 0`).run()
}
