package torture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSecondProcess starts another gateway on the store of one that runs.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store" + quick})
	p := tr.begin()
	other := newTrial(t, tr.setup)
	other.store = tr.store
	began := time.Now()
	q := other.launch()
	q.end()
	t.Logf("the second process gave up after %v", time.Since(began).Round(time.Millisecond))
	text := q.log.text()
	if q.err == nil || !strings.Contains(text, tr.store) || !strings.Contains(text, strconv.Itoa(p.cmd.Process.Pid)) {
		t.Errorf("the second process ended with %v, and says nothing of %s or %d:\n%s", q.err, tr.store, p.cmd.Process.Pid, text)
	}
	tr.validates()
	l := tr.load(senders)
	tr.await(p, 50, acknowledged)
	l.end()
	if v := tr.finish(p); v.duplicates > 0 || v.refused > 0 {
		t.Errorf("the first process was harmed: %d refused, %d duplicates", v.refused, v.duplicates)
	}
}

// validates runs caddy validate beside the gateway.
func (tr *trial) validates() {
	tr.t.Helper()
	config := filepath.Join(tr.t.TempDir(), "Caddyfile")
	if err := os.WriteFile(config, []byte(tr.caddyfile()), 0o600); err != nil {
		tr.t.Fatal(err)
	}
	cmd := exec.Command(program, "validate", "--config", config, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+tr.dir, "XDG_DATA_HOME="+tr.dir, "BROXI="+secret)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Valid configuration") {
		tr.t.Errorf("caddy validate: %v\n%s", err, out)
	}
}
