package browser

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// eventually waits until it is so. It looks every 50 ms: what happens in
// another process tells nobody.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); !so(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("in %v it did not come to be: %s", patience, what)
		}
	}
}

// A gateway is a running caddy, with an application behind it.
type gateway struct {
	t     *testing.T
	app   *application
	site  string // URL of the site that takes webhooks, without a path
	admin string // host:port of the admin endpoint
	board string // host:port of the site with webhook_dashboard
	log   string // file
	cmd   *exec.Cmd
	ended chan error
}

const (
	broxiSecret  = "a-secret-of-broxi"
	githubSecret = "a-secret-of-github"
)

// caddyfile has three endpoints: hook stores, and gives up after two attempts;
// shop proxies to one destination and stores for another; github takes ids and
// types from headers. The dashboard's site has a login. The admin endpoint lets
// a browser in as the README says.
const caddyfile = `{
	admin {ADMIN} {
		origins {ADMIN} ""
	}
	auto_https off
	default_bind 127.0.0.1
	webhook_gateway {
		store sqlite {HOME}/webhooks.db
	}
}
{SITE} {
	webhook_gateway /hook* hook {
		verify broxi {env.BROXI}
		mode store
		retry {
			attempts 2
			delay 10ms
		}
		breaker off
		to {APP}
	}
	webhook_gateway /shop shop {
		verify broxi {env.BROXI}
		to {APP}
		deliver archive {
			reverse_proxy {APP}
		}
	}
	webhook_gateway /github* github {
		verify github {env.GITHUB}
		mode store
		keep_refused_bodies
		to {APP}
	}
	respond 404
}
http://{BOARD} {
	basic_auth {
		operator {HASH}
	}
	webhook_dashboard
}
`

// start runs caddy until the test ends; it must then have found no data race.
func start(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{
		t: t, app: newApplication(t), site: "http://" + freeAddr(t), admin: freeAddr(t), board: freeAddr(t),
		ended: make(chan error, 1),
	}
	home := t.TempDir()
	g.log = filepath.Join(home, "log")
	config := filepath.Join(home, "Caddyfile")
	text := strings.NewReplacer("{ADMIN}", g.admin, "{SITE}", g.site, "{BOARD}", g.board, "{APP}", g.app.address(), "{HOME}", home, "{HASH}", passwordHash(t)).Replace(caddyfile)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(g.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	g.cmd = exec.Command(program, "run", "--config", config, "--adapter", "caddyfile")
	g.cmd.Stderr = log
	g.cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home,
		"GORACE=halt_on_error=1 atexit_sleep_ms=10", "BROXI="+broxiSecret, "GITHUB="+githubSecret)
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { g.ended <- g.cmd.Wait() }()
	t.Cleanup(g.stop)
	eventually(t, "caddy serves", g.serves)
	return g
}

// serves reports whether caddy has started; that it ended instead is fatal.
func (g *gateway) serves() bool {
	select {
	case err := <-g.ended:
		g.ended <- err
		g.t.Fatalf("caddy did not start: %v\n%s", err, g.logged())
	default:
	}
	return strings.Contains(g.logged(), "serving initial configuration")
}

// logged is the end of caddy's log.
func (g *gateway) logged() string {
	text, err := os.ReadFile(g.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-20_000):])
}

func (g *gateway) stop() {
	_ = g.cmd.Process.Signal(syscall.SIGTERM) // an error means it is gone
	if err := <-g.ended; err != nil {
		g.t.Errorf("caddy: %v", err)
	}
	if g.t.Failed() {
		g.t.Logf("caddy's log:\n%s", g.logged())
	}
}

// api asks the admin API and decodes what it says.
func (g *gateway) api(path string, answer any) {
	g.t.Helper()
	r, err := http.Get("http://" + g.admin + "/webhook_gateway/" + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		g.t.Fatalf("%s: %s %s %v", path, r.Status, text, err)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		g.t.Fatalf("%s: %v in %s", path, err, text)
	}
}

// deliveries are those that the query selects, the newest first.
func (g *gateway) deliveries(query string) []admin.Delivery {
	g.t.Helper()
	var found []admin.Delivery
	for cursor := ""; ; {
		var page admin.Deliveries
		g.api("deliveries?limit=500&"+query+cursor, &page)
		found = append(found, page.Deliveries...)
		if page.Next == "" {
			return found
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
}

// settled waits until so many deliveries match the query.
func (g *gateway) settled(query string, n int) []admin.Delivery {
	g.t.Helper()
	var found []admin.Delivery
	eventually(g.t, fmt.Sprintf("%d deliveries are %s", n, query), func() bool {
		found = g.deliveries(query)
		return len(found) == n
	})
	return found
}

// freeAddr is an address of this machine on which nothing listens now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
