package program

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

// A running program.
type process struct {
	pid   int
	log   string
	ended <-chan struct{}
}

// start runs a program until stop is called. Its output goes to a file:
// writing a log line shall cost what it costs in use.
func (s *Set) start(ctx context.Context, name string, argv ...string) (p process, stop func(), err error) {
	log, err := os.Create(filepath.Join(s.dir, name+".log"))
	if err != nil {
		return p, nil, err
	}
	defer func() { _ = log.Close() }()
	c := s.command(ctx, argv...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return p, nil, err
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	stop = func() { _ = c.Process.Kill(); <-ended }
	return process{c.Process.Pid, log.Name(), ended}, stop, nil
}

// command is argv in an environment of its own, the same for all.
func (s *Set) command(ctx context.Context, argv ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.Dir, c.SysProcAttr = s.dir, dieWithParent()
	c.Env = []string{"GOGC=100", "BENCH_SECRET=" + load.Secret, "HOME=" + s.dir, "XDG_DATA_HOME=" + filepath.Join(s.dir, "data"), "XDG_CONFIG_HOME=" + s.dir}
	return c
}

// until tries again and again, for at most 20 s, and returns the last error
// with the end of the program's log.
func (p process) until(try func() error) error {
	err := try()
	for end := time.Now().Add(20 * time.Second); err != nil && time.Now().Before(end); err = try() {
		select {
		case <-p.ended:
			return fmt.Errorf("ended: %w\n%s", err, tail(p.log))
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, tail(p.log))
	}
	return nil
}

// answering tries whether anybody listens on addr.
func answering(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
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
