package sqlite

import (
	"bytes"
	"compress/gzip"
	"embed"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

//go:embed testdata/v*.db.gz
var golden embed.FS

var write = flag.String("golden", "", "write the file that the golden test opens, for a new version of the schema, to this path")

// TestGolden opens a file of each version that has been. They must never change.
func TestGolden(t *testing.T) {
	if *write != "" {
		writeGolden(t, *write)
		return
	}
	for version := range migrations {
		t.Run(fmt.Sprint(version+1), func(t *testing.T) { testGolden(t, goldenFile(t, version+1)) })
	}
}

// goldenFile is the path of a copy of what the version wrote.
func goldenFile(t *testing.T, version int) (path string) {
	t.Helper()
	zipped, err := golden.Open(fmt.Sprintf("testdata/v%d.db.gz", version))
	must(t, err)
	unzipped, err := gzip.NewReader(zipped)
	must(t, err)
	file, err := io.ReadAll(unzipped)
	must(t, err)
	path = filepath.Join(t.TempDir(), "hooks.db")
	must(t, os.WriteFile(path, file, 0o600))
	return path
}

func testGolden(t *testing.T, path string) {
	s := openAt(t, path, testOptions(t))
	page, err := s.List(t.Context(), gateway.Filter{}, 10)
	list := page.Deliveries
	if err != nil || len(list) != 2 || list[0].State != gateway.Pending || list[1].State != gateway.Dead {
		t.Fatalf("List = %v, %v; want a pending delivery and a dead one", list, err)
	}
	if err := s.Load(t.Context(), list[1]); err != nil {
		t.Fatal(err)
	}
	want := storetest.Event("dead")
	want.Attempt = 1
	if diff := cmp.Diff(want, list[1].Event, cmpopts.IgnoreUnexported(gateway.Event{}), cmpopts.EquateComparable(want.Sender)); diff != "" {
		t.Errorf("the event (-want +got):\n%s", diff)
	}
	for name, want := range map[string]bool{"dead": false, "waiting": true} {
		if known, err := s.Known(t.Context(), storetest.Epoch, gateway.NewKey(name)); known != want || err != nil {
			t.Errorf("Known(%s) = %v, %v; want %v", name, known, err, want)
		}
	}
}

func writeGolden(t *testing.T, path string) {
	file := filepath.Join(t.TempDir(), "hooks.db")
	s := openAt(t, file, testOptions(t))
	mustAppend(t, s, storetest.Entry("dead", to))
	mustAppend(t, s, storetest.Entry("waiting", to))
	leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch.Add(time.Hour), 1)
	must(t, err)
	leased[0].State, leased[0].LastAttempt = gateway.Dead, gateway.Attempt{Number: 1, Start: storetest.Epoch, Status: 410, Reason: gateway.ReasonStatus}
	_, err = s.Finish(t.Context(), leased[0])
	must(t, err)
	must(t, s.Close())
	plain, err := os.ReadFile(file)
	must(t, err)
	var zipped bytes.Buffer
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	must(t, err)
	_, err = z.Write(plain)
	must(t, err)
	must(t, z.Close())
	must(t, os.WriteFile(path, zipped.Bytes(), 0o644))
}
