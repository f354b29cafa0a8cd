// Package program starts and ends the processes of a benchmark: Caddys, the
// application and the load generator.
package program

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Set is the programs of one benchmark, and the folder they work in. They share
// one environment: the same collector setting, nothing inherited. The end of a
// context kills what was started under it.
type Set struct {
	App      string // address of the application
	Receiver string // address on which the load generator may be the application itself

	dir, self, caddy string
	stopApp          func()
}

// New makes a folder in parent, builds Caddy unless its program is given, and
// starts the application. The caller closes the result.
func New(ctx context.Context, parent, caddy string) (*Set, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := newFolder(parent)
	if err != nil {
		return nil, err
	}
	s := &Set{dir: dir, self: self, caddy: caddy, stopApp: func() {}}
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// newFolder is on a disk: in memory an fsync costs nothing, and proves nothing.
func newFolder(parent string) (string, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", err
	}
	if inMemory(parent) {
		return "", fmt.Errorf("%s is in memory: choose a folder on a disk with -dir", parent)
	}
	return os.MkdirTemp(parent, "bench-")
}

func (s *Set) prepare(ctx context.Context) (err error) {
	if s.caddy == "" {
		s.caddy = filepath.Join(s.dir, "caddy")
		if err := s.build(ctx); err != nil {
			return err
		}
	}
	if s.Receiver, err = freeAddr(); err != nil {
		return err
	}
	if s.App, err = freeAddr(); err != nil {
		return err
	}
	app, stop, err := s.start(ctx, "app", s.self, "app", s.App)
	if err != nil {
		return err
	}
	s.stopApp = stop
	return app.until(func() error { return answering(s.App) })
}

// Close ends the application and removes every file.
func (s *Set) Close() {
	s.stopApp()
	_ = os.RemoveAll(s.dir)
}

func (s *Set) build(ctx context.Context) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", s.caddy, "github.com/webhook-gateway/caddy-webhook-gateway/cmd/caddy")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}
