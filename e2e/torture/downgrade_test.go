package torture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// newest is the schema of the gateway under test.
const newest = 4

// downgrades lead from each version of the schema to the one before, as it was
// written then.
var downgrades = map[int]string{
	4: `ALTER TABLE deliveries DROP COLUMN replayed`,
	3: `DROP TABLE keys; DROP TABLE runs; DELETE FROM claims; ALTER TABLE old_keys RENAME TO keys`,
	2: `ALTER TABLE deliveries DROP COLUMN reference; ALTER TABLE deliveries DROP COLUMN type`,
}

// downgrade gives the store, which nobody has open, an older schema.
func (tr *trial) downgrade(version int) {
	tr.t.Helper()
	c, err := sqlite.OpenConn(tr.store, sqlite.OpenReadWrite)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer c.Close()
	for v := tr.schema(); v > version; v-- {
		script := fmt.Sprintf("%s; PRAGMA user_version = %d;", downgrades[v], v-1)
		if v == 3 {
			script = tr.ranges(c) + script
		}
		if err := sqlitex.ExecuteScript(c, script, nil); err != nil {
			tr.t.Fatal(err)
		}
	}
}

// ranges is a script that makes old_keys, of all claims: until version 2 the
// table keys was of ranges of keys, and the later one's lists were in it.
func (tr *trial) ranges(c *sqlite.Conn) string {
	tr.t.Helper()
	const half, size, perRange = 16, 32, 40
	claims := make(map[string]string) // the last one of each key counts
	err := sqlitex.ExecuteTransient(c, `SELECT list FROM (SELECT 0 AS lately, id AS nth, list FROM keys UNION ALL SELECT 1, id, list FROM claims) ORDER BY lately, nth`,
		&sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
			list := make([]byte, s.ColumnLen(0))
			s.ColumnBytes(0, list)
			for claim := range slices.Chunk(list, size) {
				claims[string(claim[:half])] = string(claim)
			}
			return nil
		}})
	if err != nil {
		tr.t.Fatal(err)
	}
	var script bytes.Buffer
	script.WriteString("CREATE TABLE old_keys (first INTEGER PRIMARY KEY, list BLOB NOT NULL);\n")
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(claims)), perRange) {
		var list string
		for _, k := range keys {
			list += claims[k]
		}
		fmt.Fprintf(&script, "INSERT INTO old_keys VALUES (%d, x'%x');\n", int64(binary.BigEndian.Uint64([]byte(keys[0]))^1<<63), list)
	}
	return script.String()
}

// schema is the version of the store's.
func (tr *trial) schema() (version int) {
	tr.t.Helper()
	tr.query("PRAGMA user_version", func(answer string) {
		var err error
		if version, err = strconv.Atoi(answer); err != nil {
			tr.t.Error(err)
		}
	})
	return version
}

func (tr *trial) expectSchema(want int) {
	tr.t.Helper()
	if got := tr.schema(); got != want {
		tr.t.Errorf("the store's schema is %d, want %d", got, want)
	}
}
