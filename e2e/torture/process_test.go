package torture

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A process is one caddy, from its start to its end.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	ctx  context.Context // ends with the process
	err  error           // how it ended, after that
	log  processLog
	ends context.CancelFunc
}

// launch starts a command, which is caddy or becomes it.
func launch(t *testing.T, home string, env []string, command ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(command[0], command[1:]...)}
	p.ctx, p.ends = context.WithCancel(context.Background())
	p.log.grown = sync.NewCond(&p.log.mu)
	p.cmd.Env = append(append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "BROXI="+secret, "GORACE=halt_on_error=1 atexit_sleep_ms=100"), env...)
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.watch(stderr)
	t.Cleanup(p.abandon)
	return p
}

// watch reads what the process says, to its end.
func (p *process) watch(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.log.add(lines.Text())
	}
	p.err = p.cmd.Wait()
	if strings.Contains(p.log.text(), "DATA RACE") {
		p.t.Errorf("data race:\n%s", p.log.text())
	}
	p.ends()
	p.log.add("process ended: " + fmt.Sprint(p.err))
}

// abandon clears away what a test has left behind.
func (p *process) abandon() {
	_ = p.cmd.Process.Kill() // an error means that it is gone
	<-p.ctx.Done()
	if p.t.Failed() {
		p.t.Logf("log of process %d, its end:\n%s", p.cmd.Process.Pid, p.log.tail(60))
	}
}

// kill ends the process at once, as kill -9 does. It must have been alive.
func (p *process) kill() {
	p.t.Helper()
	if p.ctx.Err() != nil {
		p.t.Fatalf("caddy had ended by itself: %v\n%s", p.err, p.log.tail(60))
	}
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Errorf("kill: %v", err)
	}
	p.dies()
}

// dies waits until the process has been killed, by whomever.
func (p *process) dies() {
	p.t.Helper()
	p.end()
	killed.Add(1)
	if p.err == nil || p.err.Error() != "signal: killed" {
		p.t.Errorf("caddy was not killed, it ended: %v\n%s", p.err, p.log.tail(60))
	}
}

// stop ends the process as an operator would.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("stop: %v", err)
	}
	p.stops()
}

// stops waits until the process has ended as it should.
func (p *process) stops() {
	p.t.Helper()
	p.end()
	if p.err != nil {
		p.t.Errorf("caddy: %v\n%s", p.err, p.log.tail(60))
	}
}

// end waits for the end, and brings it about if it is long in coming.
func (p *process) end() {
	p.t.Helper()
	select {
	case <-p.ctx.Done():
	case <-patient():
		p.t.Error("caddy does not end")
		_ = p.cmd.Process.Signal(syscall.SIGABRT) // which prints what every goroutine is at
		<-p.ctx.Done()
	}
}

// says waits until the process has said the text; false if it ended without.
func (p *process) says(text string) bool { return p.log.wait(p.ctx, text) }

// A processLog is the lines that a process has written.
type processLog struct {
	mu    sync.Mutex
	grown *sync.Cond
	lines []string
}

func (l *processLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.grown.Broadcast()
}

func (l *processLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// tail is the last lines, without those that say that all is well or how a
// webhook fared.
func (l *processLog) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, line := range l.lines {
		if !strings.Contains(line, `"level":"info"`) && !strings.Contains(line, `"reason":`) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// wait returns when there is a line with the text; false if ctx ends before.
func (l *processLog) wait(ctx context.Context, text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for read := 0; ; l.grown.Wait() {
		for ; read < len(l.lines); read++ {
			if strings.Contains(l.lines[read], text) {
				return true
			}
		}
		if ctx.Err() != nil {
			return false
		}
	}
}
