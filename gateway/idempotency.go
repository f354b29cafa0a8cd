package gateway

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"sync"
	"time"
)

// A Key identifies one event of one endpoint, without holding any of it.
type Key [sha256.Size]byte

// NewKey is the key of a list of parts, such as the endpoint's name, the
// event's id and, where the id is not signed, string(mac). Parts are prefixed
// with their length: "ab", "c" and "a", "bc" are different keys.
func NewKey(parts ...string) Key {
	h := sha256.New()
	var buf [256]byte // []byte(part) would allocate, and a part may be a whole body
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(buf[:0], uint64(len(p))))
		for len(p) > 0 {
			n := copy(buf[:], p)
			h.Write(buf[:n])
			p = p[n:]
		}
	}
	return Key(h.Sum(buf[:0]))
}

// A Claim answers whether an event is the caller's to handle. The zero Claim
// is no answer.
type Claim int

// The answers to a claim.
const (
	Ours     Claim = iota + 1 // nobody else's: Confirm or Release it
	InFlight                  // another caller's, who may yet fail: too early to say yes
	Done                      // accepted before
)

// DefaultSeen is how many events a Seen remembers when its size is zero.
const DefaultSeen = 65536

const (
	maxSeenShards = 16   // enough for the lock not to show on dozens of cores
	minSeenShard  = 1024 // keys; smaller shards fill so unevenly that a size would mean little
)

// Seen remembers which events were accepted: about as many as its size, of
// which it forgets those confirmed longest ago first. Claims in flight come on
// top of that and are never forgotten; there are as many as requests.
//
// Memory only: a restart forgets it. A Seen is made by NewSeen and may be used
// concurrently. Instants are wall clock, so that a time to live means the same
// as in a store.
type Seen struct{ shards []seenShard }

// NewSeen returns a Seen for size accepted events; 0 means DefaultSeen.
func NewSeen(size int) *Seen {
	if size <= 0 {
		size = DefaultSeen
	}
	n := 1
	for n < maxSeenShards && size/(2*n) >= minSeenShard {
		n *= 2
	}
	s := &Seen{make([]seenShard, n)}
	for i := range s.shards {
		s.shards[i].init((size + n - 1) / n)
	}
	return s
}

// Claim asks for the event at now. However many callers claim one key at once,
// one gets Ours; the others get InFlight until that one confirms or releases.
func (s *Seen) Claim(now time.Time, k Key) Claim { return s.shard(k).claim(now.UnixNano(), k) }

// Confirm makes the event Done until now+ttl, at which instant it is new again.
// It need not have been claimed: a restarted gateway fills its memory like this.
func (s *Seen) Confirm(now time.Time, k Key, ttl time.Duration) {
	s.shard(k).confirm(now.UnixNano(), k, int64(ttl))
}

// Release gives a claim back: the next one is Ours. A key that is not in
// flight stays as it is; in particular, what is Done stays Done.
func (s *Seen) Release(k Key) { s.shard(k).release(k) }

// Forget makes an event new that was Done. A claim in flight stays.
func (s *Seen) Forget(k Key) { s.shard(k).forget(k) }

// Len is the number of keys held: in flight, done, and expired but not yet
// asked for again or pushed out.
func (s *Seen) Len() (n int) {
	for i := range s.shards {
		n += s.shards[i].len()
	}
	return n
}

func (s *Seen) shard(k Key) *seenShard { return &s.shards[int(k[0])%len(s.shards)] }

// A seenShard is a part of the keys, under one lock: looking and claiming are
// one step.
type seenShard struct {
	mu       sync.Mutex
	inFlight map[Key]struct{}
	done     memory
	_        [40]byte // a cache line of its own
}

func (s *seenShard) init(size int) {
	s.inFlight = make(map[Key]struct{})
	s.done = memory{size: size, known: make(map[half]place)}
}

func (s *seenShard) claim(now int64, k Key) Claim {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.done.known[half(k[:])]; ok {
		if now < p.until {
			return Done
		}
		delete(s.done.known, half(k[:]))
	}
	if _, ok := s.inFlight[k]; ok {
		return InFlight
	}
	s.inFlight[k] = struct{}{}
	return Ours
}

func (s *seenShard) confirm(now int64, k Key, ttl int64) {
	until := now + ttl
	if ttl > 0 && until < now {
		until = math.MaxInt64
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inFlight, k)
	s.done.add(half(k[:]), until)
}

func (s *seenShard) release(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inFlight, k)
}

func (s *seenShard) forget(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.done.known, half(k[:]))
}

func (s *seenShard) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inFlight) + len(s.done.known)
}

// A memory holds the keys added last, up to size of them. It has no pointers
// for the garbage collector to follow: a collection takes 0.2 ms beside
// 100,000 keys, and 5 ms beside as many in golang-lru's linked entries. Since
// asking for a key does not make it younger, both forget the same ones.
type memory struct {
	size  int
	known map[half]place
	order []half // a ring, once it has grown to size
	next  int    // where in it the next key goes
}

// A half is the first half of a Key, which is enough to tell events apart:
// two of 2^64 that share one are yet to be expected.
type half [len(Key{}) / 2]byte

type place struct {
	until int64 // Unix nanoseconds
	slot  int   // in order; a slot that holds a key that is elsewhere is stale
}

func (m *memory) add(k half, until int64) {
	if len(m.order) < m.size {
		m.order = append(m.order, k)
	} else {
		oldest := m.order[m.next]
		if m.known[oldest].slot == m.next {
			delete(m.known, oldest)
		}
		m.order[m.next] = k
	}
	m.known[k] = place{until, m.next}
	m.next = (m.next + 1) % m.size
}
