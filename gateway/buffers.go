package gateway

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
)

// A Budget bounds the bytes of request bodies that are held at once, by all
// endpoints that share it. The zero Budget grants nothing; a Budget may be
// used concurrently.
type Budget struct {
	most, used atomic.Int64
	senders    [counters]atomic.Int64 // see share
}

// NewBudget returns a Budget of most bytes.
func NewBudget(most int64) *Budget {
	b := new(Budget)
	b.SetMax(most)
	return b
}

// SetMax changes how many bytes may be held. What is held already stays.
func (b *Budget) SetMax(most int64) { b.most.Store(most) }

// Max is how many bytes may be held.
func (b *Budget) Max() int64 { return b.most.Load() }

// Used is the number of bytes held now.
func (b *Budget) Used() int64 { return b.used.Load() }

// take takes n bytes and returns how many are left then.
func (b *Budget) take(n int64) (left int64, ok bool) {
	if left = b.most.Load() - b.used.Add(n); left < 0 {
		b.used.Add(-n)
		return 0, false
	}
	return left, true
}

func (b *Budget) give(n int64) { b.used.Add(-n) }

const smallest = 4 << 10 // bytes in the smallest pooled buffer

// pools holds buffers by size: pools[i] has those of smallest<<i bytes.
var pools [20]sync.Pool

// room is the size of the buffer that a body of n bytes is read into.
func room(n int64) int64 {
	if i := class(n); i < len(pools) {
		return smallest << i
	}
	return n
}

// CheckRoom reports that the largest body that the endpoint takes never fits
// into a Budget of most bytes: all senders of such would be told to come back.
func (c Config) CheckRoom(most int64) error {
	largest := c.WithDefaults().MaxBody
	if needed := room(largest); needed > most {
		return fmt.Errorf("max_body: a body of %d bytes takes %d of memory, more than the global option max_buffered, %d, allows for all: lower the one or raise the other", largest, needed, most)
	}
	return nil
}

// buffer returns a pooled buffer of at least n bytes.
func buffer(n int64) []byte {
	i := class(n)
	if i >= len(pools) {
		return make([]byte, n)
	}
	if p, ok := pools[i].Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, smallest<<i)
}

func recycle(p []byte) {
	p = p[:cap(p)]
	if i := class(int64(len(p))); i < len(pools) && len(p) == smallest<<i {
		pools[i].Put(&p)
	}
}

func class(n int64) int {
	return bits.Len64(uint64(max(n, 1)-1) / smallest)
}
