package torture

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestSyncIsSlow has the disk take its time, longer than a sender waits.
func TestSyncIsSlow(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store" + impatient, store: "commit_within 200ms"})
	p := tr.begin()
	l := tr.load(senders)
	tr.await(p, 100, acknowledged)
	heal := tr.inject(p, syncs, "delay_enter=3600000000") // an hour: who is answered did not wait for it
	tr.awaitMore(p, 5*senders, refused)
	if tr.metric("requests_total", `outcome="store_failed"`) == 0 {
		t.Error("nothing was refused as store_failed")
	}
	tr.otherSite()
	heal()
	tr.awaitMore(p, 100, acknowledged)
	l.end()
	tr.finish(p)
}

// TestKillInsideWrite kills the gateway between two of the system calls that
// one commit is made of.
func TestKillInsideWrite(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store" + quick})
	l := tr.load(senders)
	for range max(2, kills/20) {
		p := tr.begin()
		tr.sometime(p)
		tr.inject(p, "pwrite64,fsync,fdatasync", fmt.Sprint("signal=SIGKILL:when=", 1+rand.IntN(40)))
		p.dies()
	}
	p := tr.begin()
	tr.sometime(p)
	l.end()
	tr.finish(p)
}

const syncs = "fsync,fdatasync"

// inject has strace tamper with system calls, until heal is called.
func (tr *trial) inject(p *process, calls, fault string) (heal func()) {
	tr.t.Helper()
	cmd := exec.Command("strace", "-f", "-p", strconv.Itoa(p.cmd.Process.Pid), "-e", "trace="+calls, "-e", "inject="+calls+":"+fault)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		tr.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tr.t.Fatalf("this test needs strace: %v", err)
	}
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stderr).ReadString('\n')
		said <- line
		io.Copy(io.Discard, stderr) //nolint:errcheck // it ends with strace
	}()
	if line := <-said; !strings.Contains(line, "attached") {
		tr.t.Fatalf("strace: %s(this test must be run as root)", line)
	}
	heal = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it detaches
		_ = cmd.Wait()                         // by the signal
	})
	tr.t.Cleanup(heal)
	return heal
}

// otherSite checks that the rest of Caddy goes on.
func (tr *trial) otherSite() {
	tr.t.Helper()
	answer, err := http.Get("http://" + tr.site + "/version")
	if err != nil {
		tr.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		tr.t.Errorf("the rest of Caddy answers %d", answer.StatusCode)
	}
}
