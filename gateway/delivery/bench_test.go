package delivery_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// A counter is a route to an application that accepts everything.
type counter struct{ all sync.WaitGroup }

func (c *counter) Pass(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	return c.Deliver(w, r, e)
}

func (c *counter) Deliver(w http.ResponseWriter, _ *http.Request, _ *gateway.Event) error {
	w.WriteHeader(http.StatusNoContent)
	c.all.Done()
	return nil
}

// BenchmarkDrain is a backlog of deliveries that are attempted one after the
// other; BenchmarkCarry is events that are attempted as they come.
func BenchmarkDrain(b *testing.B) {
	q, c := &fifo{event: someEvent}, &counter{}
	for i := range b.N {
		q.waiting = append(q.waiting, &gateway.Delivery{ID: int64(i), Address: shop, ReceivedAt: time.Now()})
	}
	c.all.Add(b.N)
	w := worker(b, q)
	b.ReportAllocs()
	b.ResetTimer()
	w.Serve(route(c))
	c.all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

func BenchmarkCarry(b *testing.B) {
	q, c := &fifo{event: someEvent}, &counter{}
	w := worker(b, q)
	w.Serve(route(c))
	lane := w.Lane(shop)
	c.all.Add(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		place, ok := lane.Enter(time.Now(), false)
		for ; !ok; place, ok = lane.Enter(time.Now(), false) {
			time.Sleep(10 * time.Microsecond)
		}
		lane.Carry(&gateway.Delivery{Event: someEvent, Address: shop, State: gateway.Delivering, Attempt: 1, ReceivedAt: time.Now()}, place, func() {})
	}
	c.all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

var someEvent = &gateway.Event{ID: "e", Method: http.MethodPost, Target: "/hook", Header: http.Header{"Content-Type": {"application/json"}}, Body: make([]byte, 2<<10)}

func worker(b *testing.B, q gateway.Queue) *delivery.Worker {
	w := delivery.New(delivery.Options{Queue: q, Now: time.Now, Random: rand.Float64, Log: slog.New(slog.DiscardHandler)})
	b.Cleanup(func() {
		if err := w.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return w
}

func route(r gateway.Route) *gateway.Destination {
	return &gateway.Destination{Address: shop, Route: r, Timeout: time.Minute, Now: time.Now, Retry: gateway.Retry{}.WithDefaults()}
}
