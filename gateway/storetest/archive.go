package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func testListPages(t *testing.T, s *subject) {
	want := ids(s.append(entries(6)...))
	slices.Reverse(want)
	var got []int64
	for f, more := (gateway.Filter{}), true; more; {
		page, err := s.List(t.Context(), f, 3)
		s.fatal(err)
		if len(page.Deliveries) > 3 || page.Next == 0 && len(got) < 3 {
			t.Fatalf("a page has %d deliveries, and the next one is %d", len(page.Deliveries), page.Next)
		}
		got = append(got, ids(page.Deliveries)...)
		f.Before, more = page.Next, page.Next != 0
	}
	same(t, "the pages", got, want)
}

func testListFilters(t *testing.T, s *subject) {
	github := gateway.Address{Endpoint: "github", Destination: "main"}
	list := []*gateway.Entry{Entry("0", main), Entry("1", audit), Entry("2", github), Entry("3", main, audit)}
	for i, e := range list {
		e.Event.ReceivedAt = Epoch.Add(time.Duration(i) * time.Hour)
	}
	d := ids(s.append(list...)) // five: the last event has two
	s.finish(attempted(s.leaseOne(Epoch), gateway.Dead, Epoch))
	s.lease(Epoch, 1)
	for name, tt := range map[string]struct {
		filter gateway.Filter
		want   []int64
	}{
		"all":                         {gateway.Filter{}, []int64{d[4], d[3], d[2], d[1], d[0]}},
		"one":                         {gateway.Filter{IDs: []int64{d[2]}}, []int64{d[2]}},
		"these, of which one is gone": {gateway.Filter{IDs: []int64{d[1], d[4] + 1000, d[3]}}, []int64{d[3], d[1]}},
		"these, below an id":          {gateway.Filter{IDs: []int64{d[1], d[3]}, Before: d[3]}, []int64{d[1]}},
		"one in another state":        {gateway.Filter{IDs: []int64{d[2]}, States: []gateway.State{gateway.Dead}}, nil},
		"an endpoint":                 {gateway.Filter{Endpoint: "stripe"}, []int64{d[4], d[3], d[1], d[0]}},
		"a destination":               {gateway.Filter{Endpoint: "stripe", Destination: "audit"}, []int64{d[4], d[1]}},
		"a destination that is gone":  {gateway.Filter{Endpoint: "stripe", Destination: "gone"}, nil},
		"dead":                        {gateway.Filter{States: []gateway.State{gateway.Dead}}, []int64{d[0]}},
		"dead or delivering":          {gateway.Filter{States: []gateway.State{gateway.Dead, gateway.Delivering}}, []int64{d[3], d[0]}},
		"delivered":                   {gateway.Filter{States: []gateway.State{gateway.Delivered}}, nil},
		"from an instant on":          {gateway.Filter{Since: Epoch.Add(2 * time.Hour)}, []int64{d[4], d[3], d[2]}},
		"before an instant":           {gateway.Filter{Until: Epoch.Add(time.Hour)}, []int64{d[0]}},
		"below an id, of an endpoint": {gateway.Filter{Before: d[3], Endpoint: "stripe"}, []int64{d[1], d[0]}},
	} {
		if got := ids(s.list(tt.filter, 10)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
		if n, err := s.Count(t.Context(), tt.filter); n != len(tt.want) || err != nil {
			t.Errorf("%s: Count = %d, %v; want %d", name, n, err, len(tt.want))
		}
	}
}

func testListEvents(t *testing.T, s *subject) {
	list := entries(4)
	list[1].Event.Type = "order.Refunded"
	list[2].Event.ID, list[2].Event.Body = "", []byte("Caf\xc3\x89 \x00 Ol\xc3\xa9")
	list[3].Event.Type, list[3].Event.Body = "", nil
	d := ids(s.append(list...))
	made := list[2].Event.Reference() // of its key
	for name, tt := range map[string]struct {
		filter gateway.Filter
		want   []int64
	}{
		"a reference":                    {gateway.Filter{Reference: "event 1"}, []int64{d[1]}},
		"a reference in another case":    {gateway.Filter{Reference: "Event 1"}, nil},
		"a reference made of the key":    {gateway.Filter{Reference: made}, []int64{d[2]}},
		"a type":                         {gateway.Filter{Type: "order.paid"}, []int64{d[2], d[0]}},
		"a type in another case":         {gateway.Filter{Type: "order.refunded"}, nil},
		"the beginning of a type":        {gateway.Filter{Type: "order"}, nil},
		"a reference and another's type": {gateway.Filter{Reference: "event 1", Type: "order.paid"}, nil},
		"found in the reference":         {gateway.Filter{Search: "VENT 1"}, []int64{d[1]}},
		"found in a made reference":      {gateway.Filter{Search: strings.ToUpper(made[5:])}, []int64{d[2]}},
		"found in the type":              {gateway.Filter{Search: "refunD"}, []int64{d[1]}},
		"found in the body":              {gateway.Filter{Search: "NAME\":\"event"}, []int64{d[1], d[0]}},
		"found behind a zero byte":       {gateway.Filter{Search: "oL\u00e9"}, []int64{d[2]}},
		"other letters have their case":  {gateway.Filter{Search: "caf\u00e9"}, nil},
		"a wildcard of SQL is a letter":  {gateway.Filter{Search: "event_1"}, nil},
		"found, of a type":               {gateway.Filter{Search: "event", Type: "order.paid"}, []int64{d[0]}},
		"found, below an id":             {gateway.Filter{Search: "event", Before: d[1]}, []int64{d[0]}},
	} {
		if got := ids(s.list(tt.filter, 10)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
		if n, err := s.Count(t.Context(), tt.filter); n != len(tt.want) || err != nil {
			t.Errorf("%s: Count = %d, %v; want %d", name, n, err, len(tt.want))
		}
	}
}

func testShow(t *testing.T, s *subject) {
	e := Entry("a", main, audit)
	want := *s.append(e)[1]
	want.Event = Event("a")
	got, err := s.Show(t.Context(), want.ID)
	s.fatal(err)
	same(t, "the delivery", got, &want)
	if _, err := s.Show(t.Context(), want.ID+1000); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("Show of no delivery = %v, want %v", err, gateway.ErrNotFound)
	}
}

func testReplay(t *testing.T, s *subject) {
	d := s.append(entries(4)...)
	for i, state := range []gateway.State{gateway.Dead, gateway.Delivered, gateway.Pending} {
		s.finish(attempted(s.leaseOne(Epoch.Add(time.Duration(i))), state, Epoch))
	}
	at := Epoch.Add(time.Hour)
	for _, tt := range []struct {
		name   string
		filter gateway.Filter
		want   int
	}{
		{"one that is pending", gateway.Filter{IDs: []int64{d[2].ID}}, 0},
		{"only pending ones", gateway.Filter{States: []gateway.State{gateway.Pending}}, 0},
		{"the dead", gateway.Filter{States: []gateway.State{gateway.Dead}}, 1},
		{"whatever is settled", gateway.Filter{}, 1},
		{"nothing is left", gateway.Filter{}, 0},
	} {
		if n, err := s.Replay(t.Context(), tt.filter, at, at, 10); n != tt.want || err != nil {
			t.Errorf("%s: Replay = %d, %v; want %d", tt.name, n, err, tt.want)
		}
	}
	replayed := s.list(gateway.Filter{IDs: []int64{d[0].ID}}, 1)[0]
	if replayed.State != gateway.Pending || replayed.Spent != 0 || !replayed.Due.Equal(at) || !replayed.ReplayedAt.Equal(at) || replayed.Attempt != 1 {
		t.Errorf("the replayed delivery is %+v, want it pending, due, with nothing spent and its attempts counted on", replayed)
	}
	if stats := s.stats(); stats.Unsettled != 4 {
		t.Errorf("%d events are unsettled, want 4", stats.Unsettled)
	}
}

func testReplayClaims(t *testing.T, s *subject) {
	first := Entry("a", main)
	id := s.append(first)[0].ID
	s.finish(attempted(s.leaseOne(Epoch), gateway.Dead, Epoch))
	later := Epoch.Add(time.Hour)
	replay := func() {
		t.Helper()
		if n, err := s.Replay(t.Context(), gateway.Filter{IDs: []int64{id}}, Epoch, later, 10); n != 1 || err != nil {
			t.Fatalf("Replay = %d, %v; want 1", n, err)
		}
	}
	replay()
	if !s.known(first.Event.Key, Epoch) || s.known(first.Event.Key, later) {
		t.Error("the replayed event's key is not claimed until the instant")
	}
	if !s.finish(attempted(s.leaseOne(Epoch), gateway.Dead, Epoch)) {
		t.Error("the key is not forgotten when the event is dead again")
	}
	s.append(Entry("a", audit)) // the sender has sent it again
	replay()
	if s.finish(attempted(s.leaseOne(Epoch), gateway.Dead, Epoch)) || !s.known(first.Event.Key, Epoch) {
		t.Error("the key is forgotten, though another event has it")
	}
}

func testReplayClaimsProof(t *testing.T, s *subject) {
	id := s.append(proven("a", "a's", main))[0].ID
	s.finish(attempted(s.leaseOne(Epoch), gateway.Dead, Epoch))
	later := Epoch.Add(time.Hour)
	if n, err := s.Replay(t.Context(), gateway.Filter{IDs: []int64{id}}, Epoch, later, 10); n != 1 || err != nil {
		t.Fatalf("Replay = %d, %v; want 1", n, err)
	}
	for _, name := range []string{"a", "a's"} {
		if key := gateway.NewKey(name); !s.known(key, Epoch) || s.known(key, later) {
			t.Errorf("%s is not claimed until the instant", name)
		}
	}
}

func testSweep(t *testing.T, s *subject) {
	list := []*gateway.Entry{Entry("dead", main), Entry("delivered", main), Entry("half", main, audit), Entry("waiting", main)}
	s.append(list...)
	for i, state := range []gateway.State{gateway.Dead, gateway.Delivered, gateway.Delivered} {
		s.finish(attempted(s.leaseOne(Epoch), state, Epoch.Add(time.Duration(i)*time.Minute)))
	}
	end := Epoch.Add(Retention + 20*time.Millisecond) // the attempts take so long
	for _, tt := range []struct {
		name string
		at   time.Time
		want int64
	}{
		{"nothing has outlived its retention", end.Add(-1), 4},
		{"the first has", end, 3},
		{"the second has", end.Add(time.Minute), 2},
		{"half and waiting never do", end.Add(1000 * time.Hour), 2},
	} {
		s.sweep(tt.at)
		if stats := s.stats(); stats.Events != tt.want {
			t.Errorf("%s: %d events are stored, want %d", tt.name, stats.Events, tt.want)
		}
	}
	if err := s.Load(t.Context(), list[0].Deliveries[0]); !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("Load of what was swept = %v, want %v", err, gateway.ErrNotFound)
	}
	highest := list[3].Deliveries[0].ID
	if d := s.append(Entry("after", main))[0]; d.ID <= highest {
		t.Errorf("a new delivery has the id %d, want one above %d", d.ID, highest)
	}
}

func testStats(t *testing.T, s *subject) {
	list := entries(4)
	for i, e := range list {
		e.Event.ReceivedAt = Epoch.Add(time.Duration(i) * time.Minute)
		e.Deliveries[0].Due = Epoch.Add(time.Duration(i) * time.Second)
	}
	s.append(list...)
	s.append(Entry("elsewhere", audit))
	s.finish(attempted(s.leaseOne(Epoch), gateway.Delivered, Epoch))
	s.leaseOne(Epoch.Add(time.Second))
	stats := s.stats()
	want := map[gateway.Address]gateway.LaneStats{
		main:  {Count: [...]int64{2, 1, 1, 0}, Oldest: Epoch.Add(time.Minute), Due: Epoch.Add(2 * time.Second)},
		audit: {Count: [...]int64{1, 0, 0, 0}, Oldest: Epoch, Due: Epoch},
	}
	same(t, "the lanes", stats.Lanes, want)
	if stats.Health != gateway.Ready || stats.Err != nil || stats.Events != 5 || stats.Unsettled != 4 {
		t.Errorf("Stats = %+v, want it ready, with 4 of 5 events unsettled", stats)
	}
}

func testClosed(t *testing.T, s *subject) {
	closer, ok := s.Store.(interface{ Close() error })
	if !ok {
		t.Fatal("the store cannot be closed")
	}
	s.append(Entry("a", main))
	s.fatal(closer.Close())
	ctx := t.Context()
	_, append := s.Append(ctx, Entry("b", main))
	_, known := s.Known(ctx, Epoch, gateway.NewKey("a"))
	_, _, lease := s.Lease(ctx, main, Epoch, Epoch, 1)
	_, finish := s.Finish(ctx, new(gateway.Delivery))
	_, list := s.List(ctx, gateway.Filter{}, 1)
	_, count := s.Count(ctx, gateway.Filter{})
	_, show := s.Show(ctx, 1)
	_, replay := s.Replay(ctx, gateway.Filter{}, Epoch, Epoch, 1)
	_, discard := s.Discard(ctx, gateway.Filter{}, 1)
	_, sweep := s.Sweep(ctx, Epoch)
	_, stats := s.Stats(ctx, Epoch)
	for name, err := range map[string]error{
		"Append": append, "Known": known, "Lease": lease, "Finish": finish, "List": list, "Count": count, "Show": show,
		"Replay": replay, "Discard": discard, "Sweep": sweep, "Stats": stats,
	} {
		if !errors.Is(err, gateway.ErrClosed) {
			t.Errorf("%s = %v, want %v", name, err, gateway.ErrClosed)
		}
	}
	s.Note(Entry("c", main))
}
