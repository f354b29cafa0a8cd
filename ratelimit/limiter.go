// Package ratelimit counts requests per key: token buckets in bounded memory,
// the policies that describe them, and the header fields that announce them.
package ratelimit

import (
	"hash/maphash"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// DefaultSize is how many keys a Limiter remembers when its Size is zero.
const DefaultSize = 65536

// Never is the Wait for a token that will not come.
const Never = time.Duration(math.MaxInt64)

// A Limiter is a token bucket per key. It remembers about the Size keys used
// last; a key it has forgotten starts full, so memory is bounded and any error
// is in the sender's favour. Of a key only a hash is kept, so that a long one
// costs no more than a short one.
//
// The zero Limiter refuses everything. A Limiter may be used concurrently; its
// fields must not change after the first Take.
type Limiter struct {
	Rate  rate.Limit // tokens per second; a token takes whole nanoseconds, at least one
	Burst int        // tokens in a full bucket
	Size  int        // keys remembered; 0 means DefaultSize

	once   sync.Once
	bucket bucket
	seeds  [2]maphash.Seed
	shards []shard
}

// A Decision is what became of one request for a token.
type Decision struct {
	OK        bool          // a token was taken
	Remaining int           // whole tokens left
	Wait      time.Duration // until a token can be taken; zero when OK
	Reset     time.Duration // until there is one token more than Remaining
}

// Take takes one token from key's bucket at now, or says how long to wait for
// one. Instants may come out of order: no stretch of time fills a bucket twice.
func (l *Limiter) Take(now time.Time, key string) Decision {
	if !(l.Rate > 0) || l.Burst <= 0 { // !(>) so that NaN is refused too
		return Decision{Wait: Never, Reset: Never}
	}
	l.once.Do(l.init)
	id := l.id(key)
	s := &l.shards[id[0]%uint64(len(l.shards))]
	return s.take(now, id, l.bucket)
}

// Book takes one token from key's bucket, on credit if it is empty, and returns
// the time until the token is there: who waits that long keeps to the limit.
// Credit beyond most is not given: ok is false, and nothing was taken.
func (l *Limiter) Book(now time.Time, key string, most time.Duration) (wait time.Duration, ok bool) {
	if !(l.Rate > 0) || l.Burst <= 0 {
		return Never, false
	}
	l.once.Do(l.init)
	id := l.id(key)
	s := &l.shards[id[0]%uint64(len(l.shards))]
	return s.book(now, id, l.bucket, most)
}

func (l *Limiter) init() {
	size := l.Size
	if size <= 0 {
		size = DefaultSize
	}
	l.bucket = newBucket(l.Rate, l.Burst)
	l.seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}
	l.shards = newShards(size)
}

// id hashes under two secret seeds: 128 bits, so that neither chance nor a
// sender who chooses keys makes two of them share a bucket.
func (l *Limiter) id(key string) id {
	return id{maphash.String(l.seeds[0], key), maphash.String(l.seeds[1], key)}
}
