package command

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// newEndpoint returns the URL of a gateway without a store. What it lets in is
// answered 202 taken.
func newEndpoint(t *testing.T, c verify.Config) string {
	t.Helper()
	g, err := gateway.New(gateway.Config{Name: "a", Verify: c}, gateway.Parts{
		Server: plainServer{}, Routes: []gateway.NamedRoute{{Name: "app", Route: takes202{}}}, Seen: gateway.NewSeen(0),
		Budget: gateway.NewBudget(1 << 20), Observer: unobserved{}, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.Serve(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

type plainServer struct{}

func (plainServer) ClientIP(*http.Request) netip.Addr   { return netip.Addr{} }
func (plainServer) RequestURI(r *http.Request) string   { return r.RequestURI }
func (plainServer) Admit(*http.Request, *gateway.Event) {}
func (plainServer) Expand(template string, _ *http.Request, _ *gateway.Event) (string, bool) {
	return template, true
}

type takes202 struct{}

func (takes202) Deliver(w http.ResponseWriter, _ *http.Request, _ *gateway.Event) error {
	w.WriteHeader(http.StatusAccepted)
	_, err := io.WriteString(w, "taken")
	return err
}

func (r takes202) Pass(w http.ResponseWriter, request *http.Request, e *gateway.Event) error {
	return r.Deliver(w, request, e)
}

type unobserved struct{}

func (unobserved) Observe(*gateway.Outcome) {}
