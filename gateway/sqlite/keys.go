package sqlite

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Keys come in no order, so each would change a page of its own in a table of
// many: more work than storing the event. Therefore claims are first only
// written down one after the other, a group's in one row of the table claims,
// and held in memory; when there are many they become a run in the table keys,
// in the order of the keys, a few pages with each group. Runs are merged when
// there are many (this is a log-structured merge-tree).
const (
	freshKeys  = 64 << 10 // so many in memory become a run
	claimPace  = 6        // so many claims of a run are written for each that comes: once for each level
	erasedRows = 16       // of claims, with one group
	clearedRun = 4        // pages of one that does not count any more, with one group
)

// A keyring knows which keys are claimed. Its committed claims may be asked
// for concurrently; the rest belongs to the writer.
type keyring struct {
	mu     sync.RWMutex
	fresh  map[half]holding // committed, and in claims behind border
	moving map[half]holding // committed, and on their way from claims to a run
	runs   []*run           // the newest first; the list is replaced, and not changed
	filter filter           // of all runs, the one on its way too
	last   int64            // the last row in claims

	synced atomic.Int64 // the last row in claims that is durable

	limit  int              // so many fresh ones are moved
	staged map[half]holding // by the group at hand
	now    int64            // about: what expired before may be forgotten
	began  time.Time        // when the first event came, and
	base   int64            // how far the clock of the one before it had come

	border  int64       // moving's last row in claims
	sorted  chan []half // moving's keys, once they are in order
	move    *draft      // of moving
	merge   *draft      // of runs
	nextRun int64       // the id of the next one

	erase   int64   // the rows in claims up to here are in runs; 0: and have been removed
	erased  bool    // the last of them with the group at hand
	garbage []int64 // runs that do not count any more
	cleared bool    // the last page of the first of them went with the group at hand
}

// loadKeyring reads the claims that have not been moved, and which keys were.
func loadKeyring(c *engine.Conn) (*keyring, error) {
	k := &keyring{staged: make(map[half]holding), sorted: make(chan []half, 1), limit: freshKeys}
	var err error
	if k.runs, k.filter, k.garbage, err = loadRuns(c); err != nil {
		return nil, err
	}
	if k.nextRun, err = number(c, `SELECT 1 + max(ifnull((SELECT max(id) FROM runs), 0), ifnull((SELECT max(id) FROM keys) >> 32, 0))`); err != nil {
		return nil, err
	}
	size, err := number(c, `SELECT ifnull(sum(length(list)), 0) FROM claims`)
	if err != nil {
		return nil, err
	}
	k.fresh = make(map[half]holding, size/int64(entrySize))
	var list keyList
	err = prepare(c, `SELECT id, list FROM claims ORDER BY id`).each(func(s *engine.Stmt) {
		k.last = s.ColumnInt64(0)
		list = list.read(s, 1)
		for h, v := range list.all() {
			k.fresh[h] = v
		}
	})
	k.durable(k.last)
	return k, err
}

// durable is told that the rows in claims are, up to the last one.
func (k *keyring) durable(last int64) { k.synced.Store(last) }

// ahead reports whether there are claims that are not durable yet.
func (k *keyring) ahead() bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.last > k.synced.Load()
}

// recall finds a claim in memory. It is sure of it, and of there being none,
// or the runs have to be asked.
func (k *keyring) recall(h half) (v holding, sure bool, runs []*run) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if v, ok := k.fresh[h]; ok {
		return v, true, nil
	}
	if v, ok := k.moving[h]; ok {
		return v, true, nil
	}
	return holding{}, !k.filter.may(h), k.runs
}

// holder finds who has the key, as c sees it, among what is committed.
func (k *keyring) holder(c *engine.Conn, key gateway.Key) (holding, error) {
	h := half(key[:])
	var before []*run
	for {
		v, sure, runs := k.recall(h) // first: what leaves memory is in a run by then
		if sure {
			return v, nil
		}
		v, err := search(c, runs, h)
		if !errors.Is(err, errGone) {
			return v, err
		}
		if slices.Equal(runs, before) { // they have not been merged meanwhile
			return v, errBroken
		}
		before = runs
	}
}

// stagedHolder is holder, for the writer.
func (k *keyring) stagedHolder(c *engine.Conn, key gateway.Key) (holding, error) {
	if v, ok := k.staged[half(key[:])]; ok {
		return v, nil
	}
	return k.holder(c, key)
}

// stage notes a claim; the zero holding releases the key.
func (k *keyring) stage(key gateway.Key, v holding) { k.staged[half(key[:])] = v }

// drop forgets what is staged: it was not committed.
func (k *keyring) drop() { clear(k.staged) }

// save writes down what is staged, and moves some of what was before.
func (k *keyring) save(c *engine.Conn) error {
	if len(k.staged) == 0 {
		return nil
	}
	if err := k.saveRuns(c); err != nil {
		return err
	}
	if err := k.saveRemoval(c); err != nil {
		return err
	}
	var list keyList
	for h, v := range k.staged {
		list = list.append(h, v)
	}
	return prepare(c, `INSERT INTO claims VALUES (?, ?)`).int(k.last + 1).bytes(list).run()
}

// saveRuns goes on with the runs that are being written: faster than claims
// come.
func (k *keyring) saveRuns(c *engine.Conn) error {
	if k.moving != nil && k.move == nil {
		select {
		case keys := <-k.sorted:
			id := k.newRun()
			k.move = &draft{run: run{id: id, age: id}, from: &snapshot{keys, k.moving, k.filter}}
		default:
		}
	}
	for _, d := range [...]*draft{k.move, k.merge} {
		if d == nil {
			continue
		}
		if err := d.save(c, d.pages(claimPace*len(k.staged), min(pageKeys, k.limit))); err != nil {
			return err
		}
	}
	return nil
}

// saveRemoval removes some of what is in a run, the oldest first, so that what a
// crash leaves of it ends as it did; and some of what does not count any more.
func (k *keyring) saveRemoval(c *engine.Conn) error {
	k.erased, k.cleared = false, false
	if k.erase > 0 {
		err := prepare(c, `DELETE FROM claims WHERE id IN (SELECT id FROM claims WHERE id <= ? ORDER BY id LIMIT ?)`).int(k.erase, erasedRows).run()
		if err != nil {
			return err
		}
		k.erased = c.Changes() < erasedRows
	}
	if len(k.garbage) == 0 {
		return nil
	}
	r := run{id: k.garbage[0]}
	err := prepare(c, `DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)`).
		int(r.page(0), (&run{id: r.id + 1}).page(0), clearedRun).run()
	k.cleared = c.Changes() < clearedRun
	return err
}

func (k *keyring) newRun() int64 {
	k.nextRun++
	return k.nextRun - 1
}

// fold makes what is staged known, once it is committed.
func (k *keyring) fold() {
	if len(k.staged) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for h, v := range k.staged {
		k.fresh[h] = v
	}
	clear(k.staged)
	k.last++
	k.foldRemoval()
	k.foldMove()
	k.foldMerge()
	k.plan()
}

func (k *keyring) foldRemoval() {
	if k.erased {
		k.erase = 0
	}
	if k.cleared {
		k.garbage = k.garbage[1:]
	}
}

func (k *keyring) foldMove() {
	d := k.move
	if d == nil {
		return
	}
	for _, list := range d.ready {
		for h := range list.all() {
			k.filter.add(h)
		}
	}
	if d.committed(); d.ended {
		k.runs, k.move, k.moving, k.erase = d.replaceIn(k.runs), nil, nil, k.border
	}
}

func (k *keyring) foldMerge() {
	d := k.merge
	if d == nil {
		return
	}
	if d.committed(); d.ended {
		k.runs, k.merge = d.replaceIn(k.runs), nil
		for _, r := range d.instead {
			k.garbage = append(k.garbage, r.id)
		}
	}
}

// ahead is how far the clock may run ahead of what has passed and be believed.
const ahead = time.Hour

// tell lets time go on to when an event came. A clock that was put far ahead
// is not followed: what it would end could not be known again.
func (k *keyring) tell(received int64, at time.Time) {
	if k.began.IsZero() {
		k.began = at
	}
	if k.base == 0 {
		k.base = received
	}
	k.now = min(received, k.base+int64(at.Sub(k.began)+ahead))
}

// plan begins what is to be done next.
func (k *keyring) plan() {
	if k.moving == nil && len(k.fresh) >= k.limit {
		k.moving, k.fresh, k.border = k.fresh, make(map[half]holding, k.limit), k.last
		go sortKeys(k.moving, k.sorted)
	}
	if k.merge != nil {
		return
	}
	if some := mergeable(k.runs, k.now); some != nil {
		last := some[len(some)-1] == k.runs[len(k.runs)-1]
		k.merge = newMerge(k.newRun(), some, last, k.now)
	}
}

// sorted are the keys in their order.
func sorted(claims map[half]holding) []half {
	return slices.SortedFunc(maps.Keys(claims), half.compare)
}

// sortKeys takes too long for the writer.
func sortKeys(keys map[half]holding, to chan<- []half) {
	to <- sorted(keys)
}
