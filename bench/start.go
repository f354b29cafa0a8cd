package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// start runs a program until stop is called, and returns once addr answers.
// Its output goes to a file: writing a log line shall cost what it costs in use.
func (p *processes) start(ctx context.Context, name, addr string, argv ...string) (pid int, stop func(), err error) {
	log, err := os.Create(filepath.Join(p.dir, name+".log"))
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = log.Close() }()
	c := p.command(ctx, argv...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return 0, nil, err
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	stop = func() { _ = c.Process.Kill(); <-ended }
	if err := listening(addr, ended); err != nil {
		stop()
		return 0, nil, fmt.Errorf("%w\n%s", err, tail(log.Name()))
	}
	return c.Process.Pid, stop, nil
}

// command is argv in an environment of its own, the same for all.
func (p *processes) command(ctx context.Context, argv ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Dir, c.SysProcAttr = p.dir, dieWithParent()
	c.Env = []string{"GOGC=100", "BENCH_SECRET=" + secret, "HOME=" + p.dir, "XDG_DATA_HOME=" + p.dir, "XDG_CONFIG_HOME=" + p.dir}
	return c
}

// listening waits for addr to accept, at most 20 s.
func listening(addr string, ended <-chan struct{}) error {
	for range 200 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("ended before it listened on %s", addr)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("does not listen on %s", addr)
}

// freeAddr is a loopback address nobody listens on at the moment.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// tail is the end of a log, for an error message.
func tail(file string) []byte {
	b, _ := os.ReadFile(file)
	return b[max(0, len(b)-2000):]
}
