package caddymodule

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// echoed are Caddy's placeholders that a destination's route may use.
const echoed = "{http.request.local} {http.request.local.host} {http.request.local.port} {http.request.remote} {http.request.remote.host} " +
	"{http.request.remote.port} {http.vars.client_ip} {http.vars.trusted_proxy} {http.vars.mine} {http.request.scheme} {http.request.proto} " +
	"{http.request.method} {http.request.host} {http.request.hostport} {http.request.port} {http.request.uri} {http.request.orig_uri} " +
	"{http.request.orig_method} {http.request.tls.version} {http.request.tls.server_name} {http.request.tls.proto} {http.request.tls.resumed} " +
	"{http.request.header.X-Forwarded-For} {http.request.header.X-Github-Event} {http.request.body} {webhook.id} {webhook.received_at}"

// alikeSite has what the route sees, and which matchers hold, in a header.
const alikeSite = `ADDR {
	vars mine outside
	route {
		uri replace /in/ /hooks/
		webhook_gateway /hooks/* alike {
			verify github a-secret-for-tests
			breaker off
			retry {
				delay 1ms 1ms
			}
			deliver {
				request_header X-Seen "` + echoed + `"
				@remote remote_ip 192.0.2.1
				request_header @remote X-Matched remote_ip
				@client client_ip 192.0.2.1
				request_header @client +X-Matched client_ip
				@https protocol https
				request_header @https +X-Matched https
				@http protocol http/1.1
				request_header @http +X-Matched http/1.1
				@mine vars {http.vars.mine} outside
				request_header @mine +X-Matched vars
				reverse_proxy APP
			}
		}
	}
}
`

// TestAttemptsAreAlike: a route sees in a retry what it saw while the sender
// waited, but for the number of the attempt.
func TestAttemptsAreAlike(t *testing.T) {
	seen := make(chan [2]string, 2)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- [2]string{r.Header.Get("X-Seen"), strings.Join(r.Header["X-Matched"], " ")}
		if r.Header.Get("Webhook-Gateway-Attempt") == "1" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(app.Close)
	if err := loadWith(t, keeping(t), strings.ReplaceAll(alikeSite, "APP", strings.TrimPrefix(app.URL, "http://"))); err != nil {
		t.Fatal(err)
	}
	port := regexp.MustCompile(`:\d+$`).FindString(activeListen(t))
	for _, scheme := range []string{"http", "https"} {
		body := `{"scheme":"` + scheme + `"}`
		r := httptest.NewRequest(http.MethodPost, scheme+"://example.com/in/a%2Fb?q=1", strings.NewReader(body))
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 9), Port: 4711})) // as a connection has
		r.Header.Set("X-Hub-Signature-256", sign(body))
		r.Header.Set("X-Github-Event", "push")
		if w := send(t, "srv0", r); w.Code != http.StatusOK {
			t.Fatalf("%s: answered %d %s", scheme, w.Code, w.Body)
		}
		first, retry := <-seen, <-seen
		if first != retry {
			t.Errorf("%s: the first attempt saw\n%q, the retry\n%q", scheme, first, retry)
		}
		if !strings.HasPrefix(retry[0], "127.0.0.1"+port+" 127.0.0.1 "+port[1:]+" ") || !strings.HasPrefix(retry[1], "remote_ip client_ip ") {
			t.Errorf("%s: the route saw %q, want the server's own address and the sender's", scheme, retry)
		}
	}
}

// activeListen is the address that the running configuration listens on.
func activeListen(t *testing.T) string {
	t.Helper()
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		t.Fatal(err)
	}
	return app.(*caddyhttp.App).Servers["srv0"].Listen[0]
}
