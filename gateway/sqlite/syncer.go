package sqlite

import (
	"errors"
	"os"
	"path/filepath"
)

// A syncer makes groups durable and lets their callers go, while the writer is
// at the next group: neither the processors nor the disk wait for the other.
// SQLite itself syncs the log before it copies it, and when it begins it anew.
type syncer struct {
	store  *Store
	log    *os.File
	groups chan group
}

// openSyncer is for a file that is open: before that it has no log. What an
// earlier process wrote, and did not come to sync, is durable after it.
func openSyncer(s *Store) (*syncer, error) {
	dir, err := os.Open(filepath.Dir(s.path))
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(s.path+"-wal", os.O_RDWR, 0)
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	if err := errors.Join(log.Sync(), dir.Sync(), dir.Close()); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &syncer{store: s, log: log, groups: make(chan group)}, nil
}

// run syncs groups until there will be no more.
func (y *syncer) run() {
	defer close(y.store.stopped)
	var broken error // what is not durable once, will not be by another try
	for g := range y.groups {
		if broken == nil && g.changed {
			if err := datasync(y.log); err != nil {
				broken = y.store.fail(err)
			}
		}
		if g.err == nil {
			g.err = broken
		}
		y.end(g)
	}
}

// end tells what became of the group.
func (y *syncer) end(g group) {
	s := y.store
	if g.err == nil {
		s.keys.durable(g.claims)
	}
	if s.options.Observe != nil {
		s.options.Observe(Commit{Size: g.len(), Duration: s.now().Sub(g.start), Dropped: g.dropped, Err: g.err})
	}
	for _, c := range g.calls {
		if !c.end(g.err) && g.err == nil {
			s.disown(c.operation)
		}
	}
	for _, r := range g.notes {
		r.recycle()
	}
}
