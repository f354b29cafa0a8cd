package load

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAppCountsWebhooks(t *testing.T) {
	app := httptest.NewServer(newApp())
	defer app.Close()
	m, err := Job{App: app.Listener.Addr().String(), Ahead: 1}.newMeter(Aim{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		r, err := http.Post(app.URL, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}
	if n, err := m.received(); n != 3 || err != nil {
		t.Errorf("received %d, %v; want 3", n, err)
	}
	if m, err = (Job{App: m.app, Ahead: 1}).newMeter(Aim{}); m.begin != 3 || err != nil {
		t.Errorf("a second meter begins at %d, %v; want 3", m.begin, err)
	}
}

func TestNothingToAsk(t *testing.T) {
	m, err := Job{Conns: 1}.newMeter(Aim{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := m.received(); n != 0 || err != nil {
		t.Errorf("a job that counts nothing: %d, %v", n, err)
	}
}

func TestAskDropped(t *testing.T) {
	tests := []struct {
		name, metrics string
		want          int
		ok            bool
	}{
		{"among others", "a 1\n# TYPE caddy_webhook_gateway_store_dropped_total counter\ncaddy_webhook_gateway_store_dropped_total 7\nb 2\n", 7, true},
		{"none at all", "a 1\n", 0, false},
		{"another's name is longer", "caddy_webhook_gateway_store_dropped_totals 7\n", 0, false},
	}
	for _, tt := range tests {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(tt.metrics)) }))
		got, err := askDropped(s.URL)
		s.Close()
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: %d, %v; want %d", tt.name, got, err, tt.want)
		}
	}
	if n, err := askDropped(""); n != 0 || err != nil {
		t.Errorf("without a URL: %d, %v", n, err)
	}
}
