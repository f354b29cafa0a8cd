package sqlite

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A space measures what is free on the disk, now and again.
type space struct {
	dir string

	mu   sync.Mutex
	at   time.Time
	free int64
}

// spaceAge is how old a measurement may be.
const spaceAge = 100 * time.Millisecond

// low reports whether less than reserve is free.
func (s *space) low(now time.Time, reserve int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || now.Sub(s.at).Abs() >= spaceAge {
		var stat unix.Statfs_t
		if err := unix.Statfs(s.dir, &stat); err != nil {
			return false // the next write will tell
		}
		s.at, s.free = now, int64(stat.Bavail)*stat.Bsize
	}
	return s.free < reserve
}

// nfs is the type of network file systems whose locks cannot be relied on.
const nfs = 0x6969

// local refuses a folder in which no store can be.
func local(dir string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return err
	}
	if stat.Type == nfs {
		return errors.New("the store cannot be on NFS, whose locks do not hold: use a local disk")
	}
	return nil
}
