package torture

import (
	"math/rand/v2"
	"testing"
)

const senders = 8

// TestKill kills the gateway at random moments under load, and starts it again
// on what is left.
func TestKill(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup setup
		mood  mood
		share int // of the kills, one in so many
	}{
		{"store", setup{endpoint: "mode store" + quick}, healthy, 5},
		{"proxy", setup{endpoint: "mode proxy" + quick}, erratic, 5},
		{"fan-out", setup{endpoint: "mode store" + quick, destinations: []string{"first", "second"}}, erratic, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, tt.setup)
			tr.app.behave(tt.mood)
			p := tr.begin()
			l := tr.load(senders)
			for range kills / tt.share {
				tr.sometime(p)
				p.kill()
				p = tr.begin()
			}
			l.end()
			tr.finish(p)
		})
	}
}

// sometime waits until a random number of events more were sent, acknowledged
// or received.
func (tr *trial) sometime(p *process) {
	tr.t.Helper()
	of := []func(counts) int{sent, acknowledged, received}[rand.IntN(3)]
	tr.awaitMore(p, 1+rand.IntN(150), of)
}

// finish lets the gateway do what is left, and judges all of its lives.
func (tr *trial) finish(p *process) verdict {
	tr.t.Helper()
	tr.app.behave(healthy)
	tr.drain()
	p.stop()
	destinations := tr.setup.destinations
	if len(destinations) == 0 {
		destinations = []string{"default"}
	}
	v := tr.ledger.judge(tr.life-1, destinations, tr.deadLetters())
	tr.sound()
	v.check(tr.t, atOnce*len(destinations)+senders)
	return v
}
