package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestReadiness(t *testing.T) {
	store := func(h gateway.Health) *App {
		a := &App{engine: new(engine)}
		a.engine.stats.Store(&figures{Stats: gateway.Stats{Health: h}})
		a.started.Store(true)
		return a
	}
	off := new(App)
	off.started.Store(true)
	tests := []struct {
		odd    string
		app    *App
		ready  bool
		reason string
	}{
		{"not started", new(App), false, "starting"},
		{"no store", off, true, ""},
		{"ready", store(gateway.Ready), true, ""},
		{"full", store(gateway.Full), true, "store_full"},
		{"failed", store(gateway.Failed), false, "store_failed"},
		{"closed", store(gateway.Closed), false, "store_closed"},
	}
	for _, tt := range tests {
		if ready, reason := tt.app.readiness(); ready != tt.ready || reason != tt.reason {
			t.Errorf("%s: readiness = %v, %q, want %v, %q", tt.odd, ready, reason, tt.ready, tt.reason)
		}
		w := httptest.NewRecorder()
		if err := (&Health{tt.app}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil), nil); err != nil {
			t.Error(err)
		}
		if want := map[bool]int{true: 200, false: 503}[tt.ready]; w.Code != want {
			t.Errorf("%s: answered %d, want %d", tt.odd, w.Code, want)
		}
	}
}

// TestHealth: without any endpoint too.
func TestHealth(t *testing.T) {
	for _, site := range []string{"ADDR {\n\twebhook_health /healthz\n\trespond 404\n}\n", strings.Replace(counting, "{\n", "{\n\twebhook_health /healthz\n", 1)} {
		if err := loadWith(t, keeping(t), site); err != nil {
			t.Fatal(err)
		}
		for method, want := range map[string]int{http.MethodGet: 200, http.MethodHead: 200, http.MethodPost: 405} {
			w := send(t, "srv0", httptest.NewRequest(method, "/healthz", nil))
			if w.Code != want {
				t.Errorf("%s is answered %d, want %d", method, w.Code, want)
			}
			if method == http.MethodGet && w.Body.String() != "{\"status\":\"ready\"}\n" {
				t.Errorf("answered %s", w.Body)
			}
		}
	}
}
