//go:build unix

package sqlite

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"
	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// BenchmarkDriver stores events and their deliveries in transactions of 64, with
// the same statements by this package's driver and by database/sql, over the
// same engine.
func BenchmarkDriver(b *testing.B) {
	const (
		insert  = `INSERT INTO events VALUES (?, ?, ?, ?, ?)`
		deliver = `INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`
		group   = 64
	)
	r := newRecord(storetest.Entry("a", to))
	r.body = make([]byte, 2<<10)
	b.Run("zombiezen", func(b *testing.B) {
		c := benchFile(b)
		spent := cpu()
		for n := int64(1); b.Loop(); n += group {
			must(b, prepare(c, `BEGIN IMMEDIATE`).run())
			for i := range int64(group) {
				must(b, prepare(c, insert).int(n+i).bytes(r.keys.key[:]).int(r.sum).bytes(r.head).bytes(r.body).run())
				must(b, prepare(c, deliver).int(n+i, 0, 1, 1, 0, 0, 0, r.received, r.received, 2<<10, 1).null().null().run())
			}
			must(b, prepare(c, `COMMIT`).run())
		}
		b.ReportMetric(float64((cpu()-spent).Nanoseconds())/float64(b.N*group), "cpu-ns/event")
	})
	b.Run("database-sql", func(b *testing.B) {
		db, err := sql.Open("sqlite", databasePath(benchFile(b)))
		must(b, err)
		b.Cleanup(func() { _ = db.Close() })
		first, err := db.Prepare(insert)
		must(b, err)
		second, err := db.Prepare(deliver)
		must(b, err)
		spent := cpu()
		for n := int64(1); b.Loop(); n += group {
			tx, err := db.Begin()
			must(b, err)
			event, delivery := tx.Stmt(first), tx.Stmt(second)
			for i := range int64(group) {
				_, err := event.Exec(n+i, r.keys.key[:], r.sum, r.head, r.body)
				must(b, err)
				_, err = delivery.Exec(n+i, 0, 1, 1, 0, 0, 0, r.received, r.received, 2<<10, 1, nil, nil)
				must(b, err)
			}
			must(b, tx.Commit())
		}
		b.ReportMetric(float64((cpu()-spent).Nanoseconds())/float64(b.N*group), "cpu-ns/event")
	})
}

// benchFile is a file with the schema, without syncs: they cost both the same.
func benchFile(b *testing.B) *engine.Conn {
	path := filepath.Join(b.TempDir(), "hooks.db")
	c, err := engine.OpenConn(path, engine.OpenReadWrite, engine.OpenCreate, engine.OpenWAL)
	must(b, err)
	b.Cleanup(func() { must(b, c.Close()) })
	must(b, migrate(c))
	must(b, prepare(c, `PRAGMA synchronous = OFF`).run())
	return c
}

func databasePath(c *engine.Conn) (path string) {
	_, _ = prepare(c, `SELECT file FROM pragma_database_list`).one(func(s *engine.Stmt) { path = s.ColumnText(0) })
	return "file:" + path + "?_pragma=synchronous(OFF)"
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
