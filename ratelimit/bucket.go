package ratelimit

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// Longer times than these would overflow when they are added up.
const (
	maxInterval = 1 << 60 // 36 years
	maxDepth    = 1 << 61
)

// A bucket is the shape of all buckets of a Limiter. What differs between them
// is only the instant at which each is full again. (That is the generic cell
// rate algorithm: rate.Limiter's decisions in 8 bytes instead of 80, and exact
// to the nanosecond.)
type bucket struct {
	interval time.Duration // in which one token comes
	depth    time.Duration // in which an empty bucket fills
}

func newBucket(r rate.Limit, burst int) bucket {
	ns := math.Round(float64(time.Second) / float64(r))
	interval := time.Duration(min(max(ns, 1), maxInterval))
	burst = int(min(int64(burst), int64(maxDepth/interval)))
	return bucket{interval, time.Duration(burst) * interval}
}

// take takes a token from a bucket that is full in debt from now, if it holds
// one, and returns in what time it is full then.
func (b bucket) take(debt time.Duration) (time.Duration, Decision) {
	if wait := debt + b.interval - b.depth; wait > 0 {
		return debt, Decision{Wait: wait, Reset: wait}
	}
	debt += b.interval
	remaining := (b.depth - debt) / b.interval
	return debt, Decision{
		OK:        true,
		Remaining: int(remaining),
		Reset:     debt - b.depth + (remaining+1)*b.interval,
	}
}
