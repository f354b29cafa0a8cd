package sqlite

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// DiskOf is how the disk stands that a store at path lies on; nil: that is not known.
func DiskOf(path string, l Limits) *gateway.Disk {
	free, known := freeBytes(filepath.Dir(path))
	if !known {
		return nil
	}
	return &gateway.Disk{Free: free, Reserve: l.withDefaults().Reserve}
}

// A space measures what is free on the disk, now and again.
type space struct {
	dir string

	inside atomic.Int64 // free in the file itself, as the writer saw it when the disk was low

	mu    sync.Mutex
	at    time.Time
	free  int64
	known bool
}

// spaceAge is how old a measurement may be.
const spaceAge = 100 * time.Millisecond

// measure is how many bytes are free, and whether that can be known.
func (s *space) measure(now time.Time) (free int64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || now.Sub(s.at).Abs() >= spaceAge {
		s.at = now
		s.free, s.known = freeBytes(s.dir)
	}
	return s.free, s.known
}

// low reports whether less than reserve is free on the disk. Where that is not
// known, the next write will tell.
func (s *space) low(now time.Time, reserve int64) bool {
	free, known := s.measure(now)
	return known && free < reserve
}

// full reports whether that is so also with what is free in the file, which
// never shrinks.
func (s *space) full(now time.Time, reserve int64) bool {
	free, known := s.measure(now)
	return known && free+s.inside.Load() < reserve
}
