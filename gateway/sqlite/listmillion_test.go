//go:build unix

package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// listWithin is how long a list may take, for 95 of 100.
const listWithin = 100 * time.Millisecond

// BenchmarkListMillion lists from a store of a million events of 1 KiB.
func BenchmarkListMillion(b *testing.B) {
	const million = 1_000_000
	o := testOptions(b)
	o.Log = nil
	s := openAt(b, filepath.Join(b.TempDir(), "hooks.db"), o)
	assort(b, s, million)
	for _, bb := range []struct {
		name   string
		filter gateway.Filter
	}{
		{"newest", gateway.Filter{}},
		{"old-page", gateway.Filter{Before: million / 10}},
		{"delivered", gateway.Filter{States: []gateway.State{gateway.Delivered}}},
		{"dead", gateway.Filter{States: []gateway.State{gateway.Dead}}},
		{"pending", gateway.Filter{States: []gateway.State{gateway.Pending}}},
		{"pending-or-dead", gateway.Filter{States: []gateway.State{gateway.Pending, gateway.Dead}}},
		{"endpoint", gateway.Filter{Endpoint: "endpoint 3"}},
		{"endpoint-rare", gateway.Filter{Endpoint: "rare"}},
		{"dead-of-endpoint-rare", gateway.Filter{Endpoint: "rare", States: []gateway.State{gateway.Dead}}},
		{"since", gateway.Filter{Since: storetest.Epoch.Add((million - 100) * time.Millisecond)}},
		{"until", gateway.Filter{Until: storetest.Epoch.Add(100 * time.Millisecond)}},
		{"reference-old", gateway.Filter{Reference: "evt_1000"}},
		{"type", gateway.Filter{Type: "type 7"}},
		{"type-rare", gateway.Filter{Type: "rare"}},
		{"search", gateway.Filter{Search: "TYPE 7"}},
		{"search-rare", gateway.Filter{Search: "needle"}},
	} {
		b.Run(bb.name, func(b *testing.B) { listMany(b, s, bb.filter) })
	}
}

// assort appends n events: of ten types and of five endpoints, one in a hundred
// dead, one in a thousand pending, and one in a hundred thousand rare.
func assort(b *testing.B, s *Store, n int64) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range producers {
		all.Go(func() {
			for k := next.Add(1); k <= n; k = next.Add(1) {
				appendOne(b, s, assorted(k))
			}
		})
	}
	all.Wait()
}

func assorted(k int64) *gateway.Entry {
	e := entry(k, 1<<10)
	e.Event.ID, e.Event.Type = fmt.Sprintf("evt_%d", k), fmt.Sprintf("type %d", k%10)
	e.Event.ReceivedAt = storetest.Epoch.Add(time.Duration(k) * time.Millisecond)
	for i := range e.Event.Body {
		e.Event.Body[i] = 'A' + byte(i%60)
	}
	d := e.Deliveries[0]
	d.Address.Endpoint, d.State, d.Attempt = fmt.Sprintf("endpoint %d", k%5), gateway.Delivered, 1
	switch {
	case k%100_000 == 0:
		e.Event.Type, d.Address.Endpoint = "rare", "rare"
		copy(e.Event.Body[512:], "a Needle")
	case k%1000 == 1:
		d.State, d.Attempt = gateway.Pending, 0
	case k%100 == 2:
		d.State = gateway.Dead
	}
	if d.State != gateway.Pending {
		d.LastAttempt = gateway.Attempt{Number: 1, Start: e.Event.ReceivedAt, Duration: time.Millisecond, Status: 200, Answer: []byte("ok")}
	}
	return e
}

// listMany lists a page of 50, and then the next, until all have been, and
// begins again. It reports how long a page takes, and how many it takes until
// all is found.
func listMany(b *testing.B, s *Store, f gateway.Filter) {
	var took []time.Duration
	var rounds float64
	first := f
	for b.Loop() {
		start := time.Now()
		page, err := s.List(context.Background(), f, 50)
		took = append(took, time.Since(start))
		must(b, err)
		if f.Before = page.Next; f.Before == 0 {
			f, rounds = first, rounds+1
		}
	}
	slices.Sort(took)
	p95 := took[len(took)*95/100]
	b.ReportMetric(float64(p95.Microseconds())/1000, "p95-ms")
	if rounds > 0 {
		b.ReportMetric(float64(len(took))/rounds, "pages")
	}
	if p95 > listWithin {
		b.Errorf("p95 is %v, want at most %v", p95, listWithin)
	}
}
