package activity

import (
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestASlowListenerMissesSome(t *testing.T) {
	l, _ := newLog()
	slow, leaveSlow := l.Listen()
	quick, leaveQuick := l.Listen()
	defer leaveQuick()
	const n = 3 * waiting
	for range n {
		l.Observe(refused("a", gateway.ReasonSigBad, post("/")))
		<-quick
	}
	leaveSlow()
	got := 0
	for range slow {
		got++
	}
	if got != waiting {
		t.Errorf("heard of %d, want %d", got, waiting)
	}
}

func TestLeave(t *testing.T) {
	l, _ := newLog()
	heard, leave := l.Listen()
	_, other := l.Listen()
	leave()
	leave()
	if _, open := <-heard; open {
		t.Error("the channel is open after leave")
	}
	if !l.listeners.any() {
		t.Error("the other one is gone too")
	}
	l.Observe(refused("a", gateway.ReasonSigBad, post("/")))
	other()
	if l.listeners.any() {
		t.Error("somebody is left")
	}
	l.Observe(refused("a", gateway.ReasonSigBad, post("/")))
}

func TestTextsOfAHappeningAreBounded(t *testing.T) {
	l, _ := newLog()
	heard, leave := l.Listen()
	defer leave()
	o := delivered("a", t0)
	o.ID, o.Type = strings.Repeat("i", 1000), "x"+strings.Repeat("é", 1000)
	l.Observe(o)
	if h := <-heard; len(h.Reference) != longestText || len(h.Type) != longestText-1 {
		t.Errorf("reference %d, type %d bytes", len(h.Reference), len(h.Type))
	}
}
