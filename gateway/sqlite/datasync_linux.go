package sqlite

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync makes what was written to f durable, and its size, but not when it
// was written.
func datasync(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
