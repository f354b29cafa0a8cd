package gateway

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// putForward is what time.Now returns when the wall clock has been put forward
// by so many seconds: a later wall clock reading, and the same monotonic one.
func putForward(t time.Time, seconds uint64) time.Time {
	wall := (*uint64)(unsafe.Pointer(&t)) // 1 bit: there is a monotonic reading; 33 of seconds; 30 of nanoseconds
	*wall += seconds << 30
	return t
}

type sweeps struct {
	Archive
	n atomic.Int64
}

func (s *sweeps) Sweep(context.Context, time.Time) (more bool, err error) {
	s.n.Add(1)
	return false, nil
}

// TestTend: a clock that jumps ahead is not believed for an hour.
func TestTend(t *testing.T) {
	real := time.Now() // in the bubble an instant has no monotonic reading
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Uint64
		start := time.Now()
		now := func() time.Time { return putForward(real.Add(time.Since(start)), ahead.Load()) }
		ctx, cancel := context.WithCancel(t.Context())
		s := new(sweeps)
		go Tend(ctx, s, now, slog.New(slog.DiscardHandler))
		swept := func(after time.Duration, want int64) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if n := s.n.Load(); n != want {
				t.Errorf("swept %d times, want %d", n, want)
			}
		}
		swept(0, 1)
		swept(3*time.Minute, 4)
		ahead.Store(30 * 24 * 60 * 60)
		swept(time.Hour, 4)
		swept(3*time.Minute, 6) // from the minute in which it was noticed, an hour has passed
		cancel()
		synctest.Wait()
	})
}
