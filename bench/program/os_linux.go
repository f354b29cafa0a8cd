package program

import "syscall"

// dieWithParent ends a child even when this program is killed outright.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// Types of file systems, as statfs gives them.
const (
	tmpfs = 0x01021994
	ramfs = 0x858458f6
)

// inMemory reports whether what is written to the folder never gets to a disk.
func inMemory(folder string) bool {
	var s syscall.Statfs_t
	return syscall.Statfs(folder, &s) == nil && (uint32(s.Type) == tmpfs || uint32(s.Type) == ramfs)
}
