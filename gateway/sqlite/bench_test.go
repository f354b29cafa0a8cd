//go:build unix

package sqlite

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

var bench = gateway.Address{Endpoint: "bench", Destination: "main"}

// producers is how many call at once.
const producers = 64

// entry is the n-th of many, of size bytes.
func entry(n int64, size int) *gateway.Entry {
	e := storetest.Entry("bench", bench)
	e.Event.Key = gateway.NewKey(string(binary.BigEndian.AppendUint64(nil, uint64(n))))
	e.Event.Body = make([]byte, size)
	binary.BigEndian.PutUint64(e.Event.Body, uint64(n))
	return e
}

// cpu is the time that the process has spent.
func cpu() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// together calls f from many goroutines, b.N times in all, and reports how
// long the calls took.
func together(b *testing.B, f func(n int64)) {
	var n atomic.Int64
	var all sync.WaitGroup
	took := make([][]time.Duration, producers)
	b.ReportAllocs()
	b.ResetTimer()
	start, spent := time.Now(), cpu()
	for i := range producers {
		all.Go(func() {
			for {
				k := n.Add(1)
				if k > int64(b.N) {
					return
				}
				start := time.Now()
				f(k)
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	calls := slices.Concat(took...)
	slices.Sort(calls)
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "calls/s")
	b.ReportMetric(float64((cpu()-spent).Microseconds())/float64(b.N), "cpu-µs/call")
	b.ReportMetric(float64(calls[len(calls)*99/100].Microseconds())/1000, "p99-ms")
}

// benchStore is an empty one, which reports how large its groups are.
func benchStore(b *testing.B) *Store {
	o := testOptions(b)
	o.Log = nil
	var groups, calls float64
	o.Observe = func(c Commit) { groups, calls = groups+1, calls+float64(c.Size) }
	b.Cleanup(func() { b.ReportMetric(calls/groups, "calls/group") })
	return openAt(b, filepath.Join(b.TempDir(), "hooks.db"), o)
}

func appendOne(b *testing.B, s *Store, e *gateway.Entry) {
	if claim, err := s.Append(context.Background(), e); err != nil || claim != gateway.Ours {
		b.Fatal(claim, err)
	}
}

func BenchmarkAppend(b *testing.B) {
	s := benchStore(b)
	together(b, func(n int64) { appendOne(b, s, entry(n, 2<<10)) })
}

func BenchmarkNote(b *testing.B) {
	s := benchStore(b)
	together(b, func(n int64) {
		e := entry(n, 2<<10)
		e.Deliveries[0].State, e.Deliveries[0].Attempt, e.Deliveries[0].LastAttempt = gateway.Delivered, 1, gateway.Attempt{Number: 1, Start: e.Event.ReceivedAt, Status: 200}
		s.Note(e)
		if n%100 == 0 {
			_, _ = s.Sweep(context.Background(), e.Event.ReceivedAt)
		}
	})
}

func BenchmarkFinish(b *testing.B) {
	s := benchStore(b)
	deliveries := fill(b, s, b.N, gateway.Delivering)
	together(b, func(n int64) {
		d := deliveries[n-1]
		d.State, d.LastAttempt = gateway.Delivered, gateway.Attempt{Number: 1, Start: d.ReceivedAt, Status: 200}
		if _, err := s.Finish(context.Background(), d); err != nil {
			b.Error(err)
		}
	})
}

// fill appends n events of 1 KiB, and returns their deliveries.
func fill(b *testing.B, s *Store, n int, state gateway.State) []*gateway.Delivery {
	return fillFrom(b, s, 0, n, state)
}

func fillFrom(b *testing.B, s *Store, from, n int, state gateway.State) []*gateway.Delivery {
	list := make([]*gateway.Delivery, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range producers {
		all.Go(func() {
			for k := next.Add(1); k <= int64(n); k = next.Add(1) {
				e := entry(-k-int64(from), 1<<10)
				d := e.Deliveries[0]
				d.State, d.Due = state, d.Due.Add(time.Hour*time.Duration(state))
				if state != gateway.Pending {
					d.Attempt = 1
				}
				appendOne(b, s, e)
				list[k-1] = d
			}
		})
	}
	all.Wait()
	return list
}

func BenchmarkKnown(b *testing.B) {
	s := benchStore(b)
	fill(b, s, 1000, gateway.Pending)
	k := gateway.NewKey("never seen")
	b.ReportAllocs()
	for b.Loop() {
		if known, err := s.Known(b.Context(), storetest.Epoch, k); known || err != nil {
			b.Fatal(known, err)
		}
	}
}

// BenchmarkDrain leases, loads and finishes, as a worker does with 64 at once.
func BenchmarkDrain(b *testing.B) {
	s := benchStore(b)
	fill(b, s, b.N+producers, gateway.Pending)
	var leased = make(chan *gateway.Delivery, 2*producers)
	go func() {
		defer close(leased)
		for n := 0; n < b.N; {
			list, _, err := s.Lease(context.Background(), bench, storetest.Epoch, storetest.Epoch.Add(time.Hour), producers/2)
			if err != nil {
				b.Error(err)
				return
			}
			for _, d := range list {
				leased <- d
			}
			n += len(list)
		}
	}()
	together(b, func(n int64) {
		d := <-leased
		if err := s.Load(context.Background(), d); err != nil {
			b.Error(err)
		}
		d.State, d.LastAttempt = gateway.Delivered, gateway.Attempt{Number: 1, Start: d.ReceivedAt, Status: 200}
		if _, err := s.Finish(context.Background(), d); err != nil {
			b.Error(err)
		}
	})
	for range leased {
	}
}
