package admin

import (
	"errors"
	"io/fs"
	"net/http"
	"path/filepath"
)

// backup answers POST backup, where that may be.
func (c *call) backup() (Done, error) {
	if !c.Backups {
		return Done{}, fail(http.StatusForbidden, "backups are made on Caddy's admin endpoint only")
	}
	var asked BackupRequest
	if err := c.decode(&asked); err != nil {
		return Done{}, err
	}
	if err := c.parameters(); err != nil {
		return Done{}, err
	}
	if !filepath.IsAbs(asked.Path) {
		return Done{}, fail(http.StatusBadRequest, "path: %q is not absolute", asked.Path)
	}
	e, err := c.engine()
	if err != nil {
		return Done{}, err
	}
	err = e.Store.Backup(c.Context(), asked.Path)
	if errors.Is(err, fs.ErrExist) {
		return Done{}, fail(http.StatusConflict, "%s is there already", asked.Path)
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return Done{}, fail(http.StatusBadRequest, "the file cannot be written: %w", err)
	}
	return Done{err == nil}, err
}
