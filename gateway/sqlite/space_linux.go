package sqlite

import (
	"errors"

	"golang.org/x/sys/unix"
)

// freeBytes is what is free on the disk of a folder, and whether it is known.
func freeBytes(dir string) (free int64, known bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, false
	}
	return int64(stat.Bavail * uint64(stat.Bsize)), true
}

// freeFiles is how many more files the disk of a folder can have, and whether
// that is known: not every file system counts them.
func freeFiles(dir string) (free int64, known bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil || stat.Files == 0 {
		return 0, false
	}
	return int64(stat.Ffree), true
}

// nfs is the type of network file systems whose locks cannot be relied on.
const nfs = 0x6969

// local refuses a folder in which no store can be.
func local(dir string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return err
	}
	return suits(&stat)
}

// suits refuses a file system whose locks do not hold.
func suits(stat *unix.Statfs_t) error {
	if stat.Type == nfs {
		return errors.New("the store cannot be on NFS, whose locks do not hold: use a local disk")
	}
	return nil
}
