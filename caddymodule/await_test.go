package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

// A disk fails those who open a store, while it is told to; e2e/torture has
// real ones.
type disk struct {
	fault atomic.Pointer[error]
	tries atomic.Int64
}

var errNoRoom = fmt.Errorf("hooks.db: %w", gateway.ErrFull)

func fullDisk() *disk {
	d := new(disk)
	d.fault.Store(&errNoRoom)
	return d
}

// open is an opener.
func (d *disk) open(a *App, path string, log *slog.Logger, observe func(sqlite.Commit), failed func(error)) (*sqlite.Store, error) {
	d.tries.Add(1)
	if fault := d.fault.Load(); fault != nil {
		return nil, *fault
	}
	return a.openStore(path, log, observe, failed)
}

// engineOn is an engine whose store is on the disk.
func engineOn(t *testing.T, d *disk) *engine {
	t.Helper()
	e, err := newEngine(new(App), filepath.Join(t.TempDir(), "webhooks.db"), slog.New(slog.DiscardHandler), d.open)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *engine) wantHealth(t *testing.T, health gateway.Health, err error) {
	t.Helper()
	if s := e.describe().Stats; s.Health != health || !errors.Is(s.Err, err) {
		t.Errorf("the store is %v, %v; want %v, %v", s.Health, s.Err, health, err)
	}
}

// TestAwaitRoom opens the store as soon as the disk has room, by itself.
func TestAwaitRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fullDisk()
		e := engineOn(t, d)
		a := &App{engine: e, seen: gateway.NewSeen(1), MaxStored: MaxStored{Events: 1}}
		e.join(a)
		time.Sleep(3 * openEvery)
		synctest.Wait()
		if got := d.tries.Load(); got != 4 {
			t.Errorf("it was tried %d times, want 4", got)
		}
		e.wantHealth(t, gateway.Full, gateway.ErrFull)
		if shown := e.describe(); shown.Store != nil || shown.Worker != nil {
			t.Errorf("a store is shown that is not open: %+v", shown)
		}
		d.fault.Store(nil)
		time.Sleep(openEvery)
		synctest.Wait()
		e.wantHealth(t, gateway.Ready, nil)
		if e.describe().Store == nil || e.limits.Load().MaxEvents != 1 {
			t.Error("the store is not shown, or has not the configuration's bounds")
		}
		time.Sleep(3 * openEvery)
		if got := d.tries.Load(); got != 5 {
			t.Errorf("it was tried %d times, want 5: no more once it is open", got)
		}
		e.part(a)
		if err := e.Destruct(); err != nil {
			t.Error(err)
		}
	})
}

// TestAwaitEnds: nobody opens a store for those who have left.
func TestAwaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fullDisk()
		e := engineOn(t, d)
		a := &App{engine: e, seen: gateway.NewSeen(1)}
		e.join(a)
		e.part(a)
		d.fault.Store(nil)
		time.Sleep(2 * openEvery)
		synctest.Wait()
		if got := d.tries.Load(); got != 1 {
			t.Errorf("it was tried %d times, want once: all configurations have left", got)
		}
		if err := errors.Join(e.drain(time.Second), e.Destruct()); err != nil { // and all goroutines have, or the bubble does not end
			t.Error(err)
		}
	})
}

// TestAwaitFails: room does not help a file that is damaged.
func TestAwaitFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fullDisk()
		e := engineOn(t, d)
		e.join(&App{engine: e, seen: gateway.NewSeen(1)})
		damaged := fmt.Errorf("hooks.db: %w", sqlite.ErrCorrupt)
		d.fault.Store(&damaged)
		time.Sleep(3 * openEvery)
		synctest.Wait()
		if got := d.tries.Load(); got != 2 {
			t.Errorf("it was tried %d times, want 2", got)
		}
		e.wantHealth(t, gateway.Failed, gateway.ErrFailed)
		e.wantHealth(t, gateway.Failed, sqlite.ErrCorrupt)
		if err := e.Destruct(); err != nil {
			t.Error(err)
		}
	})
}

// TestFullDisk serves, reloads and stops configurations whose store has no room.
func TestFullDisk(t *testing.T) {
	d := fullDisk()
	e := engineOn(t, d)
	e.stopOpening() // the test says when it is tried
	e.opening.Wait()
	if _, _, err := shared.LoadOrNew(engineKey{e.path}, func() (caddy.Destructor, error) { return e, nil }); err != nil {
		t.Fatal(err)
	}
	global := "\twebhook_gateway {\n\t\tstore sqlite " + e.path + "\n\t}\n"
	site := strings.NewReplacer("ADDR {\n", "ADDR {\n\twebhook_health /healthz\n\tredir /other /there 307\n", "2/1h", "2000/1h").Replace(counting)
	reload := func(references int) {
		t.Helper()
		if err := loadWith(t, global, site); err != nil {
			t.Fatal(err)
		}
		if n, _ := shared.References(engineKey{e.path}); n != references {
			t.Errorf("the engine is held %d times, want %d", n, references)
		}
	}
	reload(2)
	if _, err := shared.Delete(engineKey{e.path}); err != nil { // the test's own
		t.Fatal(err)
	}
	for range 2 {
		if w := post(t, "srv0", "1"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "30" {
			t.Errorf("answered %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
		for path, want := range map[string]int{"/healthz": http.StatusOK, "/other": http.StatusTemporaryRedirect} {
			if w := send(t, "srv0", httptest.NewRequest(http.MethodGet, path, nil)); w.Code != want {
				t.Errorf("%s is answered %d, want %d", path, w.Code, want)
			}
		}
		if e.tryAgain() {
			t.Error("it is not tried any more")
		}
		reload(1)
	}
	wantStoreGauges(t, "full", false)
	if _, err := newEngine(new(App), filepath.Join(t.TempDir(), "other.db"), e.log, fullDisk().open); !errors.Is(err, gateway.ErrFull) {
		t.Errorf("a reload that wants a store where there is no room: %v, want %v", err, gateway.ErrFull)
	}
	d.fault.Store(nil)
	if !e.tryAgain() {
		t.Error("the store was not opened")
	}
	wantStatus(t, "srv0", "1", http.StatusAccepted)
	wantStoreGauges(t, "ready", true)
	reload(1)
	wantStatus(t, "srv0", "1", http.StatusOK)
	stop(t)
	wantEmptyPool(t)
}

// wantStoreGauges checks what the metrics say of the store: its state and,
// if it is open, what is in it.
func wantStoreGauges(t *testing.T, state string, open bool) {
	t.Helper()
	found := map[string]bool{}
	for _, f := range gatherActive(t) {
		name := strings.TrimPrefix(f.GetName(), prefix)
		found[name] = true
		for _, m := range f.GetMetric() {
			if name == "store_state" && (m.GetGauge().GetValue() == 1) != (m.GetLabel()[0].GetValue() == state) {
				t.Errorf("state %s is %v, want the store to be %s", m.GetLabel()[0].GetValue(), m.GetGauge().GetValue(), state)
			}
		}
	}
	for _, name := range []string{"stored_events", "unsettled_events"} {
		if found[name] != open {
			t.Errorf("%s is there: %v, want %v", name, found[name], open)
		}
	}
}
