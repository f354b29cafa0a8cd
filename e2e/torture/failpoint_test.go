package torture

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// failpoints are the places at which a gateway under load can be killed, and
// up to which passing of them that is interesting.
var failpoints = []struct {
	place    string
	passings int
}{
	{"store.append.inside", 100},
	{"store.commit.before", 50},
	{"store.commit.after", 50},
	{"store.finish.inside", 100},
	{"attempt.before", 100},
	{"attempt.after", 100},
	{"answer.before", 100},
}

// TestKillAtFailpoints kills the gateway in the middle of a promise.
func TestKillAtFailpoints(t *testing.T) {
	for _, tt := range failpoints {
		for _, b := range both {
			t.Run(tt.place+"/"+b.mode, func(t *testing.T) {
				t.Parallel()
				tr := newTrial(t, setup{endpoint: "mode " + b.mode + quick})
				tr.app.behave(b.mood)
				l := tr.load(senders)
				for range max(1, kills/4/len(failpoints)) {
					tr.doomed(tt.place, 1+rand.IntN(tt.passings)).dies()
				}
				p := tr.begin()
				tr.sometime(p)
				l.end()
				tr.finish(p)
			})
		}
	}
}

// doomed starts the next life, which ends when it passes a place for the n-th
// time. That may be before it serves.
func (tr *trial) doomed(place string, n int) *process {
	tr.t.Helper()
	p := tr.launch(fmt.Sprintf("WEBHOOK_FAILPOINT=%s:%d", place, n))
	if p.says("serving initial configuration") {
		tr.serves(p)
	}
	return p
}

// TestKillDuringCreation kills the gateway while it makes its store.
func TestKillDuringCreation(t *testing.T) {
	for _, place := range []string{"store.create", "store.migrate"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode store" + quick})
			for range max(1, kills/60) {
				tr.doomed(place, 1).dies()
			}
			p := tr.begin()
			l := tr.load(senders)
			tr.sometime(p)
			l.end()
			tr.finish(p)
		})
	}
}

// TestKillDuringSweep kills the gateway while it forgets what is delivered,
// which it does when it has started.
func TestKillDuringSweep(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store" + quick, global: "retain off"})
	for range max(1, kills/60) {
		p := tr.begin()
		l := tr.load(senders)
		tr.sometime(p)
		l.end()
		tr.drain()
		p.kill()
		tr.doomed("store.sweep", 1).dies()
	}
	p := tr.begin()
	l := tr.load(senders)
	tr.sometime(p)
	l.end()
	tr.finish(p)
}

// TestKillDuringReload kills the gateway while two configurations are alive.
func TestKillDuringReload(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, setup{endpoint: "mode store" + quick})
	l := tr.load(senders)
	for range max(1, kills/30) {
		p := tr.doomed("reload", 3) // two endpoints are opened at the start
		tr.sometime(p)
		if _, _, err := tr.reload(tr.caddyfile()); err == nil {
			t.Error("the reload was answered")
		}
		p.dies()
	}
	p := tr.begin()
	tr.sometime(p)
	l.end()
	tr.finish(p)
}
