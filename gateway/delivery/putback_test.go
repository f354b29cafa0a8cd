package delivery_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// onDisk opens a store that goes by the stand's clock, and has its own
// worker deliver what is in it.
func (s *stand) onDisk(path string) (*sqlite.Store, *delivery.Worker) {
	s.Helper()
	store, err := sqlite.Open(path, sqlite.Options{Now: s.now, Limits: sqlite.Limits{RetainFor: time.Hour, Reserve: 1, CommitWithin: time.Minute}})
	if err != nil {
		s.Fatal(err)
	}
	return store, delivery.New(delivery.Options{
		Queue: store, Observer: s, Now: s.now, Random: func() float64 { return 0 },
		Log: slog.New(slog.NewTextHandler(&s.log, nil)), Latest: store.Latest(),
	})
}

// putOff stores one that is due only after a while, as one over its limit is.
func (s *stand) putOff(store gateway.Journal, w *delivery.Worker, by time.Duration, order string) {
	s.Helper()
	d := s.delivery()
	d.Due, d.Order = d.Due.Add(by), order
	claim, err := store.Append(s.Context(), &gateway.Entry{Event: d.Event, Until: s.now().AddDate(1, 0, 0), Deliveries: []*gateway.Delivery{d}})
	if claim != gateway.Ours || err != nil {
		s.Fatalf("Append = %v, %v", claim, err)
	}
	if lane := w.Lane(shop); lane != nil {
		lane.Wake(d.Due)
	}
}

// When the clock is put back, what was put off waits as long as it was to:
// neither longer nor shorter. It is the same if nobody was there to see it, but
// for the time in which nobody was.
func TestPutOffWithClockPutBack(t *testing.T) {
	for _, by := range []time.Duration{6 * time.Second, time.Hour, 400 * 24 * time.Hour} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(by, ", while nobody works: ", restart), func(t *testing.T) {
				run(t, func(s *stand) {
					path := filepath.Join(s.TempDir(), "hooks.db")
					app := answering(503, 200)
					app.header = http.Header{"Retry-After": {"2700"}}
					store, w := s.onDisk(path)
					w.Serve(s.destination(app, inFlight(1)))
					start := time.Now()
					s.putOff(store, w, 0, "")
					synctest.Wait() // it is told to come again in 45 minutes
					s.putOff(store, w, 30*time.Minute, "")
					s.putOff(store, w, 40*time.Minute, "a")
					s.putOff(store, w, 50*time.Minute, "a") // behind the other
					if restart {
						closeAll(s.T, s.Context(), store, w)
					}
					s.set(-by)
					if restart {
						store, w = s.onDisk(path)
						w.Serve(s.destination(app, inFlight(1)))
					}
					s.pass(2 * time.Hour)
					closeAll(s.T, s.Context(), store, w)
					want := []time.Duration{0, 30 * time.Minute, 40 * time.Minute, 45 * time.Minute, 50 * time.Minute}
					if got := app.times(start); !slices.Equal(got, want) || !slices.Equal(app.came, []string{"e1", "e2", "e3", "e1", "e4"}) {
						t.Errorf("%v were attempted at %v, want %v", app.came, got, want)
					}
				})
			})
		}
	}
}
