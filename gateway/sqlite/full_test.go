package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	engine "zombiezen.com/go/sqlite"
)

// TestLacksRoom: e2e/torture has real disks that are full.
func TestLacksRoom(t *testing.T) {
	ample := room{bytes: 1 << 30, files: 1000, bytesKnown: true, filesKnown: true}
	short := room{bytes: 4096, files: 1000, bytesKnown: true, filesKnown: true}
	noFile := room{bytes: 1 << 30, bytesKnown: true, filesKnown: true}
	tests := []struct {
		odd  string
		room room
		err  error
		want bool
	}{
		{"SQLite says so", room{}, engine.ResultFull.ToError(), true},
		{"the system says so", room{}, &fs.PathError{Op: "write", Path: "lock", Err: syscall.ENOSPC}, true},
		{"a quota", ample, &fs.PathError{Op: "write", Path: "lock", Err: syscall.EDQUOT}, true},
		{"the index of the log", short, engine.ResultIOErrSHMSize.ToError(), true},
		{"the index of the log, no inode", noFile, engine.ResultCantOpen.ToError(), true},
		{"a disk with room", ample, engine.ResultIOErrSHMSize.ToError(), false},
		{"nothing is known of the disk", room{}, engine.ResultIOErrSHMSize.ToError(), false},
		{"read-only", short, &fs.PathError{Op: "open", Path: "lock", Err: syscall.EROFS}, false},
		{"damaged", short, engine.ResultCorrupt.ToError(), false},
		{"damaged, and the system has no space", short, errors.Join(engine.ResultCorrupt.ToError(), syscall.ENOSPC), false},
		{"newer", short, fmt.Errorf("%w: its schema is 9", ErrNewer), false},
		{"held", short, fmt.Errorf("%w, pid 1", ErrLocked), false},
	}
	for _, tt := range tests {
		if got := tt.room.lacks(tt.err); got != tt.want {
			t.Errorf("%s: lacks(%v) = %v, want %v", tt.odd, tt.err, got, tt.want)
		}
	}
}
