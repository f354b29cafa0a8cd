package build

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const module = "github.com/webhook-gateway/caddy-webhook-gateway"

// root is this checkout, for programs that are built elsewhere.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// goTool runs the go command in a folder, static and without a workspace.
func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// A program is the path of a Caddy that was built.
type program string

// command is the program with arguments, at home in a folder.
func (p program) command(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), string(p), args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
	return cmd
}

// output is what the program prints with arguments.
func (p program) output(t *testing.T, args ...string) string {
	t.Helper()
	out, err := p.command(t, t.TempDir(), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("caddy %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// run serves a Caddyfile until the test ends. In it {DIR} stands for a folder
// that is returned, for sockets: no two tests want the same port.
func (p program) run(t *testing.T, caddyfile string) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "wg") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(caddyfile, "{DIR}", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := p.command(t, dir, "run", "--config", config)
	cmd.Cancel = nil // it is stopped as an operator would
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	lines := bufio.NewReader(io.TeeReader(stderr, &log))
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // an error means it is gone: Wait says why
		_, _ = io.Copy(io.Discard, lines)
		if err := cmd.Wait(); err != nil {
			t.Errorf("caddy: %v\n%s", err, &log)
		}
	})
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("caddy did not start:\n%s", &log)
		}
		if strings.Contains(line, "serving initial configuration") {
			return dir
		}
	}
}

// do sends a request by a socket and returns the answer's status and body.
func do(t *testing.T, socket string, r *http.Request) (int, string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
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
