//go:build unix

package sqlite

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// BenchmarkMillion compares a store of a million events of 1 KiB with an empty
// one: how quickly it takes in more, opens, and how much memory it holds.
func BenchmarkMillion(b *testing.B) {
	const million, sample = 1_000_000, 100_000
	for _, state := range []gateway.State{gateway.Pending, gateway.Delivered} {
		b.Run(state.String(), func(b *testing.B) {
			for range b.N {
				path := filepath.Join(b.TempDir(), "hooks.db")
				o := testOptions(b)
				o.Log = nil
				s := openAt(b, path, o)
				empty := appendRate(b, s, 0, sample, state)
				appendRate(b, s, sample, million-sample, state)
				full := appendRate(b, s, million, sample, state)
				b.ReportMetric(empty, "empty/s")
				b.ReportMetric(full/empty, "full/empty")
				b.ReportMetric(rss(b), "RSS-MiB")
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				s = openAt(b, path, o)
				b.ReportMetric(time.Since(start).Seconds(), "open-s")
				_ = s.Close()
			}
		})
	}
}

// appendRate appends n events more, and returns how many per second of the
// process's time.
func appendRate(b *testing.B, s *Store, from, n int, state gateway.State) float64 {
	spent := cpu()
	for done := 0; done < n; done += 10_000 { // which are not kept
		fillFrom(b, s, from+done, 10_000, state)
	}
	return float64(n) / (cpu() - spent).Seconds()
}

// rss is how much memory the process has.
func rss(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
