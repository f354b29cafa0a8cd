package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	engine "zombiezen.com/go/sqlite"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// openRoom is more than SQLite's own files need when a store is opened, in bytes.
const openRoom = 1 << 20

// A room is what is free on a disk.
type room struct {
	bytes, files           int64
	bytesKnown, filesKnown bool
}

func roomIn(dir string) (r room) {
	r.bytes, r.bytesKnown = freeBytes(dir)
	r.files, r.filesKnown = freeFiles(dir)
	return r
}

// String says what is free, to who could not open a store.
func (r room) String() string {
	switch {
	case r.filesKnown && r.files == 0:
		return "it cannot be opened, for no inode is free on its disk"
	case r.bytesKnown:
		return fmt.Sprintf("it cannot be opened, for only %d bytes are free on its disk", r.bytes)
	}
	return "it cannot be opened, for its disk is"
}

// fullOr is err, of opening the store at path; ErrFull with what is free, if
// that is why.
func fullOr(path string, err error) error {
	r := roomIn(filepath.Dir(path))
	if !r.lacks(err) {
		return err
	}
	return fmt.Errorf("%s: %w: %v: %w", path, gateway.ErrFull, r, err)
}

// lacks reports whether err comes of a lack of room. SQLite does not always say
// so: that it cannot make the index of its log is to it an error like others.
func (r room) lacks(err error) bool {
	switch code := engine.ErrCode(err).ToPrimary(); {
	case corrupt(err):
		return false
	case code == engine.ResultFull, errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return true
	case code == engine.ResultIOErr, code == engine.ResultCantOpen:
		return r.bytesKnown && r.bytes < openRoom || r.filesKnown && r.files == 0
	}
	return false
}
