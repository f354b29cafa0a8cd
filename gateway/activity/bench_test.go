package activity

import (
	"bytes"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// newBusyLog is one of many endpoints, with the wall clock, as in a server.
func newBusyLog() *Log {
	l := New(Options{Now: time.Now})
	for _, endpoint := range []string{"stripe", "github", "shopify", "twilio", "slack", "a", "b", "c"} {
		l.Observe(delivered(endpoint, time.Now()))
	}
	return l
}

// live is the attempt of a request that was delivered.
func live() delivery.Attempt {
	return delivery.Attempt{Address: gateway.Address{Endpoint: "a", Destination: "app"}, Result: gateway.Result{Verdict: gateway.Accepted, Start: time.Now()}, Live: true}
}

// flood is a refused request as strangers send it: many headers.
func flood() *gateway.Outcome {
	r := post("/hooks/a?x=1")
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Proto", "X-Github-Delivery", "X-Github-Event", "X-Github-Hook-Id", "X-Hub-Signature-256",
	} {
		r.Header.Set(name, "value")
	}
	o := refused("a", gateway.ReasonSigBad, r)
	o.Start, o.Body = time.Now(), bytes.Repeat([]byte("x"), 2<<10)
	return o
}

// BenchmarkRequest is what a delivered request costs, its attempt included.
func BenchmarkRequest(b *testing.B) {
	l, o, a := newBusyLog(), delivered("a", time.Now()), live()
	o.Durable = true
	b.ReportAllocs()
	for b.Loop() {
		l.Attempted(a)
		l.Observe(o)
	}
}

// BenchmarkRequestParallel is the same on all cores, at one endpoint.
func BenchmarkRequestParallel(b *testing.B) {
	l := newBusyLog()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		o, a := delivered("a", time.Now()), live()
		o.Durable = true
		for p.Next() {
			l.Attempted(a)
			l.Observe(o)
		}
	})
}

// BenchmarkRefusal is what a request costs that is refused.
func BenchmarkRefusal(b *testing.B) {
	for _, keep := range []bool{false, true} {
		name := "headers"
		if keep {
			name = "body of 2 KiB too"
		}
		b.Run(name, func(b *testing.B) {
			l, o := newBusyLog(), flood()
			o.KeepBody = keep
			b.ReportAllocs()
			for b.Loop() {
				l.Observe(o)
			}
		})
	}
}

// BenchmarkListener is what a delivered request costs while somebody listens.
func BenchmarkListener(b *testing.B) {
	l, o := newBusyLog(), delivered("a", time.Now())
	_, leave := l.Listen()
	defer leave()
	b.ReportAllocs()
	for b.Loop() {
		l.Observe(o)
	}
}

// BenchmarkLast is what it costs to look.
func BenchmarkLast(b *testing.B) {
	l := newBusyLog()
	for b.Loop() {
		l.Last("")
	}
}

func TestARequestAllocatesNothing(t *testing.T) {
	l, _ := newLog()
	o, a := delivered("a", t0), live()
	a.Result.Start = t0
	if n := testing.AllocsPerRun(1000, func() { l.Attempted(a); l.Observe(o) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAFloodOfRefusalsAllocatesNothing(t *testing.T) {
	l, _ := newLog()
	o := flood()
	o.KeepBody = true
	for range 2 * mostRefusals {
		l.Observe(o)
	}
	if n := testing.AllocsPerRun(1000, func() { l.Observe(o) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
