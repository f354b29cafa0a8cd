package sqlite

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
	"sort"

	engine "zombiezen.com/go/sqlite"
)

// A half is the first half of a gateway.Key, which is enough to tell events
// apart: two of 2^64 that share one are yet to be expected.
type half [16]byte

func (h half) compare(o half) int { return bytes.Compare(h[:], o[:]) }

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

// read is the list in a column, in l's memory if it is large enough.
func (l keyList) read(s *engine.Stmt, column int) keyList {
	l = slices.Grow(l[:0], s.ColumnLen(column))
	return l[:s.ColumnBytes(column, l[:cap(l)])]
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
func (l keyList) find(h half) (v holding, found bool) {
	i := sort.Search(l.len(), func(i int) bool { return bytes.Compare(l[i*entrySize:][:len(h)], h[:]) >= 0 })
	if i == l.len() {
		return v, false
	}
	key, v := l.at(i)
	if key != h {
		return holding{}, false
	}
	return v, true
}
