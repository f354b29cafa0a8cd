package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func testLeaseOnce(t *testing.T, s *subject) {
	appended := s.append(entries(5)...)
	first, second := s.lease(Epoch, 3), s.lease(Epoch, 3)
	same(t, "what is leased", ids(append(first, second...)), ids(appended))
	d := first[0]
	want := &gateway.Delivery{
		ID: d.ID, EventID: appended[0].EventID, Address: main, State: gateway.Delivering, Attempt: 1, ReceivedAt: Epoch, Due: Epoch.Add(10 * time.Second), Since: Epoch,
	}
	same(t, "a leased delivery", d, want)
	if again := s.lease(Epoch, 3); len(again) > 0 {
		t.Errorf("%v are leased twice", ids(again))
	}
	other, next, err := s.Lease(t.Context(), gateway.Address{Endpoint: "stripe", Destination: "nowhere"}, Epoch, Epoch, 3)
	if len(other) > 0 || !next.IsZero() || err != nil {
		t.Errorf("an unknown destination has %v, next %v, %v; want nothing", ids(other), next, err)
	}
}

func testLeaseExpires(t *testing.T, s *subject) {
	s.append(Entry("a", main))
	lost := s.leaseOne(Epoch)
	if early := s.lease(lost.Due.Add(-1), 1); len(early) > 0 {
		t.Error("it is leased while another has it")
	}
	d := s.leaseOne(lost.Due)
	if d.ID != lost.ID || d.Attempt != 2 {
		t.Errorf("delivery %d is leased in attempt %d, want %d in 2", d.ID, d.Attempt, lost.ID)
	}
	if _, err := s.Finish(t.Context(), attempted(lost, gateway.Delivered, Epoch)); !errors.Is(err, gateway.ErrLeaseLost) {
		t.Errorf("Finish of the expired lease = %v, want %v", err, gateway.ErrLeaseLost)
	}
	s.finish(attempted(d, gateway.Delivered, Epoch))
}

func testLeasedFromTheStart(t *testing.T, s *subject) {
	e := Entry("a", main)
	e.Deliveries[0].State, e.Deliveries[0].Attempt, e.Deliveries[0].Due = gateway.Delivering, 1, Epoch.Add(time.Minute)
	d := s.append(e)[0]
	leased, next, err := s.Lease(t.Context(), main, Epoch, Epoch.Add(time.Second), 1)
	if len(leased) > 0 || !next.Equal(d.Due) || err != nil {
		t.Errorf("Lease = %v, next %v, %v; want none before %v", ids(leased), next, err, d.Due)
	}
	s.finish(attempted(d, gateway.Delivered, Epoch))
}

func testDueOrder(t *testing.T, s *subject) {
	list := entries(5)
	for i, seconds := range []int{30, 10, 20, 10, 40} {
		list[i].Deliveries[0].Due = Epoch.Add(time.Duration(seconds) * time.Second)
	}
	d := ids(s.append(list...))
	at := Epoch.Add(20 * time.Second)
	leased, next, err := s.Lease(t.Context(), main, at, at.Add(time.Hour), 10)
	s.fatal(err)
	same(t, "the due ones", ids(leased), []int64{d[1], d[3], d[2]})
	if want := Epoch.Add(30 * time.Second); !next.Equal(want) {
		t.Errorf("the next is due at %v, want %v", next, want)
	}
}

func testOrder(t *testing.T, s *subject) {
	list := entries(6)
	for i, order := range []string{"x", "x", "y", "", "x", ""} {
		list[i].Deliveries[0].Order = order
		list[i].Deliveries[0].Due = Epoch.Add(-time.Duration(i) * time.Second) // the last is due longest
	}
	d := ids(s.append(list...))
	leased := s.lease(Epoch, 10)
	same(t, "the first of each order", ids(leased), []int64{d[5], d[3], d[2], d[0]})
	head := leased[3]
	for _, d := range leased[:3] {
		s.finish(attempted(d, gateway.Delivered, Epoch))
	}
	s.finish(attempted(head, gateway.Pending, Epoch))
	if early := s.lease(Epoch, 10); len(early) > 0 {
		t.Errorf("%v are leased while the first of the order waits to be retried", ids(early))
	}
	head = s.lease(Epoch.Add(time.Minute), 1)[0]
	s.finish(attempted(head, gateway.Dead, Epoch))
	second := s.leaseOne(Epoch.Add(5 * time.Second))
	if second.ID != d[1] {
		t.Errorf("delivery %d is next in the order, want %d", second.ID, d[1])
	}
	s.finish(attempted(second, gateway.Delivered, Epoch))
	if third := s.leaseOne(Epoch.Add(5 * time.Second)); third.ID != d[4] {
		t.Errorf("delivery %d is last in the order, want %d", third.ID, d[4])
	}
}

func testOrderReplayed(t *testing.T, s *subject) {
	list := entries(3)
	for _, e := range list {
		e.Deliveries[0].Order = "x"
	}
	d := ids(s.append(list...))
	s.finish(attempted(s.leaseOne(Epoch), gateway.Dead, Epoch))
	if n, err := s.Replay(t.Context(), gateway.Filter{IDs: []int64{d[0]}}, Epoch, Epoch, 1); n != 1 || err != nil {
		t.Fatalf("Replay = %d, %v", n, err)
	}
	for _, want := range d {
		leased := s.lease(Epoch, 10)
		same(t, "the next in the order", ids(leased), []int64{want})
		s.finish(attempted(leased[0], gateway.Delivered, Epoch))
	}
}

func testFinishFenced(t *testing.T, s *subject) {
	s.append(Entry("a", main))
	d := s.leaseOne(Epoch)
	old := *d
	old.Attempt--
	unknown := *d
	unknown.ID += 1000
	for name, d := range map[string]*gateway.Delivery{"an attempt before": &old, "no such delivery": &unknown} {
		if _, err := s.Finish(t.Context(), attempted(d, gateway.Dead, Epoch)); !errors.Is(err, gateway.ErrLeaseLost) {
			t.Errorf("%s: Finish = %v, want %v", name, err, gateway.ErrLeaseLost)
		}
	}
	done := attempted(d, gateway.Delivered, Epoch)
	s.finish(done)
	if _, err := s.Finish(t.Context(), attempted(d, gateway.Dead, Epoch)); !errors.Is(err, gateway.ErrLeaseLost) {
		t.Errorf("Finish of what is settled = %v, want %v", err, gateway.ErrLeaseLost)
	}
	stored := s.list(gateway.Filter{IDs: []int64{d.ID}}, 1)[0]
	stored.Event, stored.Since = nil, done.Since // which only a lease has
	same(t, "the delivery", stored, done)
}

func testFinishForgets(t *testing.T, s *subject) {
	for _, tt := range []struct {
		name          string
		first, second gateway.State
		want          bool
	}{
		{"all dead", gateway.Dead, gateway.Dead, true},
		{"one delivered, then one dead", gateway.Delivered, gateway.Dead, false},
		{"one dead, then one delivered", gateway.Dead, gateway.Delivered, false},
	} {
		e := Entry(tt.name, main, main)
		s.append(e)
		leased := s.lease(Epoch, 2)
		if s.finish(attempted(leased[0], tt.first, Epoch)) {
			t.Errorf("%s: the key is forgotten with the first", tt.name)
		}
		if got := s.finish(attempted(leased[1], tt.second, Epoch)); got != tt.want {
			t.Errorf("%s: forgotten = %v, want %v", tt.name, got, tt.want)
		}
		if known := s.known(e.Event.Key, Epoch); known == tt.want {
			t.Errorf("%s: Known = %v, want %v", tt.name, known, !tt.want)
		}
	}
	s.append(Entry("all dead", main)) // it is welcome
}

func testFinishForgetsProof(t *testing.T, s *subject) {
	s.append(proven("a", "a's", main))
	if !s.finish(attempted(s.leaseOne(Epoch), gateway.Dead, Epoch)) {
		t.Error("the keys of a dead letter are not forgotten")
	}
	for _, name := range []string{"a", "a's"} {
		if s.known(gateway.NewKey(name), Epoch) {
			t.Errorf("%s is still known", name)
		}
	}
	s.append(proven("another", "a's", main)) // it is welcome
}

func testFanOut(t *testing.T, s *subject) {
	s.append(Entry("a", main, audit))
	s.finish(attempted(s.leaseOne(Epoch), gateway.Delivered, Epoch))
	if stats := s.stats(); stats.Unsettled != 1 || stats.Events != 1 {
		t.Errorf("%d of %d events are unsettled, want 1 of 1", stats.Unsettled, stats.Events)
	}
	leased, _, err := s.Lease(t.Context(), audit, Epoch, Epoch.Add(time.Second), 1)
	if err != nil || len(leased) != 1 {
		t.Fatalf("Lease = %v, %v; want the other delivery", ids(leased), err)
	}
	s.finish(attempted(leased[0], gateway.Dead, Epoch))
	if stats := s.stats(); stats.Unsettled != 0 || stats.Events != 1 {
		t.Errorf("%d of %d events are unsettled, want 0 of 1", stats.Unsettled, stats.Events)
	}
}

func testAttempts(t *testing.T, s *subject) {
	s.append(Entry("a", main))
	var want []gateway.Attempt
	var id int64
	for i, state := range []gateway.State{gateway.Pending, gateway.Pending, gateway.Dead} {
		at := Epoch.Add(time.Duration(i) * time.Hour)
		d := attempted(s.leaseOne(at), state, at)
		s.finish(d)
		want, id = append(want, d.LastAttempt), d.ID
		got, err := s.Attempts(t.Context(), id)
		s.fatal(err)
		same(t, "the attempts", got, want)
	}
	if _, err := s.Attempts(t.Context(), id+1000); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("Attempts of no delivery = %v, want %v", err, gateway.ErrNotFound)
	}
}
