package activity

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A Latency has quantiles; the zero one is of nothing. They are at most 6.25 %
// off (half a microsecond below 8 µs); what took more than two minutes counts
// as two minutes.
type Latency struct{ P50, P95, P99 time.Duration }

// A histogram counts durations by the microsecond up to sixteen, and from then
// on in eight buckets for each power of two.
type histogram [buckets]atomic.Uint32

// buckets are enough for 2²⁷ µs, which is 134 s.
const buckets = 200

func (h *histogram) add(d time.Duration) { h[bucketOf(d)].Add(1) }

func bucketOf(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	shift := max(bits.Len64(us)-4, 0)
	return min(8*shift+int(us>>shift), buckets-1)
}

// middle is the duration in the middle of a bucket.
func middle(bucket int) time.Duration {
	shift := max(bucket/8-1, 0)
	return time.Duration(2*(bucket-8*shift)+1) << shift * (time.Microsecond / 2)
}

// latencyOf returns how many durations there are, and their quantiles.
func latencyOf(counts *[buckets]int64) (n int64, l Latency) {
	for _, c := range counts {
		n += c
	}
	return n, Latency{P50: quantile(counts, n, 50), P95: quantile(counts, n, 95), P99: quantile(counts, n, 99)}
}

// quantile is what so many of a hundred of the n durations do not exceed.
func quantile(counts *[buckets]int64, n, percent int64) time.Duration {
	if n == 0 {
		return 0
	}
	left := (n*percent + 99) / 100
	for i, c := range counts {
		if left -= c; left <= 0 {
			return middle(i)
		}
	}
	return middle(buckets - 1)
}
