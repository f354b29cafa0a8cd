package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
)

func replacer(r *http.Request) *caddy.Replacer {
	return r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
}

func TestPlaceholders(t *testing.T) {
	const body = `{"s":"text","n":1.50,"big":9007199254740993,"huge":18446744073709551615,"t":true,"null":null,"o":{"a":[1,"x"]},"p":"{webhook.id} {env.HOME}"}`
	tests := []struct {
		odd, key, want string // want "unknown": the placeholder stays as it is
	}{
		{"endpoint", "webhook.endpoint", "unit"},
		{"provider", "webhook.provider", "github"},
		{"id", "webhook.id", "id-1"},
		{"event", "webhook.event", "push"},
		{"attempt", "webhook.attempt", "1"},
		{"text", "webhook.body.s", "text"},
		{"fraction", "webhook.body.n", "1.5"},
		{"integer that a float64 would round", "webhook.body.big", "9007199254740993"},
		{"integer beyond 63 bits", "webhook.body.huge", "18446744073709551615"},
		{"bool", "webhook.body.t", "true"},
		{"item of an array", "webhook.body.o.a.1", "x"},
		{"object", "webhook.body.o", `{"a":[1,"x"]}`},
		{"missing", "webhook.body.none", ""},
		{"beyond the array", "webhook.body.o.a.2", ""},
		{"value with placeholders", "webhook.body.p", "{webhook.id} {env.HOME}"},
		{"whole body", "webhook.body", "unknown"},
		{"mistyped", "webhook.evnt", "unknown"},
		{"of another module", "webhooks.id", "unknown"},
	}
	h := newHandler(t, zap.NewNop(), func(_ http.ResponseWriter, r *http.Request) error {
		for _, tt := range tests {
			if tt.want == "unknown" {
				tt.want = "{" + tt.key + "}"
			}
			if got := replacer(r).ReplaceKnown("{"+tt.key+"}", ""); got != tt.want {
				t.Errorf("%s: {%s} is %q, want %q", tt.odd, tt.key, got, tt.want)
			}
		}
		received := replacer(r).ReplaceKnown("{webhook.received_at}", "")
		if at, err := time.Parse(time.RFC3339Nano, received); err != nil || at.Location() != time.UTC {
			t.Errorf("{webhook.received_at} is %q: %v", received, err)
		}
		return nil
	})
	if err := h.ServeHTTP(httptest.NewRecorder(), push(body), nil); err != nil {
		t.Error(err)
	}
}

// TestPlaceholdersBeforeVerification: what a stranger sends stands for nothing.
func TestPlaceholdersBeforeVerification(t *testing.T) {
	h := newHandler(t, zap.NewNop(), nil)
	r := push("{}")
	r.Header.Set("X-Hub-Signature-256", sign("another"))
	w := httptest.NewRecorder()
	if err := h.ServeHTTP(w, r, nil); err != nil || w.Code != http.StatusUnauthorized {
		t.Fatalf("ServeHTTP = %v, answered %d", err, w.Code)
	}
	for _, key := range []string{"id", "event", "attempt", "received_at", "body.s"} {
		if got := replacer(r).ReplaceKnown("{webhook."+key+"}", ""); got != "{webhook."+key+"}" {
			t.Errorf("{webhook.%s} is %q", key, got)
		}
	}
	if got := replacer(r).ReplaceKnown("{webhook.endpoint} {webhook.provider}", ""); got != "unit github" {
		t.Errorf("endpoint and provider are %q", got)
	}
}

func TestCaddysOwnBodyPlaceholder(t *testing.T) {
	mustLoad(t, "ADDR {\n\twebhook_gateway github {\n\t\tverify github "+secret+"\n\t\tdeliver {\n\t\t\trespond `got {http.request.body}`\n\t\t}\n\t}\n}\n")
	const body = `{"n":1}`
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Hub-Signature-256", sign(body))
	if w := send(t, "srv0", r); w.Body.String() != "got "+body {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
}
