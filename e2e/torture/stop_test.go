package torture

import (
	"syscall"
	"testing"
)

// TestStopDrains has the application answer what is under way after the
// gateway was told to stop.
func TestStopDrains(t *testing.T) {
	for _, tt := range both {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode " + tt.mode + quick})
			release := tr.app.hold()
			p := tr.begin()
			l := tr.load(senders)
			tr.await(p, senders, received)
			tr.terminate(p)
			release()
			p.stops()
			l.end()
			p = tr.begin()
			if v := tr.finish(p); v.duplicates > 0 {
				t.Errorf("%d duplicates", v.duplicates)
			}
		})
	}
}

// TestStopGivesBack has the application answer nothing until the gateway has
// lost patience and stopped.
func TestStopGivesBack(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store\n timeout 1h\n in_flight 20"})
	tr.app.behave(func(float64) behaviour { return hangs })
	p := tr.begin()
	l := tr.load(senders)
	tr.await(p, atOnce, received)
	tr.await(p, 2*atOnce, acknowledged)
	tr.terminate(p)
	p.stops()
	l.end()
	tr.app.behave(healthy)
	p = tr.begin()
	if v := tr.finish(p); v.duplicates > 0 {
		t.Errorf("%d duplicates", v.duplicates)
	}
}

// terminate sends SIGTERM and returns when the gateway has begun to stop. The
// senders wait for the next life.
func (tr *trial) terminate(p *process) {
	tr.t.Helper()
	tr.died(p)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		tr.t.Fatal(err)
	}
	if !p.says("shutting down apps") {
		tr.t.Fatalf("caddy has ended: %v", p.err)
	}
}
