package torture

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
)

// TestKillDuringMigration kills the gateway while it brings a store of an
// older schema, which is full of work, to its own. Each start goes on where the
// last one was: no event is lost, and no key.
func TestKillDuringMigration(t *testing.T) {
	for old := 1; old < newest; old++ {
		t.Run(fmt.Sprint("from ", old), func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, setup{endpoint: "mode store" + quick})
			tr.app.down() // so that all of it waits
			p := tr.begin()
			l := tr.load(senders)
			repeats := l.some(50)
			tr.await(p, 150, acknowledged)
			l.end()
			p.stop()
			tr.downgrade(old)
			tr.killInEachStep(old)
			l = tr.load(senders)
			for range max(1, kills/30) {
				tr.downgrade(old)
				tr.doomedCall(1 + rand.IntN(60)).dies()
			}
			p = tr.begin()
			tr.expectSchema(newest)
			tr.sometimeStored(p)
			l.repeat(repeats)
			l.end()
			tr.app.up()
			if v := tr.finish(p); v.duplicates > 0 {
				t.Errorf("%d duplicates", v.duplicates)
			}
		})
	}
}

// killInEachStep kills the gateway at the end of each step, before it is
// committed. What is before it stays.
func (tr *trial) killInEachStep(old int) {
	tr.t.Helper()
	tr.doomed("store.migrate", 1).dies()
	tr.expectSchema(old)
	for version := old + 1; version < newest; version++ {
		tr.doomed("store.migrate", 2).dies()
		tr.expectSchema(version)
	}
}

// doomedCall starts the next life, which ends at the n-th system call that
// changes its store. That may be before it serves.
func (tr *trial) doomedCall(n int) *process {
	tr.t.Helper()
	p := tr.launchTampered(map[string]string{"pwrite64,ftruncate,fsync,fdatasync": fmt.Sprint("signal=SIGKILL:when=", n)})
	if p.says("serving initial configuration") {
		tr.serves(p)
	}
	return p
}

// sometimeStored waits until a random number of events more were acknowledged.
func (tr *trial) sometimeStored(p *process) {
	tr.t.Helper()
	tr.awaitMore(p, 1+rand.IntN(50), acknowledged)
}

// some sends n events, and returns their bodies.
func (l *load) some(n int) (bodies [][]byte) {
	for i := range n {
		id := fmt.Sprint("some-", i)
		bodies = append(bodies, newBody(id, 0))
		l.one(id, bodies[i], 1)
	}
	return bodies
}

// repeat sends again what has been acknowledged.
func (l *load) repeat(bodies [][]byte) {
	l.trial.t.Helper()
	for _, body := range bodies {
		if status, err := l.post(body); err != nil || status != http.StatusOK {
			l.trial.t.Errorf("a repeat was answered %d, %v", status, err)
		}
	}
}
