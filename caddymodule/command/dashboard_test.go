package command

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestDashboardIsForThisMachine(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.execute("dashboard", "--listen", "0.0.0.0:0").wants(t, 2, "", "is not a loopback address")
	s.execute("dashboard", "--listen", "nowhere").wants(t, 2, "", "missing port")
}

// newPage serves the stand's page as the command does.
func newPage(t *testing.T, s *stand) *httptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: localPage(adminAPI(s.address), l.Addr())}}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func TestDashboardPassesOn(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.add(1, stored{id: "evt_1", state: gateway.Dead, last: failed})
	page := newPage(t, s)
	_, port, _ := net.SplitHostPort(page.Listener.Addr().String())
	for _, tt := range []struct {
		name, method, path string
		header             http.Header
		host               string
		status             int
		want               string
	}{
		{"the page", "GET", prefix + "/", nil, "", 200, "<!doctype html>"},
		{"the way to it", "GET", "/", nil, "", 200, "<!doctype html>"},
		{"by its other name", "GET", prefix + "/status", nil, "localhost:" + port, 200, `"healthy"`},
		{"a browser's navigation", "GET", prefix + "/", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Site": {"none"}}, "", 200, "<!doctype html>"},
		{"for another host", "GET", prefix + "/status", nil, "evil.example:" + port, 403, "only"},
		{"a change of another site's", "POST", prefix + "/deliveries/1/replay", http.Header{"Sec-Fetch-Site": {"cross-site"}}, "", 403, ""},
		{"a change of another origin's", "POST", prefix + "/deliveries/1/replay", http.Header{"Origin": {"http://evil.example"}}, "", 403, ""},
		{"Caddy's own API", "GET", "/config/", nil, "", 404, ""},
		{"around a corner", "GET", prefix + "/..%2fconfig/", nil, "", 404, ""},
		{"what is not there", "GET", prefix + "/deliveries/99", nil, "", 404, "no such delivery"},
		{"a change", "POST", prefix + "/deliveries/1/replay", http.Header{"Origin": {page.URL}, "Sec-Fetch-Site": {"same-origin"}}, "", 200, `{"count":1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, page.URL+tt.path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header, r.Host = tt.header.Clone(), tt.host
			if r.Header == nil {
				r.Header = http.Header{}
			}
			r.Header.Set("Content-Type", "application/json")
			answer, err := page.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != tt.status || !strings.Contains(strings.ToLower(string(body)), tt.want) {
				t.Errorf("%d %.300s; want %d, %q", answer.StatusCode, body, tt.status, tt.want)
			}
		})
	}
}

func TestDashboardStreams(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	page := newPage(t, s)
	answer, err := page.Client().Get(page.URL + prefix + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	s.system.Activity.Settled(gateway.Address{Endpoint: "stripe"}, &gateway.Delivery{ID: 1, State: gateway.Dead})
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if lines.Text() == "event: dead" {
			return
		}
	}
	t.Error("the stream ended without the event")
}

func TestDashboardEnds(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	out := &watcher{text: `{"url":"http://127.0.0.1:`, seen: interrupt}
	cmd := &cobra.Command{}
	cmd.SetOut(out)
	o := operator{address: s.address, json: true}
	if err := o.serveDashboard(ctx, cmd, "127.0.0.1:0"); err != nil {
		t.Error(err)
	}
	if out.seen != nil {
		t.Errorf("%q", out)
	}
}
