package load

import (
	"syscall"
	"time"
)

// sleepUntil is exact to some 60 µs. The runtime's own timers wait for the
// network poller, which counts in milliseconds: too coarse for a 0.1 ms bar.
func sleepUntil(t time.Time) {
	for d := time.Until(t); d > 0; d = time.Until(t) {
		ts := syscall.NsecToTimespec(int64(d))
		_ = syscall.Nanosleep(&ts, nil) // woken by a signal: sleep again
	}
}
