//go:build !linux

package program

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }

func inMemory(string) bool { return false }
