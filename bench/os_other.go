//go:build !linux

package main

import (
	"syscall"
	"time"
)

func dieWithParent() *syscall.SysProcAttr { return nil }

func sleepUntil(t time.Time) { time.Sleep(time.Until(t)) }
