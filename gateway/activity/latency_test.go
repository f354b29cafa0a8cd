package activity

import (
	"testing"
	"time"
)

func TestBucketsAreAsNarrowAsPromised(t *testing.T) {
	for d := 8 * time.Microsecond; d < 134*time.Second; d += d/97 + 1 {
		got := middle(bucketOf(d))
		if off := float64((got - d).Abs()) / float64(d); off > 0.0625 {
			t.Fatalf("%v is taken for %v, %.2f %% off", d, got, 100*off)
		}
	}
	for d := time.Duration(0); d < 8*time.Microsecond; d += 100 {
		if got := middle(bucketOf(d)); (got - d).Abs() > time.Microsecond/2 {
			t.Errorf("%v is taken for %v", d, got)
		}
	}
}

func TestBucketsInOrder(t *testing.T) {
	for i := range buckets {
		if got := bucketOf(middle(i)); got != i {
			t.Errorf("the middle of bucket %d is in %d", i, got)
		}
		if i > 0 && middle(i) <= middle(i-1) {
			t.Errorf("bucket %d is not above the one before", i)
		}
	}
	for _, d := range []time.Duration{-time.Second, 0} {
		if bucketOf(d) != 0 {
			t.Errorf("%v is in bucket %d", d, bucketOf(d))
		}
	}
	if got := bucketOf(240 * time.Hour); got != buckets-1 {
		t.Errorf("ten days are in bucket %d", got)
	}
}

func TestQuantiles(t *testing.T) {
	tests := []struct {
		name          string
		n             int
		ms            func(i int) int
		p50, p95, p99 time.Duration
	}{
		{"one", 1, func(int) int { return 7 }, 7 * time.Millisecond, 7 * time.Millisecond, 7 * time.Millisecond},
		{"two", 2, func(i int) int { return 1 + 99*i }, time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond},
		{"1 to 1000 ms", 1000, func(i int) int { return i + 1 }, 500 * time.Millisecond, 950 * time.Millisecond, 990 * time.Millisecond},
		{"one in a hundred is slow", 100, func(i int) int { return 10 + i/99*5000 }, 10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond},
		{"two in a hundred are", 100, func(i int) int { return 10 + i/98*5000 }, 10 * time.Millisecond, 10 * time.Millisecond, 5010 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := newLog()
			for i := range tt.n {
				o := delivered("a", t0)
				o.Total = time.Duration(tt.ms(i)) * time.Millisecond
				o.Start = t0.Add(-o.Total)
				l.Observe(o)
			}
			got := l.Hour("a").Latency
			for _, q := range []struct{ got, want time.Duration }{{got.P50, tt.p50}, {got.P95, tt.p95}, {got.P99, tt.p99}} {
				if float64((q.got - q.want).Abs()) > 0.0625*float64(q.want) {
					t.Errorf("%+v, want %v, %v, %v", got, tt.p50, tt.p95, tt.p99)
				}
			}
		})
	}
}
