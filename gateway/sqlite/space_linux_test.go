package sqlite

import (
	"testing"

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
	s.space = space{dir: "/nowhere"}
	if stats, err = s.Stats(t.Context(), storetest.Epoch); err != nil || stats.Disk != nil {
		t.Errorf("the disk of no folder is %+v, %v; want none", stats.Disk, err)
	}
}
