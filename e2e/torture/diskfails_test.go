package torture

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDiskFails has the disk fail for good: what was acknowledged before is
// not lost, nothing is acknowledged any more, and the rest of Caddy goes on.
func TestDiskFails(t *testing.T) {
	for name, calls := range map[string]string{"syncs": syncs, "writes": "pwrite64", "reads": "pread64"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode store" + quick})
			tr.app.behave(erratic) // so that events are read again
			p := tr.begin()
			l := tr.load(senders)
			tr.await(p, 100, acknowledged)
			heal := tr.inject(p, calls, "error=EIO")
			tr.awaitMore(p, 1, refused)
			l.end() // of these, some may have come before
			before := tr.ledger.now().acknowledged
			l = tr.load(senders)
			tr.awaitMore(p, 100, refused)
			heal()
			tr.awaitMore(p, 100, refused)
			l.end()
			if got := tr.ledger.now().acknowledged; got != before {
				t.Errorf("%d events were acknowledged by a store that has failed", got-before)
			}
			if tr.metric("requests_total", `outcome="store_failed"`) == 0 {
				t.Error("nothing was refused as store_failed")
			}
			if !p.says("the webhook store has failed") {
				t.Error("the log does not say that the store has failed")
			}
			tr.otherSite()
			p.stop()
			faults := map[string]string{calls: "error=EIO"}
			if name == "writes" { // of which a start needs none if nothing was under way
				faults[syncs] = "error=EIO"
			}
			tr.refused(faults)
			tr.finish(tr.begin())
		})
	}
}

// TestReadFailsAtStart: a file of which something cannot be read is not taken
// for a damaged one, and stays where it is.
func TestReadFailsAtStart(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store" + quick, store: "on_corrupt quarantine"})
	tr.app.down()
	p := tr.begin()
	l := tr.load(senders)
	tr.await(p, 100, acknowledged)
	l.end()
	p.stop()
	for _, first := range []string{"1+", "4+", "7+"} { // which SQLite reports in two ways
		tr.refused(map[string]string{"pread64": "error=EIO:when=" + first, "read": "error=EIO"})
	}
	if aside, err := filepath.Glob(tr.store + ".corrupt*"); err != nil || len(aside) > 0 {
		t.Errorf("put aside were %q, %v", aside, err)
	}
	tr.app.up()
	tr.finish(tr.begin())
}

// refused starts a gateway whose system calls on its store's files fail: it
// ends, and says why.
func (tr *trial) refused(faults map[string]string) {
	tr.t.Helper()
	p := tr.launchTampered(faults)
	p.end()
	text := p.log.text()
	explained := strings.Contains(text, "disk I/O error") || strings.Contains(text, "input/output error") // SQLite's words, or ours
	if p.err == nil || !explained || !strings.Contains(text, tr.store) {
		tr.t.Errorf("with %v caddy ended with %v:\n%s", faults, p.err, p.log.tail(60))
	}
}

// launchTampered starts a process with whose system calls on its store's files
// strace tampers, by the faults for their names.
func (tr *trial) launchTampered(faults map[string]string) *process {
	tr.t.Helper()
	watcher := []string{"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", tr.store, "-P", tr.store + "-wal", "-e", "trace=" + strings.Join(slices.Collect(maps.Keys(faults)), ",")}
	for calls, fault := range faults {
		watcher = append(watcher, "-e", "inject="+calls+":"+fault)
	}
	return tr.launchUnder(watcher)
}
