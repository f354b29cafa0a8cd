package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

var to = gateway.Address{Endpoint: "stripe", Destination: "main"}

// script runs SQL on the file at path.
func script(t *testing.T, path, sql string) {
	t.Helper()
	c, err := engine.OpenConn(path, engine.OpenReadWrite, engine.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlitex.ExecuteScript(c, sql, nil), c.Close()); err != nil {
		t.Fatal(err)
	}
}

// closed is the path of a store with a pending event, "a", that is closed.
func closed(t testing.TB) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "hooks.db")
	s := openAt(t, path, testOptions(t))
	mustAppend(t, s, storetest.Entry("a", to))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustAppend(t testing.TB, s *Store, e *gateway.Entry) {
	t.Helper()
	if claim, err := s.Append(t.Context(), e); err != nil || claim != gateway.Ours {
		t.Fatalf("Append = %v, %v; want Ours", claim, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(path string)
		want  error
	}{
		{"newer schema", func(path string) { script(t, path, "PRAGMA user_version = 1000") }, ErrNewer},
		{"another program's", func(path string) { script(t, path, "PRAGMA application_id = 1") }, ErrForeign},
		{"without a version", func(path string) { script(t, path, "PRAGMA user_version = 0") }, ErrForeign},
		{"a table is gone", func(path string) { script(t, path, "DROP TABLE deliveries") }, ErrCorrupt},
		{"no database", func(path string) { overwrite(t, path, 0, strings.Repeat("no database ", 100)) }, ErrCorrupt},
		{"cut short", func(path string) { _ = os.Truncate(path, 3*pageSize) }, ErrCorrupt},
		{"schema overwritten", func(path string) { overwrite(t, path, 100, strings.Repeat("\xff", 200)) }, ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := closed(t)
			tt.spoil(path)
			s, err := Open(path, testOptions(t))
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open = %v, want %v with the path", err, tt.want)
			}
			if err == nil {
				_ = s.Close()
			}
		})
	}
}

func overwrite(t *testing.T, path string, at int64, with string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte(with), at)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestQuarantine(t *testing.T) {
	path := closed(t)
	overwrite(t, path, 0, "no database")
	o := testOptions(t)
	o.Quarantine, o.Now = true, func() time.Time { return storetest.Epoch }
	s := openAt(t, path, o)
	mustAppend(t, s, storetest.Entry("a", to)) // nothing is known any more
	aside, err := os.ReadFile(path + ".corrupt-" + strconv.FormatInt(storetest.Epoch.Unix(), 10))
	if err != nil || !strings.HasPrefix(string(aside), "no database") {
		t.Errorf("put aside is %.20q, %v; want the corrupt file", aside, err)
	}
}

func TestQuarantineKeepsForeign(t *testing.T) {
	path := closed(t)
	script(t, path, "PRAGMA application_id = 1")
	o := testOptions(t)
	o.Quarantine = true
	if _, err := Open(path, o); !errors.Is(err, ErrForeign) {
		t.Errorf("Open = %v, want %v", err, ErrForeign)
	}
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hooks.db")
	first := openAt(t, path, testOptions(t))
	_, err := Open(path, testOptions(t))
	if !errors.Is(err, ErrLocked) {
		t.Fatalf("Open = %v, want %v", err, ErrLocked)
	}
	for _, part := range []string{path, "pid " + strconv.Itoa(os.Getpid())} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error is %q, which does not say %q", err, part)
		}
	}
	mustAppend(t, first, storetest.Entry("a", to)) // unharmed
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := openAt(t, path, testOptions(t))
	if known, err := second.Known(t.Context(), storetest.Epoch, gateway.NewKey("a")); !known || err != nil {
		t.Errorf("Known = %v, %v; want what was stored before", known, err)
	}
}

func TestOpenGivesLeasesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hooks.db")
	o := testOptions(t)
	s := openAt(t, path, o)
	mustAppend(t, s, storetest.Entry("a", to))
	late := storetest.Epoch.Add(1000 * time.Hour)
	before, _, err := s.Lease(t.Context(), to, storetest.Epoch, late, 1)
	if len(before) != 1 || err != nil {
		t.Fatalf("Lease = %v, %v; want one", before, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	now := storetest.Epoch.Add(time.Minute)
	o.Now = func() time.Time { return now }
	s = openAt(t, path, o)
	again, _, err := s.Lease(t.Context(), to, now, late, 1)
	if len(again) != 1 || err != nil || again[0].Attempt != 2 || again[0].Spent != 0 {
		t.Fatalf("Lease = %v, %v; want it again, with nothing spent", again, err)
	}
	if _, err := s.Finish(t.Context(), before[0]); !errors.Is(err, gateway.ErrLeaseLost) {
		t.Errorf("Finish by the process before = %v, want %v", err, gateway.ErrLeaseLost)
	}
}

func TestFileModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	s := openAt(t, filepath.Join(dir, "hooks.db"), testOptions(t))
	mustAppend(t, s, storetest.Entry("a", to))
	if err := s.Backup(t.Context(), filepath.Join(dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 5 { // the store, its log and index, the lock, the copy
		t.Fatalf("ReadDir = %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, %v; want 0600", f.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v, %v; want 0700", info.Mode(), err)
	}
}

func TestBackup(t *testing.T) {
	s := openNew(t)
	mustAppend(t, s, storetest.Entry("a", to))
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := s.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(t.Context(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("Backup over a file = %v, want %v", err, os.ErrExist)
	}
	list := everything(t, openAt(t, path, testOptions(t)))
	if len(list) != 1 || list[0].Event.ID != "a" {
		t.Errorf("the copy has %v; want the event", list)
	}
}

// TestLatest: whoever works with the store learns how far its clock had come.
func TestLatest(t *testing.T) {
	if latest := openNew(t).Latest(); !latest.IsZero() {
		t.Errorf("Latest of an empty store = %v, want none", latest)
	}
	if latest := openAt(t, closed(t), testOptions(t)).Latest(); !latest.Equal(storetest.Epoch) {
		t.Errorf("Latest = %v, want %v", latest, storetest.Epoch)
	}
}
