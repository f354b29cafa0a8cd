package sqlite

import "encoding/binary"

// A filter says of most keys that were never moved to the table keys that they
// are not there: it is a Bloom filter, or several, each twice as large as the
// one before that has become full. Keys are random, so they are their own hash.
// It forgets none before the store is opened again, not those that ended either;
// all stages together take 48 MiB at most.
type filter []stage

type stage struct {
	words []uint64
	room  int // keys to come
}

const (
	filterBits  = 12 // for each key: one in 300 that are not there is looked for
	filterTests = 6
	filterLeast = 1 << 18 // keys
	filterMost  = 1 << 24 // keys, in 24 MiB; past them it tells less and less
)

func (f *filter) grow(keys int) {
	keys = min(max(keys, filterLeast), filterMost)
	*f = append(*f, stage{make([]uint64, keys*filterBits/64), keys})
}

func (f *filter) add(h half) {
	last := &(*f)[len(*f)-1]
	if last.room == 0 && len(last.words) < filterMost*filterBits/64 {
		f.grow(2 * len(last.words) * 64 / filterBits)
		last = &(*f)[len(*f)-1]
	}
	last.room--
	for i := range uint64(filterTests) {
		n, bit := last.place(h, i)
		last.words[n] |= bit
	}
}

// place is the i-th bit of h.
func (s *stage) place(h half, i uint64) (word, bit uint64) {
	a, b := binary.LittleEndian.Uint64(h[:]), binary.LittleEndian.Uint64(h[8:])|1
	n := (a + i*b) % (uint64(len(s.words)) * 64)
	return n / 64, 1 << (n % 64)
}

// may reports whether h may have been added.
func (f filter) may(h half) bool {
	for i := range f {
		if f[i].may(h) {
			return true
		}
	}
	return false
}

func (s *stage) may(h half) bool {
	for i := range uint64(filterTests) {
		if n, bit := s.place(h, i); s.words[n]&bit == 0 {
			return false
		}
	}
	return true
}
