package sqlite

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"
	"sort"

	engine "zombiezen.com/go/sqlite"
)

// A half is the first half of a gateway.Key, which is enough to tell events
// apart: two of 2^64 that share one are yet to be expected.
type half [16]byte

// A holding says until when a key is claimed, and by which event; 0 is no
// stored one. The zero holding says that it is not.
type holding struct{ until, event int64 }

// A keyList has keys and their holdings, one behind the other.
type keyList []byte

const entrySize = len(half{}) + 16

func (l keyList) append(h half, v holding) keyList {
	l = append(l, h[:]...)
	l = binary.LittleEndian.AppendUint64(l, uint64(v.until))
	return binary.LittleEndian.AppendUint64(l, uint64(v.event))
}

func (l keyList) len() int { return len(l) / entrySize }

func (l keyList) at(i int) (half, holding) {
	e := l[i*entrySize:]
	return half(e), holding{int64(binary.LittleEndian.Uint64(e[16:])), int64(binary.LittleEndian.Uint64(e[24:]))}
}

func (l keyList) all() iter.Seq2[half, holding] {
	return func(yield func(half, holding) bool) {
		for i := range l.len() {
			if !yield(l.at(i)) {
				return
			}
		}
	}
}

// find finds a key in a list in order.
func (l keyList) find(h half) (v holding) {
	i := sort.Search(l.len(), func(i int) bool { return bytes.Compare(l[i*entrySize:][:len(h)], h[:]) >= 0 })
	if i < l.len() {
		if found, v := l.at(i); found == h {
			return v
		}
	}
	return v
}

// A row of the table keys has all the keys from its own start to the next
// row's. One of rangeKeys fills a page.
const (
	rangeKeys  = 224
	rangeBytes = rangeKeys * entrySize
)

// start is where in the table a key is.
func (h half) start() int64 { return int64(binary.BigEndian.Uint64(h[:]) ^ 1<<63) }

// findKey finds a key in the table.
func findKey(c *engine.Conn, h half) (v holding, err error) {
	var page [rangeBytes]byte
	_, err = prepare(c, `SELECT list FROM keys WHERE first <= ? ORDER BY first DESC LIMIT 1`).int(h.start()).one(func(s *engine.Stmt) {
		v = keyList(page[:s.ColumnBytes(0, page[:])]).find(h)
	})
	return v, err
}

// mergeInto puts those of the keys into the table that belong to the first
// one's range, and returns how many they are.
func (k *keyring) mergeInto(c *engine.Conn, keys []half) (n int, err error) {
	first, end := int64(math.MinInt64), int64(math.MaxInt64)
	var list keyList
	_, err = prepare(c, `SELECT first, list FROM keys WHERE first <= ? ORDER BY first DESC LIMIT 1`).int(keys[0].start()).one(func(s *engine.Stmt) {
		first, list = s.ColumnInt64(0), blob(s, 1)
	})
	if err != nil {
		return 0, err
	}
	last, err := prepare(c, `SELECT first FROM keys WHERE first > ? ORDER BY first LIMIT 1`).int(first).one(func(s *engine.Stmt) { end = s.ColumnInt64(0) })
	if err != nil {
		return 0, err
	}
	n = len(keys)
	if last {
		n = sort.Search(n, func(i int) bool { return keys[i].start() >= end })
	}
	return n, saveRange(c, first, k.merge(list, keys[:n]))
}

// merge is the list with the keys, and without what is not claimed any more.
func (k *keyring) merge(old keyList, keys []half) (merged keyList) {
	merged = make(keyList, 0, len(old)+len(keys)*entrySize)
	add := func(h half, v holding) {
		if v.until > k.now {
			merged = merged.append(h, v)
		}
	}
	for h, v := range old.all() {
		for len(keys) > 0 && bytes.Compare(keys[0][:], h[:]) < 0 {
			add(keys[0], k.moving[keys[0]])
			keys = keys[1:]
		}
		if len(keys) == 0 || keys[0] != h { // or it is newer there
			add(h, v)
		}
	}
	for _, h := range keys {
		add(h, k.moving[h])
	}
	return merged
}

// saveRange writes a range, as several when it has become too long for one.
func saveRange(c *engine.Conn, first int64, list keyList) error {
	parts := list.len()/rangeKeys + 1
	size := list.len()/parts + 1
	for {
		n := min(size, list.len())
		for n > 1 && n < list.len() && start(list, n) == start(list, n-1) {
			n-- // or a key would be looked for in the next range
		}
		if err := prepare(c, `INSERT OR REPLACE INTO keys VALUES (?, ?)`).int(first).bytes(list[:n*entrySize]).run(); err != nil {
			return err
		}
		if list = list[n*entrySize:]; len(list) == 0 {
			return nil
		}
		first = start(list, 0)
	}
}

func start(l keyList, i int) int64 {
	h, _ := l.at(i)
	return h.start()
}
