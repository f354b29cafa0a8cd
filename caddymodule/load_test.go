package caddymodule

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

const secret = "a-secret-for-tests"

// quiet are the global options of every configuration that is loaded here.
const quiet = `{
	admin off
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	log {
		output discard
	}
	GLOBAL
}

`

// load makes this process run a Caddyfile, in which ADDR and ADDR2 stand for
// addresses with free ports. There is one Caddy in a process: such tests are not parallel.
func load(t *testing.T, caddyfile string) error {
	t.Helper()
	return loadWith(t, "\twebhook_gateway {\n\t\tstore off\n\t}\n", caddyfile)
}

func loadWith(t *testing.T, global, caddyfile string) error {
	t.Helper()
	caddyfile = strings.NewReplacer("ADDR2", freeAddr(t), "ADDR", freeAddr(t)).Replace(caddyfile)
	text, err := adapt(t, strings.Replace(quiet, "\tGLOBAL\n", global, 1)+caddyfile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t) })
	return caddy.Load([]byte(text), true)
}

func mustLoad(t *testing.T, caddyfile string) {
	t.Helper()
	if err := load(t, caddyfile); err != nil {
		t.Fatal(err)
	}
}

func stop(t *testing.T) {
	t.Helper()
	if err := caddy.Stop(); err != nil {
		t.Error(err)
	}
}

// taken are the ports that freeAddr has given: never one of them again.
var taken = make(map[string]bool)

func freeAddr(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := addrOf(l)
		l.Close()
		if !taken[addr] {
			taken[addr] = true
			return addr
		}
	}
}

func addrOf(l net.Listener) string {
	return "http://:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// post sends a signed body to a server of the running configuration: "srv0".
func post(t *testing.T, server, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", sign(body))
	return send(t, server, r)
}

func send(t *testing.T, server string, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	app.(*caddyhttp.App).Servers[server].ServeHTTP(w, r)
	return w
}

// sign is what GitHub's header says about a body.
func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
