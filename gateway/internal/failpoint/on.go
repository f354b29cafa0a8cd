//go:build failpoint

// Package failpoint marks the places at which a test may kill the process.
//
// WEBHOOK_FAILPOINT=<place>:<n> kills it, as kill -9 does, when the place is
// passed for the n-th time.
package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	place, left = read(os.Getenv("WEBHOOK_FAILPOINT"))
	remaining   atomic.Int64
)

func init() { remaining.Store(left) }

func read(setting string) (place string, n int64) {
	place, count, _ := strings.Cut(setting, ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		n = 1
	}
	return place, n
}

// Hit is passed by whoever comes to the named place.
func Hit(name string) {
	if name == place && remaining.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // it takes a moment to arrive
	}
}
