package caddymodule

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
)

// BenchmarkProxy is a request through Caddy to an application and back, on one
// connection: plain reverse_proxy and the gateway beside it,
// and a refusal beside Caddy's respond. CPU is that of
// the whole process, with the client and the application; what counts is the
// difference.
func BenchmarkProxy(b *testing.B) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer app.Close()
	to := strings.TrimPrefix(app.URL, "http://")
	endpoint := "webhook_gateway /hook bench {\n verify broxi SECRET\n allow_ips 127.0.0.1\n rate_limit 1000000/1s per {client_ip}\n idempotency off\n to " + to + "\n}"
	store := "sqlite " + b.TempDir() + "/webhooks.db"
	for _, site := range []struct {
		name, store, directives string
		status                  int
	}{
		{"plain", "off", "reverse_proxy " + to, http.StatusOK},
		{"gateway", "off", strings.Replace(endpoint, "SECRET", secret, 1), http.StatusOK},
		{"history", store, strings.Replace(endpoint, "SECRET", secret, 1), http.StatusOK},
		{"respond", "off", "respond 401", http.StatusUnauthorized},
		{"refuse", "off", strings.Replace(endpoint, "SECRET", "another-secret", 1), http.StatusUnauthorized},
	} {
		b.Run(site.name, func(b *testing.B) {
			addr := benchLoad(b, site.store, site.directives)
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			request, answers := benchRequest(addr, 2<<10), bufio.NewReader(conn)
			start := cpu()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.WriteString(conn, request); err != nil {
					b.Fatal(err)
				}
				answer, err := http.ReadResponse(answers, nil)
				if err != nil || answer.StatusCode != site.status {
					b.Fatal(answer, err)
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
			}
			b.ReportMetric(float64(cpu()-start)/float64(b.N), "cpu-ns/op")
		})
	}
}

func benchRequest(host string, size int) string {
	body := `{"delivery_id":"d1","event":"order.paid","data":[` + strings.Repeat(`{"name":"a line of text","value":12345,"on":true,"t":null},`, size/58) + "0]}"
	ts := fmt.Sprint(time.Now().Unix())
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(h, ts+"."+body)
	return fmt.Sprintf("POST /hook HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nUser-Agent: bench\r\nX-Broxi-Timestamp: %s\r\nX-Broxi-Signature: %s\r\nContent-Length: %d\r\n\r\n%s",
		host, ts, hex.EncodeToString(h.Sum(nil)), len(body), body)
}

func cpu() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// benchLoad makes this process serve the directives until b ends.
func benchLoad(b *testing.B, store, directives string) (addr string) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr = l.Addr().String()
	_ = l.Close()
	caddyfile := strings.Replace(quiet, "GLOBAL", "webhook_gateway {\nstore "+store+"\n}", 1) + "http://" + addr + " {\n" + directives + "\n}\n"
	text, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		b.Fatal(err)
	}
	if err := caddy.Load(text, true); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = caddy.Stop() })
	return addr
}
