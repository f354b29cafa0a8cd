package ipranges_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	_ "github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/webhook-gateway/caddy-webhook-gateway/caddymodule"
)

// written are the lines of Caddy's log.
var written = make(chan string, 10_000)

func init() { caddy.RegisterModule(lines{}) }

// lines is a log writer that lets a test wait for a line.
type lines struct{}

func (lines) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.logging.writers.test_lines", New: func() caddy.Module { return new(lines) }}
}
func (lines) String() string                                 { return "test_lines" }
func (lines) WriterKey() string                              { return "test_lines" }
func (lines) OpenWriter() (io.WriteCloser, error)            { return lines{}, nil }
func (lines) Close() error                                   { return nil }
func (*lines) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }
func (lines) Write(b []byte) (int, error) {
	written <- string(b)
	return len(b), nil
}

// await waits for a line with the text, and passes over those before it.
func await(t *testing.T, text string) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case line := <-written:
			if strings.Contains(line, text) {
				return
			}
		case <-late:
			t.Fatalf("nothing about %q in the log", text)
		}
	}
}

// A feed is a server that publishes a list.
type feed struct {
	*httptest.Server
	body  atomic.Value // string; "": down
	asked atomic.Int32
}

func newFeed(t *testing.T, body string) *feed {
	f := new(feed)
	f.body.Store(body)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		f.asked.Add(1)
		if f.body.Load() == "" {
			w.WriteHeader(http.StatusBadGateway)
		}
		io.WriteString(w, f.body.Load().(string))
	}))
	t.Cleanup(f.Close)
	return f
}

const (
	inDoc1 = `{"hooks": ["192.0.2.0/24"]}`
	global = `{
	admin off
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	log {
		output test_lines
		format json
		level DEBUG
	}
	SERVERS
}
http://:PORT {
	SITE
}
`
	endpoint = `webhook_gateway hook {
	verify none
	idempotency off
	allow_ips_from webhook_provider github {
		url URL
		REFRESH
	}
	deliver {
		respond accepted 202
	}
}
`
)

// config is a configuration with one endpoint that lets in who is on a list.
func config(t *testing.T, replace ...string) []byte {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	text := strings.NewReplacer(append(replace, "PORT", port, "SERVERS", "", "SITE", endpoint)...).Replace(global)
	text = strings.NewReplacer(append(replace, "REFRESH", "")...).Replace(text)
	out, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// home gives Caddy a folder of its own for data, where the list is to be kept.
func home(t *testing.T) (file string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", dir)
	caddy.DefaultStorage.Path = dir
	return filepath.Join(dir, "caddy", "webhook-gateway", "ip-ranges")
}

func load(t *testing.T, config []byte) {
	t.Helper()
	if err := caddy.Load(config, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t) })
}

func stop(t *testing.T) {
	t.Helper()
	if err := caddy.Stop(); err != nil {
		t.Error(err)
	}
}

// ask sends a webhook from an address.
func ask(t *testing.T, addr string) *httptest.ResponseRecorder {
	t.Helper()
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.RemoteAddr = addr + ":4711"
	r.Header.Set("X-Forwarded-For", "203.0.113.99")
	w := httptest.NewRecorder()
	app.(*caddyhttp.App).Servers["srv0"].ServeHTTP(w, r)
	return w
}

func wantStatus(t *testing.T, addr string, want int) {
	t.Helper()
	if w := ask(t, addr); w.Code != want {
		t.Errorf("%s is answered %d, want %d: %s", addr, w.Code, want, w.Body)
	}
}

const (
	fetched = "fetched the list of addresses"
	nobody  = "there is no list of addresses"
)

// TestEndpoint: before there is a list, nobody is on it.
func TestEndpoint(t *testing.T) {
	home(t)
	published := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-published
		io.WriteString(w, inDoc1)
	}))
	t.Cleanup(slow.Close)
	load(t, config(t, "URL", slow.URL))
	for _, addr := range []string{"192.0.2.1", "127.0.0.1", "10.0.0.1", "[::1]"} {
		wantStatus(t, addr, http.StatusForbidden)
	}
	close(published)
	await(t, fetched)
	wantStatus(t, "192.0.2.1", http.StatusAccepted)
	wantStatus(t, "[::ffff:192.0.2.1]", http.StatusAccepted)
	wantStatus(t, "203.0.113.1", http.StatusForbidden)
}

func TestPublisherDown(t *testing.T) {
	home(t)
	for _, answer := range []string{"", "<html>", `{"hooks": []}`, `{"hooks": ["192.0.2.0/24", "0.0.0.0/0"]}`} {
		load(t, config(t, "URL", newFeed(t, answer).URL))
		await(t, nobody)
		for _, addr := range []string{"192.0.2.1", "127.0.0.1"} {
			wantStatus(t, addr, http.StatusForbidden)
		}
	}
}

// TestReload: the list is neither lost nor fetched again, though the publisher
// and the disk are gone.
func TestReload(t *testing.T) {
	dir := home(t)
	f := newFeed(t, inDoc1)
	load(t, config(t, "URL", f.URL))
	await(t, fetched)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	f.body.Store("")
	for _, refresh := range []string{"", "refresh 1h", "refresh 2h"} {
		load(t, config(t, "URL", f.URL, "REFRESH", refresh))
		wantStatus(t, "192.0.2.1", http.StatusAccepted)
		wantStatus(t, "203.0.113.1", http.StatusForbidden)
	}
	if err := caddy.Load([]byte(strings.Replace(string(config(t, "URL", f.URL)), `"none"`, `"no such provider"`, 1)), true); err == nil {
		t.Error("a bad configuration was accepted")
	}
	wantStatus(t, "192.0.2.1", http.StatusAccepted)
	if n := f.asked.Load(); n != 1 {
		t.Errorf("the list was fetched %d times", n)
	}
}

func TestRestartFromDisk(t *testing.T) {
	dir := home(t)
	f := newFeed(t, inDoc1)
	load(t, config(t, "URL", f.URL))
	await(t, fetched)
	stop(t)
	f.Close()
	load(t, config(t, "URL", f.URL))
	wantStatus(t, "192.0.2.1", http.StatusAccepted)
	wantStatus(t, "203.0.113.1", http.StatusForbidden)
	stop(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	load(t, config(t, "URL", f.URL))
	wantStatus(t, "192.0.2.1", http.StatusForbidden)
}

// TestValidateConfig: checking a configuration does not wait for the network
// and writes nothing.
func TestValidateConfig(t *testing.T) {
	dir := home(t)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	c := new(caddy.Config)
	if err := json.Unmarshal(config(t, "URL", silent.URL), c); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Validate(c); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s: %v", dir, err)
	}
}

// TestTrustedProxies: any option of Caddy that takes a source takes this one.
func TestTrustedProxies(t *testing.T) {
	home(t)
	f := newFeed(t, inDoc1)
	servers := "servers {\n\ttrusted_proxies webhook_provider github {\n\turl " + f.URL + "\n}\n}"
	load(t, config(t, "SERVERS", servers, "SITE", "respond {client_ip}"))
	await(t, fetched)
	for addr, want := range map[string]string{"192.0.2.1": "203.0.113.99", "198.51.100.1": "198.51.100.1"} {
		if got := ask(t, addr).Body.String(); got != want {
			t.Errorf("the client of %s is %s, want %s", addr, got, want)
		}
	}
}

func TestProviderWithoutList(t *testing.T) {
	home(t)
	text := strings.Replace(string(config(t, "URL", "http://127.0.0.1:1")), `"provider":"github"`, `"provider":"hmac"`, 1)
	err := caddy.Load([]byte(text), true)
	if err == nil || !strings.Contains(err.Error(), `provider "hmac" does not publish its addresses`) {
		t.Errorf("Load = %v", err)
	}
}
