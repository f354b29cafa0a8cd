package gateway

import (
	"bytes"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// nowhere is a ResponseWriter that keeps nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}

// accepting is a Server whose application answers at once.
type accepting struct{ addr netip.Addr }

func (a accepting) ClientIP(*http.Request) netip.Addr                         { return a.addr }
func (a accepting) RequestURI(r *http.Request) string                         { return r.RequestURI }
func (a accepting) Expand(t string, _ *http.Request, _ *Event) (string, bool) { return t, true }
func (accepting) Admit(*http.Request, *Event)                                 {}
func (a accepting) Pass(w http.ResponseWriter, r *http.Request, e *Event) error {
	return a.Deliver(w, r, e)
}

func (a accepting) Deliver(w http.ResponseWriter, _ *http.Request, _ *Event) error {
	w.WriteHeader(http.StatusOK)
	return nil
}

type blind struct{}

func (blind) Observe(*Outcome) {}

// BenchmarkServe is what the pipeline adds to a request, without server and
// application: allowlist, limits, signature, timestamp, id, claim.
func BenchmarkServe(b *testing.B) {
	for _, size := range []int{2 << 10, 16 << 10, 256 << 10} {
		b.Run(strconv.Itoa(size>>10)+"KiB", func(b *testing.B) {
			c := Config{Name: "test", Verify: verify.Config{Provider: "broxi", Secrets: []string{secret}}, AllowIPs: []string{"127.0.0.1"}}
			limited("1000000/1s", clientIP)(&c)
			server := accepting{netip.MustParseAddr("127.0.0.1")}
			parts := Parts{Server: server, Routes: []NamedRoute{{"app", server}}, Seen: NewSeen(1000), Budget: NewBudget(1 << 30), Observer: blind{}, Now: func() time.Time { return t0 }}
			parts.Limiters = append(parts.Limiters, c.RateLimits[0].Limit.Limiter(0))
			c.Idempotency.Off = true // one body is sent again and again
			g, err := New(c, parts)
			if err != nil {
				b.Fatal(err)
			}
			body := []byte(`{"delivery_id":"d1","event":"order.paid","data":[`)
			for len(body) < size-60 {
				body = append(body, `{"name":"a line of text","value":12345,"on":true,"t":null},`...)
			}
			body = append(body, "0]}"...)
			first := signed(string(body))
			w, rd := &nowhere{http.Header{}}, bytes.NewReader(nil)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				rd.Reset(body)
				r := *first
				r.Body = io.NopCloser(rd)
				if err := g.Serve(w, &r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
