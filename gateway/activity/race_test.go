package activity

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// TestManyAtOnce has goroutines tell and ask, while minutes pass and listeners
// come and go. Nothing may be lost that is remembered.
func TestManyAtOnce(t *testing.T) {
	var passed atomic.Int64 // minutes
	now := func() time.Time { return t0.Add(time.Duration(passed.Load()) * time.Minute) }
	l := New(Options{Refusals: 50, Now: now})
	const tellers, rounds = 8, 400
	var tell, ask sync.WaitGroup
	stop := make(chan struct{})
	for i := range tellers {
		tell.Go(func() {
			endpoint := string(rune('a' + i%4))
			for n := range rounds {
				l.Observe(delivered(endpoint, now()))
				o := refused(endpoint, gateway.ReasonSigBad, post("/"))
				o.Start, o.Body, o.KeepBody = now(), bytes.Repeat([]byte{byte(n)}, 1000), true
				l.Observe(o)
				l.Attempted(delivery.Attempt{Address: gateway.Address{Endpoint: endpoint}, Result: gateway.Result{Verdict: gateway.Again, Start: now()}})
				l.Settled(gateway.Address{Endpoint: endpoint}, &gateway.Delivery{State: gateway.Dead})
				if n%20 == 0 && i == 0 {
					passed.Add(1)
				}
			}
		})
	}
	for range 4 {
		ask.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				heard, leave := l.Listen()
				<-heard
				leave()
				l.Last("")
				l.Hour("a")
				for _, r := range l.Refusals("", "", 0, 10) {
					if len(r.Body) != 1000 || !bytes.Equal(r.Body, bytes.Repeat(r.Body[:1], 1000)) {
						t.Error("a body is mixed with another")
					}
				}
			}
		})
	}
	tell.Wait()
	close(stop)
	done := make(chan struct{})
	go func() { // wakes those who listen for the last time
		defer close(done)
		ask.Wait()
	}()
	woken := wake(l, now(), done)
	const all = tellers * rounds
	if got := counts(l.Hour("")); got != [5]int64{all + woken, all, all + woken, all, all} {
		t.Errorf("counted %v, want %d of each, and %d more accepted", got, all, woken)
	}
}

// wake tells of requests until done, and returns how many.
func wake(l *Log, at time.Time, done chan struct{}) (n int64) {
	for {
		select {
		case <-done:
			return n
		default:
			l.Observe(delivered("a", at))
			n++
		}
	}
}
