package caddymodule

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	zapobserver "go.uber.org/zap/zaptest/observer"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// newHandler returns an endpoint for GitHub without a configuration around it.
func newHandler(t *testing.T, log *zap.Logger, deliver caddyhttp.HandlerFunc) *Handler {
	t.Helper()
	h := &Handler{Config: gateway.Config{
		Name: "unit", Verify: verify.Config{Provider: "github", Secrets: []string{secret}}, Events: []string{"push", "ping"},
	}}
	m, err := newMetrics(prometheus.NewRegistry(), h.Name)
	if err != nil {
		t.Fatal(err)
	}
	h.gateway, err = gateway.New(h.Config, gateway.Parts{
		Server: server{}, Routes: []gateway.NamedRoute{{Name: "default", Route: newRoute(h, nil, deliver)}}, Seen: gateway.NewSeen(10), Budget: gateway.NewBudget(1 << 20),
		Observer: newObserver(log, m), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// prepared is a request as Caddy hands it to handlers.
func prepared(r *http.Request, s *caddyhttp.Server) *http.Request {
	return caddyhttp.PrepareRequest(r, caddy.NewReplacer(), httptest.NewRecorder(), s)
}

func push(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hook?q=1", strings.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", sign(body))
	r.Header.Set("X-Github-Event", "push")
	r.Header.Set("X-Github-Delivery", "id-1")
	return prepared(r, new(caddyhttp.Server))
}

func TestRefuse(t *testing.T) {
	plain := new(caddyhttp.Server)
	empty := &caddyhttp.Server{Errors: new(caddyhttp.HTTPErrorConfig)}
	handling := &caddyhttp.Server{Errors: &caddyhttp.HTTPErrorConfig{Routes: make(caddyhttp.RouteList, 1)}}
	refusal := func(status int) error { return &gateway.Refusal{Status: status, Reason: "x", Wait: time.Second} }
	tests := []struct {
		odd      string
		server   *caddyhttp.Server
		err      error
		status   int
		returned bool
	}{
		{"no error routes", plain, refusal(401), 401, false},
		{"handle_errors without routes", empty, refusal(401), 401, false},
		{"error routes", handling, refusal(401), 401, true},
		{"429 with error routes", handling, refusal(429), 429, true},
		{"503 with error routes", handling, refusal(503), 503, false},
		{"503", plain, refusal(503), 503, false},
		{"the application was not reached", plain, failure(errors.New("dial")), 502, false},
		{"the application was not reached, error routes", handling, failure(errors.New("dial")), 502, false},
		{"the application timed out", plain, failure(caddyhttp.Error(504, errors.New("timeout"))), 504, false},
		{"the application timed out, error routes", handling, failure(caddyhttp.Error(504, errors.New("timeout"))), 504, false},
		{"the route's own 404", plain, failure(caddyhttp.Error(404, errors.New("none"))), 404, false},
		{"the route's own 404, error routes", handling, failure(caddyhttp.Error(404, errors.New("none"))), 404, true},
		{"an error without a status", handling, failure(caddyhttp.HandlerError{Err: errors.New("x")}), 502, false},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			w := httptest.NewRecorder()
			got := refuse(w, prepared(httptest.NewRequest(http.MethodPost, "/", nil), tt.server), tt.err)
			var failed caddyhttp.HandlerError
			if errors.As(got, &failed) != tt.returned {
				t.Fatalf("refuse = %v, want it returned: %v", got, tt.returned)
			}
			if tt.returned {
				if failed.StatusCode != tt.status || w.Body.Len() > 0 {
					t.Errorf("returned with %d after writing %q", failed.StatusCode, w.Body)
				}
			} else if got != nil || w.Code != tt.status || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("refuse = %v, answered %d %v", got, w.Code, w.Header())
			}
			if errors.As(tt.err, new(*gateway.Refusal)) && w.Header().Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
			}
		})
	}
}

// TestEarlyData: what TLS may replay is sent again after the handshake.
func TestEarlyData(t *testing.T) {
	core, logs := zapobserver.New(zapcore.DebugLevel)
	h := newHandler(t, zap.New(core), nil)
	r := push("{}")
	r.TLS = new(tls.ConnectionState)
	w := httptest.NewRecorder()
	if err := h.ServeHTTP(w, r, nil); err != nil || w.Code != http.StatusTooEarly {
		t.Errorf("ServeHTTP = %v, answered %d", err, w.Code)
	}
	if n := logs.FilterField(zap.String("reason", gateway.ReasonEarlyData)).Len(); n != 1 {
		t.Errorf("%d lines with the reason", n)
	}
}

// TestSources: httptest's requests come from 192.0.2.1.
func TestSources(t *testing.T) {
	for ranges, want := range map[string]int{"192.0.2.0/24": http.StatusAccepted, "198.51.100.0/24": http.StatusForbidden} {
		t.Run(ranges, func(t *testing.T) {
			mustLoad(t, strings.Replace(counting, "rate_limit 2/1h", "allow_ips_from static 203.0.113.7\n\t\tallow_ips_from static "+ranges, 1))
			wantStatus(t, "srv0", "1", want)
		})
	}
}

// TestWarnsOfNoVerification wants a line at each start.
func TestWarnsOfNoVerification(t *testing.T) {
	for provider, want := range map[string]int{"none": 1, "github": 0} {
		core, logs := zapobserver.New(zapcore.WarnLevel)
		h := newHandler(t, zap.NewNop(), nil)
		if provider == "none" {
			var err error
			if h.gateway, err = gateway.New(gateway.Config{Name: "unit", Verify: verify.Config{Provider: provider}}, gateway.Parts{Routes: []gateway.NamedRoute{{Name: "default"}}}); err != nil {
				t.Fatal(err)
			}
		}
		h.warn(zap.New(core))
		if logs.Len() != want {
			t.Errorf("%s: %v", provider, logs.All())
		}
	}
}

// TestWarnsOfAnyTopic wants a line at each start.
func TestWarnsOfAnyTopic(t *testing.T) {
	for topic, want := range map[string]int{"*": 1, "arn:aws:sns:us-east-1:123456789012:orders": 0} {
		core, logs := zapobserver.New(zapcore.WarnLevel)
		h := newHandler(t, zap.NewNop(), nil)
		var err error
		config := gateway.Config{Name: "unit", Verify: verify.Config{Provider: "aws-sns", Options: map[string]string{"topic": topic}}}
		if h.gateway, err = gateway.New(config, gateway.Parts{Routes: []gateway.NamedRoute{{Name: "default"}}}); err != nil {
			t.Fatal(err)
		}
		h.warn(zap.New(core))
		if n := logs.FilterMessageSnippet("any topic").Len(); n != want || logs.Len() != want {
			t.Errorf("%s: %v", topic, logs.All())
		}
	}
}

// TestUndelivered: an event that no route answers is no success.
func TestUndelivered(t *testing.T) {
	mustLoad(t, strings.Replace(counting, "respond accepted", "@none webhook_event none\n\t\t\trespond @none", 1))
	wantStatus(t, "srv0", "1", http.StatusBadGateway)
	wantStatus(t, "srv0", "1", http.StatusBadGateway) // so it is not a duplicate
}

// TestHandleErrors: the site's own page for a refusal, never for a 5xx.
func TestHandleErrors(t *testing.T) {
	page := "\thandle_errors {\n\t\trespond \"sorry {err.status_code}\"\n\t}\n}\n"
	mustLoad(t, strings.TrimSuffix(counting, "}\n")+page)
	w := send(t, "srv0", httptest.NewRequest(http.MethodPost, "/", strings.NewReader("unsigned")))
	if w.Body.String() != "sorry 401" {
		t.Errorf("answered %d: %s", w.Code, w.Body)
	}
}
