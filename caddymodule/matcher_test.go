package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"
)

func provisioned[M caddy.Provisioner](t *testing.T, m M) M {
	t.Helper()
	ctx, cancel := caddy.NewContext(caddy.Context{Context: t.Context()})
	t.Cleanup(cancel)
	if err := m.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMatchersWithoutAnEvent(t *testing.T) {
	for name, m := range map[string]caddyhttp.RequestMatcherWithError{
		"webhook":       provisioned(t, &MatchWebhook{Expr: "true"}),
		"webhook_event": provisioned(t, &MatchWebhookEvent{Events: []string{"*"}}),
	} {
		r := prepared(httptest.NewRequest(http.MethodPost, "/", nil), new(caddyhttp.Server))
		if got, err := m.MatchWithError(r); got || err != nil {
			t.Errorf("%s outside deliver: %v, %v", name, got, err)
		}
	}
}

func TestMatchWebhook(t *testing.T) {
	tests := []struct {
		expr   string
		want   bool
		failed float64 // how many condition errors are counted
	}{
		{`event == "push" && provider == "github" && endpoint == "unit"`, true, 0},
		{`headers["x-github-delivery"] == "id-1" && query.q == "1"`, true, 0},
		{`body.n > 1`, true, 0},
		{`body.n > 2`, false, 0},
		{`body.none > 2`, false, 1},
		{`body.s > 2`, false, 1},
		{`body.n`, false, 1},
		{`has(body.none)`, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.expr, func(t *testing.T) {
			m := provisioned(t, &MatchWebhook{Expr: tt.expr})
			count := func() float64 {
				var metric dto.Metric
				if err := m.metrics.conditionErrors.WithLabelValues("unit").Write(&metric); err != nil {
					t.Fatal(err)
				}
				return metric.GetCounter().GetValue()
			}
			before := count()
			asked := false
			h := newHandler(t, zap.NewNop(), func(_ http.ResponseWriter, r *http.Request) error {
				asked = true
				if got, err := m.MatchWithError(r); got != tt.want || err != nil {
					t.Errorf("MatchWithError = %v, %v", got, err)
				}
				return nil
			})
			if err := h.ServeHTTP(httptest.NewRecorder(), push(`{"n":2,"s":"x"}`), nil); err != nil || !asked {
				t.Errorf("ServeHTTP = %v, asked: %v", err, asked)
			}
			if got := count() - before; got != tt.failed {
				t.Errorf("%v condition errors are counted, want %v", got, tt.failed)
			}
		})
	}
}

func TestMatchWebhookEvent(t *testing.T) {
	for glob, want := range map[string]bool{"push": true, "p*": true, "pus?": true, "*": true, "pus": false, "ush": false, "PUSH": false} {
		m := provisioned(t, &MatchWebhookEvent{Events: []string{"none", glob}})
		h := newHandler(t, zap.NewNop(), func(_ http.ResponseWriter, r *http.Request) error {
			if got, err := m.MatchWithError(r); got != want || err != nil {
				t.Errorf("%q: MatchWithError = %v, %v", glob, got, err)
			}
			return nil
		})
		if err := h.ServeHTTP(httptest.NewRecorder(), push("{}"), nil); err != nil {
			t.Error(err)
		}
	}
}
