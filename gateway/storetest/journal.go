package storetest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func testAppend(t *testing.T, s *subject) {
	d := s.append(Entry("a", main, audit), Entry("b", main))
	seen := map[int64]bool{}
	for _, d := range d {
		if d.ID == 0 || d.EventID == 0 || seen[d.ID] {
			t.Errorf("a delivery's id is %d and its event's %d, want ids of their own", d.ID, d.EventID)
		}
		seen[d.ID] = true
	}
	if d[0].EventID != d[1].EventID || d[0].EventID == d[2].EventID {
		t.Errorf("the events' ids are %d, %d and %d, want the first two to be the same", d[0].EventID, d[1].EventID, d[2].EventID)
	}
}

func testAppendTwice(t *testing.T, s *subject) {
	for _, tt := range []struct {
		name     string
		received time.Time
		want     gateway.Claim
	}{
		{"new", Epoch, gateway.Ours},
		{"known", Epoch.Add(time.Second), gateway.Done},
		{"just before the claim ends", Epoch.Add(7*24*time.Hour - 1), gateway.Done},
		{"when it ends", Epoch.Add(7 * 24 * time.Hour), gateway.Ours},
	} {
		e := Entry("a", main)
		e.Event.ReceivedAt = tt.received
		if claim, err := s.Append(t.Context(), e); err != nil || claim != tt.want {
			t.Errorf("%s: Append = %v, %v; want %v", tt.name, claim, err, tt.want)
		}
	}
	if n := len(s.list(gateway.Filter{}, 10)); n != 2 {
		t.Errorf("%d deliveries are stored, want 2", n)
	}
}

func testAppendAtOnce(t *testing.T, s *subject) {
	var ours atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			claim, err := s.Append(t.Context(), Entry("a", main))
			if err != nil {
				t.Error(err)
			}
			if claim == gateway.Ours {
				ours.Add(1)
			}
		})
	}
	all.Wait()
	if n := ours.Load(); n != 1 {
		t.Errorf("the key was %d callers', want one's", n)
	}
}

func testAppendKeyOnly(t *testing.T, s *subject) {
	s.append(Entry("a"))
	if !s.known(gateway.NewKey("a"), Epoch) {
		t.Error("the key is not known")
	}
	if stats := s.stats(); stats.Events != 0 {
		t.Errorf("%d events are stored, want none", stats.Events)
	}
	unclaimed := Entry("b", main)
	unclaimed.Until = time.Time{}
	s.append(unclaimed, unclaimed)
	if s.known(gateway.NewKey("b"), Epoch) {
		t.Error("a key is known that was not claimed")
	}
}

// proven is an Entry whose event has a Proof, made of another name.
func proven(name, proof string, to ...gateway.Address) *gateway.Entry {
	e := Entry(name, to...)
	e.Event.Proof = gateway.NewKey(proof)
	return e
}

func testAppendProof(t *testing.T, s *subject) {
	s.append(proven("a", "a's", main), proven("b", "b's"))
	s.Note(proven("c", "c's"))
	s.append(proven("d", "d's")) // what was noted is stored by now
	for _, name := range []string{"a's", "b's", "c's", "d's"} {
		if !s.known(gateway.NewKey(name), Epoch) {
			t.Errorf("%s proof is not known", name)
		}
	}
	for _, tt := range []struct {
		name string
		e    *gateway.Entry
		want gateway.Claim
	}{
		{"the same key", proven("a", "new", main), gateway.Done},
		{"the same proof", proven("new", "a's", main), gateway.Done},
		{"the proof of one that is not stored", proven("new", "c's", main), gateway.Done},
		{"a proof as key", Entry("b's", main), gateway.Done},
		{"a key as proof", proven("new", "b", main), gateway.Done},
		{"both new", proven("new", "new's", main), gateway.Ours},
	} {
		if claim, err := s.Append(t.Context(), tt.e); claim != tt.want || err != nil {
			t.Errorf("%s: Append = %v, %v; want %v", tt.name, claim, err, tt.want)
		}
	}
}

func testAppendKeepsNothing(t *testing.T, s *subject) {
	e := Entry("a", main)
	e.Deliveries[0].State, e.Deliveries[0].LastAttempt = gateway.Delivered, gateway.Attempt{Number: 1, Start: Epoch, Answer: []byte("good")}
	want, answer := Event("a"), "good"
	s.append(e)
	id := e.Deliveries[0].ID
	spoil(e)
	d := s.list(gateway.Filter{IDs: []int64{id}}, 1)[0]
	if got := string(d.LastAttempt.Answer); got != answer {
		t.Errorf("the answer is %q, want %q", got, answer)
	}
	s.fatal(s.Load(t.Context(), d))
	want.Attempt = d.Attempt
	same(t, "the event", d.Event, want)
}

// spoil uses an entry's memory for something else.
func spoil(e *gateway.Entry) {
	for _, p := range [][]byte{e.Event.Body, e.Deliveries[0].LastAttempt.Answer, e.Event.Key[:]} {
		for i := range p {
			p[i] = '#'
		}
	}
	for _, values := range e.Event.Header {
		for i := range values {
			values[i] = "#"
		}
	}
	clear(e.Event.Header)
	*e.Deliveries[0] = gateway.Delivery{}
}

func testRoundTrip(t *testing.T, s *subject) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, change := range map[string]func(*gateway.Event){
		"every byte":            func(e *gateway.Event) { e.Body, e.Header["X-Odd"] = all, []string{string(all)} },
		"not UTF-8":             func(e *gateway.Event) { e.Header["X-Latin"], e.Type = []string{"caf\xe9"}, "\xff\xfe" },
		"values in their order": func(e *gateway.Event) { e.Header["Via"] = []string{"b", "a", "", "b"} },
		"lower case":            func(e *gateway.Event) { e.Header["x-lower"] = []string{"1"} },
		"a header of no values": func(e *gateway.Event) { e.Header["X-None"] = []string{} },
		"no header at all":      func(e *gateway.Event) { e.Header = http.Header{} },
		"no body":               func(e *gateway.Event) { e.Body = nil },
		"no facts": func(e *gateway.Event) {
			*e = gateway.Event{Key: e.Key, ReceivedAt: e.ReceivedAt, Header: http.Header{}}
		},
		"line ends in an id": func(e *gateway.Event) { e.ID, e.Target = "a\r\nb\x00c", "/"+strings.Repeat("x", 8000) },
		"a trace":            func(e *gateway.Event) { e.Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
		"a proof":            func(e *gateway.Event) { e.Proof = gateway.NewKey("proof") },
		"an instant between": func(e *gateway.Event) { e.ReceivedAt = Epoch.Add(1) },
	} {
		t.Run(name, func(t *testing.T) {
			e, want := Entry(name, main), Entry(name).Event
			change(e.Event)
			change(want)
			d := s.append(e)[0]
			s.fatal(s.Load(t.Context(), d))
			same(t, "the event", d.Event, want)
			listed := s.list(gateway.Filter{IDs: []int64{d.ID}}, 1)[0].Event
			want.Body = nil
			same(t, "the event in the list", listed, want)
		})
	}
}

func testBigBody(t *testing.T, s *subject) {
	e := Entry("a", main)
	e.Event.Body = bytes.Repeat([]byte("0123456789abcdef"), 1<<20/16*9)
	d := s.append(e)[0]
	s.fatal(s.Load(t.Context(), d))
	if !bytes.Equal(d.Event.Body, e.Event.Body) {
		t.Errorf("the body of %d bytes came back as another, of %d", len(e.Event.Body), len(d.Event.Body))
	}
}

func testKnown(t *testing.T, s *subject) {
	s.append(Entry("a", main))
	for _, tt := range []struct {
		name, key string
		at        time.Time
		want      bool
	}{
		{"claimed", "a", Epoch, true},
		{"never seen", "b", Epoch, false},
		{"just before it ends", "a", Epoch.Add(7*24*time.Hour - 1), true},
		{"when it ends", "a", Epoch.Add(7 * 24 * time.Hour), false},
	} {
		if got := s.known(gateway.NewKey(tt.key), tt.at); got != tt.want {
			t.Errorf("%s: Known = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func testNote(t *testing.T, s *subject) {
	var noted []string
	for i := range 20 {
		e := Entry(fmt.Sprint("noted ", i), main)
		e.Deliveries[0].State, e.Deliveries[0].LastAttempt = gateway.Delivered, gateway.Attempt{Number: 1, Start: Epoch, Status: 200}
		noted = append(noted, e.Event.ID)
		s.Note(e)
		spoil(e)
	}
	s.fatal(until(t.Context(), func() bool { return len(s.list(gateway.Filter{}, 100)) == len(noted) }))
	var stored []string
	for _, d := range slices.Backward(s.list(gateway.Filter{States: []gateway.State{gateway.Delivered}}, 100)) {
		stored = append(stored, d.Event.ID)
	}
	same(t, "what is stored", stored, noted)
	s.Note(Entry("only a key"))
	s.fatal(until(t.Context(), func() bool { return s.known(gateway.NewKey("only a key"), Epoch) }))
}
