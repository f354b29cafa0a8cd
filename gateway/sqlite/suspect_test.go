package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// root is where the table's first page is in the file.
func root(t *testing.T, path, table string) int64 {
	t.Helper()
	c, err := connect(path, readerCache)
	must(t, err)
	var page int64
	_, err = prepare(c, `SELECT rootpage FROM sqlite_schema WHERE name = ?`).text(table).one(func(s *engine.Stmt) { page = s.ColumnInt64(0) })
	must(t, errors.Join(err, c.Close()))
	return (page - 1) * pageSize
}

// TestDamageFoundAtWork: what opening does not see is seen the next time.
func TestDamageFoundAtWork(t *testing.T) {
	path := closed(t)
	overwrite(t, path, root(t, path, "events"), "no page of a table")
	s := openAt(t, path, testOptions(t))
	leased, _, err := s.Lease(t.Context(), to, storetest.Epoch, storetest.Epoch, 1)
	if err == nil {
		err = s.Load(t.Context(), leased[0])
	}
	if !errors.Is(err, gateway.ErrFailed) {
		t.Fatalf("Load = %v, want %v", err, gateway.ErrFailed)
	}
	must(t, s.Close())
	o := testOptions(t)
	if _, err := Open(path, o); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("Open = %v, want %v", err, ErrCorrupt)
	}
	o.Quarantine = true
	mustAppend(t, openAt(t, path, o), storetest.Entry("a", to)) // nothing is known any more
	expectNoMark(t, path)
}

// TestMarkOfASoundFile: the file was mended, or replaced.
func TestMarkOfASoundFile(t *testing.T) {
	path := closed(t)
	must(t, os.WriteFile(path+"-suspect", nil, 0o600))
	expectEvents(t, openAt(t, path, testOptions(t)), 1)
	expectNoMark(t, path)
}

func expectNoMark(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path + "-suspect"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the mark: %v, want it gone", err)
	}
}
