package sqlite

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	engine "zombiezen.com/go/sqlite"
)

// Opening a file reads little of it. When damage is found later, at work, a
// mark is left beside the file, and the next time all of it is checked.

func (s *Store) mark() string { return s.path + "-suspect" }

// accuse leaves the mark. Without it the damage is found at work again.
func (s *Store) accuse() {
	if err := os.WriteFile(s.mark(), nil, 0o600); err != nil {
		s.options.Log.Error("the webhook store cannot be marked as corrupt", "path", s.path, "error", err)
	}
}

// examine checks a file that is marked, and takes the mark away if it is sound.
func (s *Store) examine(c *engine.Conn) error {
	if _, err := os.Stat(s.mark()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	found := "nothing"
	err := guard(func() error {
		_, err := prepare(c, `PRAGMA integrity_check(1)`).one(func(row *engine.Stmt) { found = row.ColumnText(0) })
		return err
	})
	if err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, found)
	}
	return os.Remove(s.mark())
}

// legible reads the whole file, and its log, that nobody has open: of one that
// the disk does not give SQLite says that it is damaged.
func legible(path string) error {
	for _, part := range [...]string{"", "-wal"} {
		f, err := os.Open(path + part)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			_, err = io.Copy(io.Discard, f)
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
