package sqlite

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Keys come in no order, so each would change a page of its own in a table of
// many: as much work as storing the event. Therefore claims are first only
// written down one after the other, a group's in one row of the table claims,
// and held in memory; when there are many they are moved to the table keys, in
// the order of the keys, a few with each group.
const (
	freshKeys  = 128 << 10 // so many in memory are moved
	movedKeys  = 64        // with one group, at least
	movedLists = 256
)

// A keyring knows which keys are claimed. Its committed claims may be asked
// for concurrently; the rest belongs to the writer.
type keyring struct {
	mu     sync.RWMutex
	fresh  map[half]holding // committed, and in claims behind border
	moving map[half]holding // committed, and on their way from claims to keys
	filter filter           // of the table keys
	last   int64            // the last row in claims

	synced atomic.Int64 // the last row in claims that is durable

	limit  int              // so many fresh ones are moved
	staged map[half]holding // by the group at hand
	now    int64            // about: what expired before may be forgotten

	border int64       // moving's last row in claims
	sorted chan []half // moving's keys, once they are in order
	rest   []half      // those still to be moved
	pace   int         // how many are with the group at hand
	moved  bool        // with it the last of their rows in claims are removed
}

// loadKeyring reads the claims that have not been moved, and which keys were.
func loadKeyring(c *engine.Conn) (*keyring, error) {
	k := &keyring{fresh: make(map[half]holding), staged: make(map[half]holding), sorted: make(chan []half, 1), limit: freshKeys}
	var err error
	if k.filter, err = loadFilter(c); err != nil {
		return nil, err
	}
	err = prepare(c, `SELECT id, list FROM claims ORDER BY id`).each(func(s *engine.Stmt) {
		k.last = s.ColumnInt64(0)
		for h, v := range keyList(blob(s, 1)).all() {
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
// or the table has to be asked.
func (k *keyring) recall(h half) (v holding, sure bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if v, ok := k.fresh[h]; ok {
		return v, true
	}
	if v, ok := k.moving[h]; ok {
		return v, true
	}
	return holding{}, !k.filter.may(h)
}

// holder finds who has the key, as c sees it, among what is committed.
func (k *keyring) holder(c *engine.Conn, key gateway.Key) (holding, error) {
	h := half(key[:])
	if v, sure := k.recall(h); sure { // first: what leaves memory is in the table by then
		return v, nil
	}
	return findKey(c, h)
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
	k.pace, k.moved = 0, false
	if len(k.staged) == 0 {
		return nil
	}
	if err := k.move(c); err != nil {
		return err
	}
	var list keyList
	for h, v := range k.staged {
		list = list.append(h, v)
	}
	return prepare(c, `INSERT INTO claims VALUES (?, ?)`).int(k.last + 1).bytes(list).run()
}

// move moves a few keys, or removes a few rows of keys that were moved: the
// oldest first, so that what a crash leaves of them ends as they did.
func (k *keyring) move(c *engine.Conn) (err error) {
	if k.moving == nil {
		return nil
	}
	if k.rest == nil {
		select {
		case k.rest = <-k.sorted:
		default:
			return nil
		}
	}
	for k.pace < min(len(k.rest), max(movedKeys, 2*len(k.staged))) {
		n, err := k.mergeInto(c, k.rest[k.pace:])
		if err != nil {
			return err
		}
		k.pace += n
	}
	if k.pace == 0 {
		err = prepare(c, `DELETE FROM claims WHERE id IN (SELECT id FROM claims WHERE id <= ? ORDER BY id LIMIT ?)`).int(k.border, movedLists).run()
		k.moved = c.Changes() < movedLists
	}
	return err
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
	for _, h := range k.rest[:k.pace] {
		k.filter.add(h)
	}
	k.rest = k.rest[k.pace:]
	if k.moved {
		k.moving, k.rest = nil, nil
	}
	if k.moving == nil && len(k.fresh) >= k.limit {
		k.moving, k.fresh, k.border = k.fresh, make(map[half]holding, k.limit), k.last
		go sortKeys(k.moving, k.sorted)
	}
}

// sortKeys takes too long for the writer.
func sortKeys(keys map[half]holding, to chan<- []half) {
	list := make([]half, 0, len(keys))
	for h := range keys {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b half) int { return bytes.Compare(a[:], b[:]) })
	to <- list
}
