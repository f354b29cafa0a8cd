package sqlite

import (
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// TestOldestAfterReplay: figures that are asked for while a replay is being
// written do not hide what it replays.
func TestOldestAfterReplay(t *testing.T) {
	s := openNew(t)
	dead, young := storetest.Entry("dead", to), storetest.Entry("young", to)
	dead.Deliveries[0].State = gateway.Dead
	young.Event.ReceivedAt = storetest.Epoch.Add(time.Hour)
	mustAppend(t, s, dead)
	mustAppend(t, s, young)
	first, done := occupy(s) // so that the next two are one group
	last := hold{make(chan struct{}), make(chan struct{})}
	replay := &call{operation: &replaying{ids: []int64{1}, states: []gateway.State{gateway.Dead}, now: nanos(storetest.Epoch)}, done: make(chan error, 1)}
	behind := &call{operation: last, done: make(chan error, 1)}
	must(t, s.queue.push(replay))
	must(t, s.queue.push(behind))
	close(first.release)
	must(t, <-done)
	<-last.begun
	if _, err := s.Stats(t.Context(), storetest.Epoch); err != nil {
		t.Fatal(err)
	}
	close(last.release)
	must(t, <-behind.done)
	stats, err := s.Stats(t.Context(), storetest.Epoch)
	must(t, err)
	if got := stats.Lanes[to].Oldest; !got.Equal(storetest.Epoch) {
		t.Errorf("the oldest was received at %v, want %v", got, storetest.Epoch)
	}
}
