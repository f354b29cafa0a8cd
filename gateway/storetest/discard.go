package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// discard discards what the filter selects, which must be so many.
func (s *subject) discard(f gateway.Filter, want int) {
	s.t.Helper()
	if n, err := s.Discard(s.t.Context(), f, 1000); n != want || err != nil {
		s.t.Fatalf("Discard(%+v) = %d, %v; want %d", f, n, err, want)
	}
}

func one(d *gateway.Delivery) gateway.Filter { return gateway.Filter{IDs: []int64{d.ID}} }

func testDiscard(t *testing.T, s *subject) {
	list := entries(6)
	d := s.append(list...)
	for i, state := range []gateway.State{gateway.Dead, gateway.Delivered, gateway.Pending} {
		s.finish(attempted(s.leaseOne(Epoch.Add(time.Duration(i))), state, Epoch))
	}
	leased := s.lease(Epoch, 1)[0]
	s.discard(gateway.Filter{States: []gateway.State{gateway.Delivering}}, 0)
	s.discard(gateway.Filter{States: []gateway.State{gateway.Dead, gateway.Delivering}}, 1)
	if n, err := s.Discard(t.Context(), gateway.Filter{}, 2); n != 2 || err != nil {
		t.Fatalf("Discard = %d, %v; want the two newest", n, err)
	}
	same(t, "what is left", ids(s.list(gateway.Filter{}, 10)), []int64{d[3].ID, d[2].ID, d[1].ID})
	s.discard(gateway.Filter{}, 2)
	if stats := s.stats(); stats.Events != 1 || stats.Unsettled != 1 || stats.Lanes[main].Count != [4]int64{0, 1, 0, 0} {
		t.Errorf("Stats = %+v, want one event, which is being delivered", stats)
	}
	s.finish(attempted(leased, gateway.Delivered, Epoch))
	s.discard(gateway.Filter{}, 1)
	if stats := s.stats(); stats.Events != 0 || stats.Unsettled != 0 || stats.Bytes != 0 || stats.Lanes[main].Count != [4]int64{} {
		t.Errorf("Stats = %+v, want an empty store", stats)
	}
	for i, e := range list[1:] { // the first was dead, and its key free
		if !s.known(e.Event.Key, Epoch) {
			t.Errorf("the key of event %d is forgotten", i+1)
		}
	}
}

func testDiscardSiblings(t *testing.T, s *subject) {
	e := Entry("a", audit, main, audit)
	d := s.append(e)
	s.finish(attempted(s.leaseOne(Epoch), gateway.Delivered, Epoch.Add(time.Hour)))
	s.discard(one(d[0]), 1)
	if stats := s.stats(); stats.Events != 1 || stats.Unsettled != 1 {
		t.Errorf("Stats = %+v, want an event that waits for its last delivery", stats)
	}
	s.discard(one(d[2]), 1)
	if stats := s.stats(); stats.Events != 1 || stats.Unsettled != 0 {
		t.Errorf("Stats = %+v, want an event that is settled", stats)
	}
	s.fatal(s.Load(t.Context(), d[1]))
	same(t, "the event", d[1].Event.Body, e.Event.Body)
	end := Epoch.Add(time.Hour + 20*time.Millisecond + Retention)
	s.sweep(end.Add(-1))
	if stats := s.stats(); stats.Events != 1 {
		t.Error("the event is gone before its retention has ended")
	}
	s.sweep(end)
	if stats := s.stats(); stats.Events != 0 || stats.Lanes[audit].Count != [4]int64{} || stats.Lanes[main].Count != [4]int64{} {
		t.Errorf("Stats = %+v, want nothing left when the retention has ended", stats)
	}
	if !s.known(e.Event.Key, Epoch) {
		t.Error("the key is forgotten")
	}
}

// What settled an event is discarded: the event must still be swept, once.
func testDiscardSettler(t *testing.T, s *subject) {
	s.append(Entry("a", main, main))
	leased := s.lease(Epoch, 2)
	s.finish(attempted(leased[0], gateway.Delivered, Epoch))
	s.finish(attempted(leased[1], gateway.Dead, Epoch.Add(time.Hour)))
	s.discard(one(leased[1]), 1)
	if stats := s.stats(); stats.Events != 1 || stats.Unsettled != 0 {
		t.Errorf("Stats = %+v, want an event that is settled", stats)
	}
	s.sweep(Epoch.Add(20*time.Millisecond + Retention))
	if stats := s.stats(); stats.Events != 0 {
		t.Error("the event has outlived its retention")
	}
}

func testDiscardOrder(t *testing.T, s *subject) {
	list := entries(4)
	for _, e := range list {
		e.Deliveries[0].Order = "x"
	}
	d := s.append(list...)
	s.discard(one(d[1]), 1)
	s.discard(one(d[0]), 1)
	head := s.leaseOne(Epoch)
	same(t, "the first of the order", head.ID, d[2].ID)
	s.discard(gateway.Filter{}, 1) // the last, which waits behind it
	s.finish(attempted(head, gateway.Dead, Epoch))
	if more := s.lease(Epoch.Add(time.Hour), 10); len(more) > 0 {
		t.Errorf("%v are leased, want nothing", ids(more))
	}
}

func testDiscardFenced(t *testing.T, s *subject) {
	s.append(Entry("a", main))
	d := s.leaseOne(Epoch)
	s.finish(attempted(d, gateway.Pending, Epoch))
	again := s.leaseOne(Epoch.Add(time.Hour))
	s.finish(attempted(again, gateway.Pending, Epoch))
	s.discard(one(d), 1)
	_, finish := s.Finish(t.Context(), attempted(again, gateway.Delivered, Epoch))
	_, show := s.Show(t.Context(), d.ID)
	_, attempts := s.Attempts(t.Context(), d.ID)
	for name, tt := range map[string]struct{ got, want error }{
		"Finish":   {finish, gateway.ErrLeaseLost},
		"Load":     {s.Load(t.Context(), again), gateway.ErrNotFound},
		"Show":     {show, gateway.ErrNotFound},
		"Attempts": {attempts, gateway.ErrNotFound},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s of what was discarded = %v, want %v", name, tt.got, tt.want)
		}
	}
	s.discard(one(d), 0)
	if n, err := s.Replay(t.Context(), one(d), Epoch, Epoch, 1); n != 0 || err != nil {
		t.Errorf("Replay of what was discarded = %d, %v; want 0", n, err)
	}
	after := s.append(Entry("b", main))[0]
	if after.ID <= d.ID {
		t.Errorf("a new delivery has the id %d, want one above %d", after.ID, d.ID)
	}
}
