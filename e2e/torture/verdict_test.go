package torture

import (
	"fmt"
	"slices"
	"testing"
)

// A verdict is what the ledger and the store say in the end.
type verdict struct {
	counts
	restarts   int         // after a kill, mostly
	dead       int         // deliveries that the store gave up, and kept
	lost       []string    // acknowledged, and at a destination neither accepted nor dead
	duplicates int         // acceptances of an event by one destination beyond the first
	excused    map[int]int // duplicates by the life whose end explains them
	unexcused  []string    // duplicates that nothing explains
}

// judge compares the ledger with the dead letters of the store, which are
// named by event and destination.
func (l *ledger) judge(restarts int, destinations []string, dead map[string]bool) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := verdict{counts: l.counts, restarts: restarts, dead: len(dead), excused: make(map[int]int)}
	for id, e := range l.entries {
		for _, destination := range destinations {
			accepted := e.acceptedBy(destination)
			if e.acknowledged && len(accepted) == 0 && !dead[id+" "+destination] {
				v.lost = append(v.lost, id+" "+destination)
			}
			v.repeats(id, accepted)
		}
	}
	return v
}

// acceptedBy are the acceptances of a destination, by life.
func (e *entry) acceptedBy(destination string) (all []*acceptance) {
	for _, a := range e.accepted {
		if a.destination == destination {
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b *acceptance) int { return a.life - b.life })
	return all
}

// repeats counts what was accepted more than once. The end of a life explains
// one repetition of what it was in the middle of, and so does an answer that
// may not have arrived.
func (v *verdict) repeats(id string, accepted []*acceptance) {
	for i := 1; i < len(accepted); i++ {
		v.duplicates++
		switch before := accepted[i-1]; {
		case before.life != accepted[i].life:
			v.excused[before.life]++
		case !before.unsure:
			v.unexcused = append(v.unexcused, fmt.Sprintf("%s: %+v, then %+v", id, *before, *accepted[i]))
		}
	}
}

// check prints the figures and fails the test unless they are as promised.
// atOnce is how many events can be in the middle of something.
func (v verdict) check(t *testing.T, atOnce int) {
	t.Helper()
	t.Log(v.figures(atOnce))
	if len(v.lost) > 0 {
		t.Errorf("%d events lost: %q", len(v.lost), first(v.lost))
	}
	if v.corrupted > 0 || v.strange > 0 {
		t.Errorf("the application received %d corrupted bodies and %d events that were not sent", v.corrupted, v.strange)
	}
	if len(v.unexcused) > 0 {
		t.Errorf("%d duplicates that nothing explains: %q", len(v.unexcused), first(v.unexcused))
	}
	for life, n := range v.excused {
		if n > atOnce {
			t.Errorf("%d duplicates by the end of life %d, of at most %d", n, life, atOnce)
		}
	}
	if v.sent == 0 || v.acknowledged == 0 || v.accepted == 0 {
		t.Error("nothing happened: this verdict says nothing")
	}
}

func first(all []string) []string { return all[:min(10, len(all))] }

func (v verdict) figures(atOnce int) string {
	return fmt.Sprintf("%d restarts: %d sent, %d acknowledged, %d refused, %d unanswered, %d accepted, %d dead, %d lost, %d corrupted, %d phantom, %d duplicates (bound %d)",
		v.restarts, v.sent, v.acknowledged, v.refused, v.unanswered, v.accepted, v.dead, len(v.lost), v.corrupted, v.strange, v.duplicates, v.restarts*atOnce)
}
