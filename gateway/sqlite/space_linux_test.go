package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// TestDisk: the stats tell what is free, and what must be.
func TestDisk(t *testing.T) {
	s := openNew(t)
	stats, err := s.Stats(t.Context(), storetest.Epoch)
	must(t, err)
	if d := stats.Disk; d == nil || d.Free <= 0 || d.Reserve != 64<<20 {
		t.Errorf("the disk is %+v; want free bytes, and the default reserve", d)
	}
	s.space.dir, s.space.at = "/nowhere", time.Time{}
	if stats, err = s.Stats(t.Context(), storetest.Epoch); err != nil || stats.Disk != nil {
		t.Errorf("the disk of no folder is %+v, %v; want none", stats.Disk, err)
	}
}

// emptyDisk opens a store whose disk has nothing left, for ever.
func emptyDisk(t *testing.T, path string) *Store {
	t.Helper()
	o := testOptions(t)
	o.Now = func() time.Time { return storetest.Epoch }
	s := openAt(t, path, o)
	s.Configure(Limits{Reserve: 1 << 20, RetainFor: storetest.Retention, CommitWithin: time.Minute})
	s.space.mu.Lock()
	defer s.space.mu.Unlock()
	s.space.at, s.space.free, s.space.known = storetest.Epoch, 0, true
	return s
}

// TestFreeInTheFile: a file that is as large as the disk, and empty, has room.
func TestFreeInTheFile(t *testing.T) {
	s := openNew(t)
	large := storetest.Entry("large", to)
	large.Event.Body = make([]byte, 4<<20)
	mustAppend(t, s, large)
	must(t, s.Close())
	s = emptyDisk(t, s.path)
	if _, err := s.Append(t.Context(), storetest.Entry("1", to)); !errors.Is(err, gateway.ErrFull) {
		t.Fatalf("Append = %v, want %v", err, gateway.ErrFull)
	}
	expectHealth(t, s, gateway.Full, gateway.ErrFull)
	if n, err := s.Discard(t.Context(), gateway.Filter{}, 10); n != 1 || err != nil {
		t.Fatalf("Discard = %d, %v; want 1", n, err)
	}
	mustAppend(t, s, storetest.Entry("1", to))
	expectHealth(t, s, gateway.Ready, nil)
}

// TestNotesLeaveTheReserve: when the disk is full only their keys are kept.
func TestNotesLeaveTheReserve(t *testing.T) {
	s := emptyDisk(t, closed(t))
	for i := range 3 {
		e := storetest.Entry(fmt.Sprint("noted ", i), to)
		e.Deliveries[0].State = gateway.Delivered
		s.Note(e)
	}
	must(t, s.do(t.Context(), setting("PRAGMA user_version"), 0, 0)) // behind them
	expectEvents(t, s, 1)
	if known, err := s.Known(t.Context(), storetest.Epoch, gateway.NewKey("noted 2")); !known || err != nil {
		t.Errorf("Known = %v, %v; want true", known, err)
	}
}

// TestNFS: a store is refused where a lock keeps nobody out.
func TestNFS(t *testing.T) {
	if err := suits(&unix.Statfs_t{Type: nfs}); err == nil || !strings.Contains(err.Error(), "NFS") || !strings.Contains(err.Error(), "local disk") {
		t.Errorf("suits(NFS) = %v; want it refused, with what to do", err)
	}
	for name, stat := range map[string]unix.Statfs_t{"ext4": {Type: unix.EXT4_SUPER_MAGIC}, "XFS": {Type: unix.XFS_SUPER_MAGIC}, "tmpfs": {Type: unix.TMPFS_MAGIC}} {
		if err := suits(&stat); err != nil {
			t.Errorf("suits(%s) = %v", name, err)
		}
	}
	if err := local(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("local(none) = %v, want %v", err, fs.ErrNotExist)
	}
}
