package torture

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDiskFull takes the space away, gives it back, and takes it again.
func TestDiskFull(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reserve string
		left    uint64 // bytes that are left of the disk
	}{
		{"to the reserve", "4MiB", 2 << 20},
		{"to the last byte", "4KiB", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode store" + quick, store: "reserve " + tt.reserve})
			disk := newDisk(t)
			tr.store = filepath.Join(disk, "webhooks.db")
			p := tr.begin()
			l := tr.load(senders)
			for range 2 {
				tr.app.down()
				tr.awaitMore(p, 50, acknowledged)
				free := fill(t, disk, tt.left)
				tr.awaitMore(p, 100, refused)
				tr.app.up()
				if tt.left > 0 { // what the reserve is for
					tr.drain()
				}
				free()
				tr.awaitMore(p, 100, acknowledged)
			}
			if tr.metric("requests_total", `outcome="store_full"`) == 0 {
				t.Error("nothing was refused as store_full")
			}
			l.end()
			tr.finish(p)
		})
	}
}

// newDisk mounts a small file system.
func newDisk(t *testing.T) string { return mountDisk(t, 0, "size=24m") }

// mountDisk mounts a file system in memory.
func mountDisk(t *testing.T, flags uintptr, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Fatalf("mounting a small tmpfs, for which this test must be run as root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves only some bytes on the disk, until free is called.
func fill(t *testing.T, disk string, left uint64) (free func()) {
	t.Helper()
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, available(t, disk)-left), 0o600); err != nil && !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if now := available(t, disk); now < left { // the gateway was quicker, and has some of it
		file, err := os.Stat(ballast)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(ballast, max(0, file.Size()-int64(left-now))); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

// available is how many bytes are free on the disk.
func available(t *testing.T, disk string) uint64 {
	t.Helper()
	var fs unix.Statfs_t
	if err := unix.Statfs(disk, &fs); err != nil {
		t.Fatal(err)
	}
	return fs.Bavail * uint64(fs.Bsize)
}
