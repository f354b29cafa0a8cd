package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// program is the caddy that TestMain built, with the race detector.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "caddy")
	build := exec.Command("go", "build", "-race", "-o", program, "../cmd/caddy")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building cmd/caddy:", err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A caddy is a running caddy process.
type caddy struct {
	t     *testing.T
	cmd   *exec.Cmd
	admin string // host:port of the admin endpoint
	home  string
	lines *lineLog
}

// start runs caddy with a Caddyfile, in which {ADMIN} stands for the address
// of the admin endpoint, and returns when it serves. The environment is the
// test's own and env. The process is stopped when the test ends, and must then
// have found no data race.
func start(t *testing.T, caddyfile string, env ...string) *caddy {
	t.Helper()
	c := &caddy{t: t, admin: freeAddr(t), home: t.TempDir(), lines: newLineLog()}
	config := filepath.Join(c.home, "Caddyfile")
	if err := os.WriteFile(config, []byte(c.fill(caddyfile)), 0o600); err != nil {
		t.Fatal(err)
	}
	c.cmd = exec.Command(program, "run", "--config", config, "--adapter", "caddyfile")
	c.cmd.Env = append(append(os.Environ(), "HOME="+c.home, "XDG_DATA_HOME="+c.home, "XDG_CONFIG_HOME="+c.home, "GORACE=halt_on_error=1 atexit_sleep_ms=100"), env...)
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go c.lines.read(stderr)
	t.Cleanup(c.stop)
	if !c.lines.wait("serving initial configuration") {
		t.Fatalf("caddy did not start:\n%s", c.lines.text())
	}
	return c
}

func (c *caddy) fill(caddyfile string) string {
	return strings.ReplaceAll(caddyfile, "{ADMIN}", c.admin)
}

// stop ends the process as an operator would, and checks how it went.
func (c *caddy) stop() {
	if c.cmd.ProcessState != nil {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // an error means it is gone: Wait says why
	<-c.lines.closed
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("caddy: %v\n%s", err, c.lines.text())
	}
	if c.t.Failed() {
		c.t.Logf("caddy's log:\n%s", c.lines.text())
	}
}

// load replaces the configuration, as `caddy reload` does, and returns the
// status and what the admin endpoint says.
func (c *caddy) load(caddyfile string) (int, string) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+c.admin+"/load", strings.NewReader(c.fill(caddyfile)))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/caddyfile")
	r.Header.Set("Cache-Control", "must-revalidate") // load even what is the same
	r.Close = true                                   // each load replaces the admin server, which closes idle connections at any moment
	return do(c.t, http.DefaultClient, r)
}

// metric returns the value of a metric with its labels, as the admin endpoint
// shows it: `requests_total{endpoint="a",outcome="delivered"}`. A series that
// is not there is "".
func (c *caddy) metric(series string) string {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+c.admin+"/metrics", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	_, text := do(c.t, http.DefaultClient, r)
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, "caddy_webhook_gateway_"+series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// run runs caddy with arguments to its end, in a home of its own.
func run(t *testing.T, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.Command(program, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "GORACE=halt_on_error=1 atexit_sleep_ms=100")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// do sends a request and returns the answer's status and body.
func do(t *testing.T, client *http.Client, r *http.Request) (int, string) {
	t.Helper()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// freeAddr is an address of this machine on which nothing listens now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A lineLog keeps what a process writes and lets a test wait for a text.
type lineLog struct {
	mu     sync.Mutex
	grown  *sync.Cond
	buf    bytes.Buffer
	ended  bool
	closed chan struct{}
}

func newLineLog() *lineLog {
	l := &lineLog{closed: make(chan struct{})}
	l.grown = sync.NewCond(&l.mu)
	return l
}

func (l *lineLog) read(r io.Reader) {
	defer close(l.closed)
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		l.mu.Lock()
		l.buf.Write(s.Bytes())
		l.buf.WriteByte('\n')
		l.mu.Unlock()
		l.grown.Broadcast()
	}
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.grown.Broadcast()
}

// wait returns when the log contains the text; false if it ended without.
func (l *lineLog) wait(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !bytes.Contains(l.buf.Bytes(), []byte(text)) {
		if l.ended {
			return false
		}
		l.grown.Wait()
	}
	return true
}

func (l *lineLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
