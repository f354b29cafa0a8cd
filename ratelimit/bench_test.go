package ratelimit

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

func keys(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String()
	}
	return s
}

func BenchmarkTake(b *testing.B) {
	bench := func(b *testing.B, l *Limiter, keys []string) {
		for _, k := range keys {
			l.Take(t0, k)
		}
		var seed atomic.Uint64
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			r := rand.New(rand.NewPCG(seed.Add(1), 0))
			for now := t0; pb.Next(); now = now.Add(time.Microsecond) {
				l.Take(now, keys[r.IntN(len(keys))])
			}
		})
	}
	all := keys(100_000)
	b.Run("known", func(b *testing.B) { bench(b, &Limiter{Rate: 50, Burst: 100, Size: 131_072}, all) })
	b.Run("one", func(b *testing.B) { bench(b, &Limiter{Rate: 50, Burst: 100, Size: 131_072}, all[:1]) })
	b.Run("forgotten", func(b *testing.B) { bench(b, &Limiter{Rate: 50, Burst: 100, Size: 1024}, all) })
}

// BenchmarkMemory reports the bytes a key costs: freshly filled, and after the
// keys have changed ten times over.
func BenchmarkMemory(b *testing.B) {
	for _, limit := range []int{1, 1_000_000} {
		for _, n := range []int{10_000, 65_536, 100_000, 131_072} {
			b.Run(fmt.Sprintf("limit=%d/keys=%d", limit, n), func(b *testing.B) {
				for b.Loop() {
					l := Policy{Events: limit, Window: time.Second}.Limiter(131_072)
					b.ReportMetric(grown(l, n), "B/key")
				}
			})
			b.Run(fmt.Sprintf("limit=%d/turnover=%d", limit, n), func(b *testing.B) {
				for b.Loop() {
					l := Policy{Events: limit, Window: time.Second}.Limiter(n)
					b.ReportMetric(grown(l, 10*n)*10, "B/key")
				}
			})
		}
	}
}

// grown is the bytes per key that the heap grows by while l sees n keys.
func grown(l *Limiter, n int) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		l.Take(t0, strconv.Itoa(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(l)
	return float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / float64(n)
}
