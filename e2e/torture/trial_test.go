package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience bounds what a test waits for, so that one that fails ends. Nothing
// is measured by it.
const patience = 2 * time.Minute

func patient() <-chan time.Time { return time.After(patience) }

// A trial is the lives of one gateway, which all have the same addresses and
// the same store, and those around it.
type trial struct {
	t           *testing.T
	dir         string
	host        string
	site, admin string // host:port
	store       string // path
	setup       setup
	app         *application
	ledger      *ledger
	loads       int // begun
	life        int // the number of the last one; 1 for the first

	mu    sync.Mutex
	alive *process      // serves; nil between two lives
	gate  chan struct{} // closed while there is one
}

// newTrial is one whose application is healthy and listens.
func newTrial(t *testing.T, s setup) *trial {
	dir, host := t.TempDir(), newHost()
	tr := &trial{
		t: t, dir: dir, host: host, site: host + ":17001", admin: host + ":17002",
		store: filepath.Join(dir, "webhooks.db"), setup: s, ledger: newLedger(),
		gate: make(chan struct{}),
	}
	tr.app = &application{
		t: t, address: host + ":17003", ledger: tr.ledger, mood: healthy,
		random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)),
	}
	tr.app.up()
	t.Cleanup(tr.app.down)
	return tr
}

var hosts atomic.Int64

// newHost is a loopback address of its own. On 127.0.0.1 a client's connection
// could take the port of a gateway that is dead at the moment.
func newHost() string {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 1+pid>>8%250, pid&0xff, 1+hosts.Add(1)%250)
}

func newClient(t *testing.T) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// begin starts the next life and returns when it serves.
func (tr *trial) begin(env ...string) *process {
	tr.t.Helper()
	p := tr.launch(env...)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if !p.log.wait(ctx, "serving initial configuration") {
		tr.t.Fatalf("caddy did not start:\n%s", p.log.tail(60))
	}
	tr.serves(p)
	return p
}

// launch starts a process with the next life's number.
func (tr *trial) launch(env ...string) *process {
	tr.t.Helper()
	return tr.launchUnder(nil, env...)
}

// launchUnder has a watcher, a command with its options, start the process.
func (tr *trial) launchUnder(watcher []string, env ...string) *process {
	tr.t.Helper()
	tr.life++
	config := filepath.Join(tr.dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(tr.caddyfile()), 0o600); err != nil {
		tr.t.Fatal(err)
	}
	env = append(env, fmt.Sprint("LIFE=", tr.life))
	return launch(tr.t, tr.dir, env, append(watcher, program, "run", "--config", config, "--adapter", "caddyfile")...)
}

// serves opens the gate for senders, until the process ends.
func (tr *trial) serves(p *process) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.alive == nil {
		close(tr.gate)
	}
	tr.alive = p
	context.AfterFunc(p.ctx, func() { tr.died(p) })
}

func (tr *trial) died(p *process) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.alive == p {
		tr.alive, tr.gate = nil, make(chan struct{})
	}
}

// ready waits until a gateway serves; false when ctx ends before.
func (tr *trial) ready(ctx context.Context) bool {
	tr.mu.Lock()
	gate := tr.gate
	tr.mu.Unlock()
	select {
	case <-gate:
		return true
	default:
	}
	select {
	case <-gate:
		return true
	case <-ctx.Done():
		return false
	}
}
