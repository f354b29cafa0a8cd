package program

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

// A Caddy is what to start, and how to tell that it is ready.
type Caddy struct {
	Name      string
	Caddyfile func(addr, metrics string) string // metrics is an address to serve them at
	Metrics   bool                              // it does
	Looked    bool                              // at, by the API that is at the same address
	Status    int                               // of every answer
	Wrong     bool                              // to requests with a wrong signature
}

// Start starts a Caddy and returns once it has answered as wanted: its port
// can be open before the gateway is.
func (s *Set) Start(ctx context.Context, c Caddy) (a load.Aim, stop func(), err error) {
	a = load.Aim{Name: c.Name, Status: c.Status}
	if a.Addr, err = freeAddr(); err != nil {
		return a, nil, err
	}
	metrics, err := freeAddr()
	if err != nil {
		return a, nil, err
	}
	if c.Metrics {
		a.Metrics = "http://" + metrics + "/metrics"
	}
	if c.Looked {
		a.API = "http://" + metrics + "/webhook_gateway"
	}
	file := filepath.Join(s.dir, c.Name+".Caddyfile")
	if err := os.WriteFile(file, []byte(c.Caddyfile(a.Addr, metrics)), 0o600); err != nil {
		return a, nil, err
	}
	began := time.Now()
	p, stop, err := s.start(ctx, c.Name, s.caddy, "run", "--adapter", "caddyfile", "--config", file)
	if err != nil {
		return a, nil, err
	}
	if err := p.until(func() error { return load.Probe(a, c.Wrong) }); err != nil {
		stop()
		return a, nil, err
	}
	a.PID, a.Ready = p.pid, time.Since(began)
	return a, stop, nil
}

// Forget removes a folder of the Caddys' data.
func (s *Set) Forget(folder string) error { return os.RemoveAll(s.data(folder)) }

// Has reports whether there is such a folder of the Caddys' data.
func (s *Set) Has(folder string) bool {
	_, err := os.Stat(s.data(folder))
	return err == nil
}

func (s *Set) data(folder string) string { return filepath.Join(s.dir, "data", "caddy", folder) }
