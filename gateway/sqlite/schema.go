package sqlite

import (
	_ "embed"
	"errors"
	"fmt"

	engine "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/internal/failpoint"
)

// Why a file cannot be opened.
var (
	ErrNewer   = errors.New("the store was written by a newer version")
	ErrForeign = errors.New("the file is not a webhook store")
	ErrCorrupt = errors.New("the store is corrupt")
)

// errBroken is a row that cannot be.
var errBroken = fmt.Errorf("%w: a row contradicts another", ErrCorrupt)

// application marks the files of this package: "whgw".
const application = 0x77686777

//go:embed schema/1.sql
var schema1 string

//go:embed schema/2.sql
var schema2 string

//go:embed schema/3.sql
var schema3 string

//go:embed schema/4.sql
var schema4 string

// migrations lead from each version of the schema to the next. What has been
// released is not changed any more.
var migrations = []string{schema1, schema2, schema3, schema4}

// migrate brings the file to the newest version, each step in a transaction of
// its own.
func migrate(c *engine.Conn) error {
	version, err := version(c)
	if err != nil {
		return err
	}
	if version > int64(len(migrations)) {
		return fmt.Errorf("%w: its schema is %d, and this is for %d", ErrNewer, version, len(migrations))
	}
	for ; version < int64(len(migrations)); version++ {
		if err := step(c, version); err != nil {
			return err
		}
	}
	return nil
}

// version is the file's; 0 is an empty file.
func version(c *engine.Conn) (int64, error) {
	id, err1 := number(c, `PRAGMA application_id`)
	version, err2 := number(c, `PRAGMA user_version`)
	tables, err3 := number(c, `SELECT count(*) FROM sqlite_schema`)
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, err
	}
	empty := id == 0 && version == 0 && tables == 0
	if !empty && (id != application || version <= 0) {
		return 0, ErrForeign
	}
	return version, nil
}

func step(c *engine.Conn, from int64) (err error) {
	end, err := sqlitex.ImmediateTransaction(c)
	if err != nil {
		return err
	}
	defer end(&err)
	if from == 0 {
		failpoint.Hit("store.create")
	}
	script := fmt.Sprintf("%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\n", migrations[from], application, from+1)
	if err := sqlitex.ExecuteScript(c, script, nil); err != nil {
		return err
	}
	failpoint.Hit("store.migrate")
	return nil
}

func number(c *engine.Conn, query string) (n int64, err error) {
	_, err = prepare(c, query).one(func(s *engine.Stmt) { n = s.ColumnInt64(0) })
	return n, err
}

// corrupt reports whether err means that the file is damaged.
func corrupt(err error) bool {
	code := engine.ErrCode(err).ToPrimary()
	return code == engine.ResultCorrupt || code == engine.ResultNotADB || errors.Is(err, ErrCorrupt)
}
