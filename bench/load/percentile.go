package load

import (
	"math"
	"time"
)

// percentile is the smallest of sorted that at least the share q of it does
// not exceed (nearest rank). sorted must not be empty.
func percentile(sorted []time.Duration, q float64) time.Duration {
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}
