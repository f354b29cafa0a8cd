package gateway_test

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// A slowDisk is a store whose commits last until it is released, with a worker
// that delivers what is in it.
type slowDisk struct {
	*sqlite.Store
	*delivery.Worker
	release chan struct{}
}

func newSlowDisk(t *testing.T, e *endpoint) *slowDisk {
	start := time.Now()
	e.parts.Now = func() time.Time { return t0.Add(time.Since(start)) }
	d := &slowDisk{release: make(chan struct{})}
	var err error
	d.Store, err = sqlite.Open(filepath.Join(t.TempDir(), "hooks.db"), sqlite.Options{
		Limits: sqlite.Limits{RetainFor: time.Hour, Reserve: 1}, Now: e.parts.Now, Observe: func(sqlite.Commit) { <-d.release },
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Worker = delivery.New(delivery.Options{Queue: d.Store, Now: e.parts.Now, Random: e.parts.Random, Log: slog.New(slog.DiscardHandler)})
	address := gateway.Address{Endpoint: e.config.Name, Destination: "app"}
	d.Serve(&gateway.Destination{Address: address, Route: route(e.deliver), Timeout: 30 * time.Second, Now: e.parts.Now, Retry: e.config.Retry.WithDefaults()})
	e.open(t)
	e.Gateway.Open(&gateway.Backing{Journal: d.Store, Lanes: []gateway.Lane{d.Lane(address)}})
	return d
}

func (d *slowDisk) close(t *testing.T) {
	if err := d.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// An attempt that outlasted its sender's patience, and then the store's, settles
// the event that was stored after all: the application is not asked again.
func TestAttemptsThatOutlastASlowDisk(t *testing.T) {
	for _, tt := range []struct {
		name     string
		stored   time.Duration // after the request; the attempt ends after 10 s
		statuses []int
		asked    int64
		code     int
		state    gateway.State
	}{
		{"stored while it goes on", 7 * time.Second, []int{200}, 1, 200, gateway.Delivered},
		{"stored after it", 15 * time.Second, []int{200}, 1, 200, gateway.Delivered},
		{"failed, stored while it goes on", 7 * time.Second, []int{503, 200}, 2, 200, gateway.Delivered},
		{"failed, stored after it", 12 * time.Second, []int{503, 200}, 2, 200, gateway.Delivered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(t, 1, func(c *gateway.Config) { c.AckWithin = gateway.Duration(2 * time.Second) })
				d := newSlowDisk(t, e)
				defer d.close(t)
				e.app = func(w http.ResponseWriter, r *http.Request, ev *gateway.Event) error {
					<-time.After(10 * time.Second)
					return says(tt.statuses[min(int(e.asked.Load()), len(tt.statuses))-1])(w, r, ev)
				}
				time.AfterFunc(tt.stored, func() { close(d.release) })
				if a := e.send("d1"); a.Code != tt.code {
					t.Errorf("answered %d %q, want %d", a.Code, a.Body, tt.code)
				}
				<-time.After(10 * time.Minute)
				if n := e.asked.Load(); n != tt.asked {
					t.Errorf("the application was asked %d times, want %d", n, tt.asked)
				}
				page, err := d.List(t.Context(), gateway.Filter{}, 10)
				if err != nil || len(page.Deliveries) != 1 || page.Deliveries[0].State != tt.state || page.Deliveries[0].Attempt != int(tt.asked) {
					t.Errorf("stored %+v, %v; want one, %v", page.Deliveries, err, tt.state)
				}
			})
		})
	}
}
