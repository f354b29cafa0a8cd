package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// processes starts the programs and ends them; the end of a context kills what
// was started under it.
// They share one environment: the same collector setting, nothing inherited.
type processes struct {
	dir, self, caddy string
	app              string // address of the application
	stopApp          func()
}

// newProcesses builds Caddy unless given, and starts the application.
// The caller closes the result.
func newProcesses(ctx context.Context, caddy string) (*processes, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	p := &processes{dir: dir, self: self, caddy: caddy, stopApp: func() {}}
	if err := p.prepare(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *processes) prepare(ctx context.Context) (err error) {
	if p.caddy == "" {
		p.caddy = filepath.Join(p.dir, "caddy")
		if err := p.build(ctx); err != nil {
			return err
		}
	}
	if p.app, err = freeAddr(); err != nil {
		return err
	}
	_, p.stopApp, err = p.start(ctx, "app", p.app, p.self, "app", p.app)
	return err
}

// close ends the application and removes every file.
func (p *processes) close() {
	p.stopApp()
	_ = os.RemoveAll(p.dir)
}

func (p *processes) build(ctx context.Context) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", p.caddy, "github.com/webhook-gateway/caddy-webhook-gateway/cmd/caddy")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// startAll starts a Caddy for each target. stop is never nil.
func (p *processes) startAll(ctx context.Context, ts []*target) (aims []aim, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, t := range ts {
		a, s, err := p.startCaddy(ctx, t)
		if err != nil {
			return nil, stop, fmt.Errorf("%s: %w", t.name, err)
		}
		aims, stops = append(aims, a), append(stops, s)
	}
	// Caddy starts its apps in any order: the port can be open before the gateway is.
	time.Sleep(500 * time.Millisecond)
	return aims, stop, nil
}

func (p *processes) startCaddy(ctx context.Context, t *target) (aim, func(), error) {
	addr, err := freeAddr()
	if err != nil {
		return aim{}, nil, err
	}
	file := filepath.Join(p.dir, t.name+".Caddyfile")
	if err := os.WriteFile(file, []byte(t.caddyfile(addr, p.app)), 0o600); err != nil {
		return aim{}, nil, err
	}
	pid, stop, err := p.start(ctx, t.name, addr, p.caddy, "run", "--adapter", "caddyfile", "--config", file)
	return aim{Name: t.name, Addr: addr, PID: pid, Status: t.status}, stop, err
}

// load has the load generator, a process of its own, do j.
func (p *processes) load(ctx context.Context, j job) ([]result, error) {
	in, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	c := p.command(ctx, p.self, "load")
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("load: %w\n%s", err, errs.Bytes())
	}
	var results []result
	return results, json.Unmarshal(out.Bytes(), &results)
}
