package ratelimit

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	maxShards = 16   // enough for the lock not to show on dozens of cores
	minShard  = 1024 // keys; smaller shards fill so unevenly that Size would mean little
)

// An id stands for a key. It is 16 bytes whatever the key, and does not keep
// the request alive that the key was cut from.
type id [2]uint64

// A shard is a part of a Limiter's keys, under one lock.
type shard struct {
	mu    sync.Mutex
	begun bool
	start time.Time                         // the first instant seen
	full  *simplelru.LRU[id, time.Duration] // after start
	_     [16]byte                          // a cache line of its own
}

// newShards divides size keys. A small size is not divided: it is exact.
func newShards(size int) []shard {
	n := 1
	for n < maxShards && size/(2*n) >= minShard {
		n *= 2
	}
	shards := make([]shard, n)
	for i := range shards {
		// The only possible error is a size that is not positive.
		shards[i].full, _ = simplelru.NewLRU[id, time.Duration]((size+n-1)/n, nil)
	}
	return shards
}

func (s *shard) take(at time.Time, id id, b bucket) Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, debt := s.debt(at, id)
	debt, d := b.take(debt)
	if d.OK {
		s.full.Add(id, now+debt)
	}
	return d
}

func (s *shard) book(at time.Time, id id, b bucket, most time.Duration) (wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, debt := s.debt(at, id)
	debt += b.interval
	if wait = max(debt-b.depth, 0); wait > min(most, maxDepth) {
		return wait, false
	}
	s.full.Add(id, now+debt)
	return wait, true
}

// debt is how long the bucket takes to be full. It requires that s.mu is held.
func (s *shard) debt(at time.Time, id id) (now, debt time.Duration) {
	now = s.since(at)
	full, ok := s.full.Get(id)
	if !ok || full < now {
		full = now
	}
	return now, full - now
}

// since is the time from start to at. It requires that s.mu is held.
func (s *shard) since(at time.Time) time.Duration {
	if !s.begun {
		s.begun, s.start = true, at
	}
	// Sub and not UnixNano: it reads the monotonic clock, which nobody sets back.
	return min(max(at.Sub(s.start), -maxDepth), maxDepth)
}
