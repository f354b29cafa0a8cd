package torture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	store "github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// TestOpenFull opens stores on disks that are full, each more than the last:
// whichever of its files has no room, nothing is wrong with the store.
func TestOpenFull(t *testing.T) {
	for _, leased := range []int{0, 40} {
		disk := newDisk(t)
		path := filepath.Join(disk, "webhooks.db")
		hold(t, path, leased)
		for _, left := range []uint64{40 << 10, 20 << 10, 4 << 10, 0} {
			free := fill(t, disk, left)
			s, err := store.Open(path, storeOptions)
			switch {
			case err == nil && left > 20<<10 && leased == 0: // that little is enough
				closeStore(t, s)
			case !errors.Is(err, gateway.ErrFull) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "bytes are free"):
				t.Errorf("%d leases, %d bytes left: Open = %v, want %v with the path and what is free", leased, left, err, gateway.ErrFull)
			}
			free()
			expectAlone(t, path)
		}
		s := openStore(t, path)
		stats, err := s.Stats(t.Context(), time.Now())
		if err != nil || stats.Unsettled != 50 {
			t.Errorf("%d events are left, %v; want 50", stats.Unsettled, err)
		}
		closeStore(t, s)
	}
}

// TestOpenNew makes stores where there is no room for one.
func TestOpenNew(t *testing.T) {
	for _, left := range []uint64{64 << 10, 40 << 10, 20 << 10, 4 << 10, 0} {
		disk := newDisk(t)
		path := filepath.Join(disk, "webhooks", "webhooks.db")
		free := fill(t, disk, left)
		if _, err := store.Open(path, storeOptions); !errors.Is(err, gateway.ErrFull) {
			t.Errorf("%d bytes left: Open = %v, want %v", left, err, gateway.ErrFull)
		}
		free()
		closeStore(t, openStore(t, path))
		expectAlone(t, path)
	}
}

// TestOpenUnwritable opens stores on disks that take no files, for other reasons.
func TestOpenUnwritable(t *testing.T) {
	disk := mountDisk(t, 0, "size=24m,nr_inodes=4") // one is the folder
	path := filepath.Join(disk, "webhooks.db")
	for i := range 3 { // the last of SQLite's files, then others, then the lock
		if err := os.WriteFile(filepath.Join(disk, fmt.Sprint(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(path, storeOptions); !errors.Is(err, gateway.ErrFull) || !strings.Contains(err.Error(), "no inode is free") {
			t.Errorf("%d inodes left: Open = %v, want %v for want of an inode", 2-i, err, gateway.ErrFull)
		}
		for _, part := range []string{"", ".lock", "-wal", "-shm"} {
			_ = os.Remove(path + part) // not all are there
		}
	}
	disk = newDisk(t)
	hold(t, filepath.Join(disk, "webhooks.db"), 0)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(filepath.Join(disk, "webhooks.db"), storeOptions); !errors.Is(err, syscall.EROFS) || errors.Is(err, gateway.ErrFull) {
		t.Errorf("Open on a disk that is read-only = %v, want %v", err, syscall.EROFS)
	}
}

// storeOptions would have a store that seems damaged put aside.
var storeOptions = store.Options{Quarantine: true, Now: time.Now, Limits: store.Limits{Reserve: 1}}

func openStore(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(path, storeOptions)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// hold leaves a store with 50 events, some of them leased.
func hold(t *testing.T, path string, leased int) {
	t.Helper()
	s, to, now := openStore(t, path), gateway.Address{Endpoint: "hook", Destination: "default"}, time.Now()
	for i := range 50 {
		e := &gateway.Event{Endpoint: "hook", ID: fmt.Sprint(i), Method: "POST", Target: "/hook", ReceivedAt: now}
		if _, err := s.Append(t.Context(), &gateway.Entry{Event: e, Deliveries: []*gateway.Delivery{{Event: e, Address: to, ReceivedAt: now, Due: now}}}); err != nil {
			t.Fatal(err)
		}
	}
	if d, _, err := s.Lease(t.Context(), to, now, now.Add(time.Hour), leased); err != nil || len(d) != leased {
		t.Fatalf("leased %d, %v; want %d", len(d), err, leased)
	}
	closeStore(t, s)
}

// expectAlone checks that the store has neither been put aside nor marked.
func expectAlone(t *testing.T, path string) {
	t.Helper()
	others, err := filepath.Glob(path + "?*")
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range others {
		if strings.Contains(other, ".corrupt-") || strings.HasSuffix(other, "-suspect") {
			t.Errorf("the store counts as damaged: there is %s", other)
		}
	}
}
