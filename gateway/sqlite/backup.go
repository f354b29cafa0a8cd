package sqlite

import (
	"context"
	"errors"
	"os"

	engine "zombiezen.com/go/sqlite"
)

// Backup is gateway.Archive's. It fails when there is a file at path; the copy
// is a store that can be opened. The log grows while it is being written.
func (s *Store) Backup(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = s.readLong(ctx, func(c *engine.Conn) error { return prepare(c, `VACUUM INTO ?`).text(path).run() })
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
