package caddymodule

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// keeping is the global options for a store of the test's own.
func keeping(t *testing.T) string {
	t.Helper()
	return "\twebhook_gateway {\n\t\tstore sqlite " + filepath.Join(t.TempDir(), "webhooks.db") + "\n\t}\n"
}

// endpointNames are those of what runs; nil: nothing does.
func endpointNames() []string {
	s := system()
	if s == nil {
		return nil
	}
	names := []string{}
	for _, e := range s.Endpoints {
		names = append(names, e.Name)
	}
	return names
}

func wantEndpoints(t *testing.T, when string, want ...string) {
	t.Helper()
	if got := endpointNames(); !slices.Equal(got, want) {
		t.Errorf("%s: the endpoints are %q, want %q", when, got, want)
	}
}

// TestSystemIsTheRunningOne: after a reload, and after one that fails in any
// way, it is that of the configuration that serves.
func TestSystemIsTheRunningOne(t *testing.T) {
	stop(t)
	wantEndpoints(t, "nothing runs")
	site := func(name string) string {
		return strings.Replace(counting, "webhook_gateway counting", "webhook_gateway "+name, 1)
	}
	if err := loadWith(t, keeping(t), site("first")); err != nil {
		t.Fatal(err)
	}
	wantEndpoints(t, "loaded", "first")
	path := system().Engine.Path
	if err := load(t, strings.Replace(site("bad"), "a-secret-for-tests", "{env.WG_NONE_SUCH}", 1)); err == nil {
		t.Fatal("the bad configuration was accepted")
	}
	wantEndpoints(t, "after a reload that could not be provisioned", "first")
	if err := loadWith(t, "\twebhook_gateway {\n\t\tstore sqlite "+t.TempDir()+"\n\t}\n", site("bad")); err == nil {
		t.Fatal("the store is a folder, and was opened")
	}
	wantEndpoints(t, "after a reload that could not start", "first")
	if s := system(); s.Engine == nil || s.Engine.Path != path || s.Engine.Stats.Health != gateway.Ready {
		t.Errorf("after reloads that failed the engine is %+v", s.Engine)
	}
	mustLoad(t, site("second"))
	wantEndpoints(t, "reloaded", "second")
	if s := system(); s.Engine != nil {
		t.Errorf("with the store off there is the engine of %s", s.Engine.Path)
	}
	stop(t)
	wantEndpoints(t, "stopped")
}

// TestEndpointsInOrder: by server and route, copies once.
func TestEndpointsInOrder(t *testing.T) {
	const endpoint = "\twebhook_gateway /NAME NAME {\n\t\tverify github a-secret-for-tests\n\t\tto localhost:1\n\t}\n"
	named := func(name string) string { return strings.ReplaceAll(endpoint, "NAME", name) }
	mustLoad(t, "ADDR, ADDR2 {\n"+named("b")+named("long")+"}\n")
	wantEndpoints(t, "in one site, on two ports", "long", "b")
}

// described is the one endpoint of what runs.
func described(t *testing.T) admin.Endpoint {
	t.Helper()
	s := system()
	if s == nil || len(s.Endpoints) != 1 {
		t.Fatalf("what runs is %+v", s)
	}
	return s.Endpoints[0]
}

func TestEndpointIsDescribed(t *testing.T) {
	mustLoad(t, `ADDR {
	webhook_gateway shop {
		verify stripe a-secret-for-tests {
			tolerance 10m
		}
		sign whsec_YXBwbGljYXRpb24tb2YtdGhlLXRlc3Rz
		deliver {
			basic_auth {
				bob $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG
			}
			reverse_proxy localhost:1 {
				header_up Authorization "Bearer a-secret-for-tests"
				header_up X-Shop {webhook.endpoint}
			}
		}
	}
}
`)
	e := described(t)
	if e.Provider != "stripe" || e.Title != "Stripe" || e.Docs == "" || e.Mode != gateway.ModeProxy || !slices.Equal(e.Destinations, []string{"default"}) {
		t.Errorf("described as %+v", e)
	}
	for _, secret := range []string{"a-secret-for-tests", "whsec_", "$2a$"} {
		if strings.Contains(string(e.Config), secret) {
			t.Errorf("%q is in %s", secret, e.Config)
		}
	}
	for _, shown := range []string{`"tolerance":"10m"`, `"X-Shop":["{webhook.endpoint}"]`, `"username":"bob"`} {
		if !strings.Contains(string(e.Config), shown) {
			t.Errorf("%s is missing from %s", shown, e.Config)
		}
	}
	if !json.Valid(e.Config) {
		t.Errorf("no JSON: %s", e.Config)
	}
	for _, want := range []admin.Fact{
		{Name: "Proof", Value: "hmac-sha256"}, {Name: "Signature", Value: "header Stripe-Signature"}, {Name: "Signed", Value: "{ts}.{body}"},
		{Name: "Timestamp", Value: "signature t"}, {Name: "Tolerance", Value: "10m0s"}, {Name: "Id", Value: "json id"}, {Name: "Event", Value: "json type"},
	} {
		if !slices.Contains(e.Facts, want) {
			t.Errorf("%v is missing from %v", want, e.Facts)
		}
	}
}

func TestTestEvents(t *testing.T) {
	tests := []struct {
		odd, verify, more string
		event, body       string
		want              admin.TestResult
	}{
		{"id and event in headers", "github a-secret-for-tests", "", "push", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"id and event in the body", "stripe a-secret-for-tests", "", "", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"a body", "stripe a-secret-for-tests", "", "paid", `{"data":{"n":1}}`, admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"a form", "slack a-secret-for-tests", "", "x", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"the address is signed", "twilio a-secret-for-tests {\n\t\t\turl https://hooks.example.com/in\n\t\t}", "", "", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"not wanted", "github a-secret-for-tests", "events push", "issues", "", admin.TestResult{Status: 200, Outcome: gateway.OutcomeFiltered}},
		{"an allowlist", "github a-secret-for-tests", "allow_ips 203.0.113.0/24", "push", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"a source of addresses", "github a-secret-for-tests", "allow_ips_from static 198.51.100.0/24", "push", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"private ranges", "github a-secret-for-tests", "allow_ips private_ranges", "push", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
		{"too large", "github a-secret-for-tests", "max_body 8B", "push", "", admin.TestResult{Status: 413, Outcome: gateway.ReasonTooLarge}},
		{"nobody signs", "none", "", "", "", admin.TestResult{Status: 202, Outcome: gateway.OutcomeDelivered}},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			text := "ADDR {\n\twebhook_gateway /hook* shop {\n\t\tverify " + tt.verify + "\n"
			if tt.more != "" {
				text += "\t\t" + tt.more + "\n"
			}
			mustLoad(t, text+"\t\tdeliver {\n\t\t\trespond accepted 202\n\t\t}\n\t}\n}\n")
			got, err := described(t).Test(t.Context(), tt.event, []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != tt.want.Status || got.Outcome != tt.want.Outcome {
				t.Errorf("Test = %+v, want %+v", got, tt.want)
			}
			if delivered := got.Outcome == gateway.OutcomeDelivered; delivered != (got.ID != "") && tt.want.Status != 200 {
				t.Errorf("the id is %q", got.ID)
			}
		})
	}
}

// TestTestEventsReachTheApplication as the provider's do, one by one.
func TestTestEventsReachTheApplication(t *testing.T) {
	came := make(chan *http.Request, 2)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { came <- r }))
	defer app.Close()
	mustLoad(t, "ADDR {\n\thandle_path /in/* {\n\t\twebhook_gateway /hook shop {\n\t\t\tverify github a-secret-for-tests\n\t\t\tto "+strings.TrimPrefix(app.URL, "http://")+"\n\t\t}\n\t}\n}\n")
	e := described(t)
	for range 2 {
		result, err := e.Test(t.Context(), "push", nil)
		if err != nil || result.Outcome != gateway.OutcomeDelivered {
			t.Fatalf("Test = %+v, %v", result, err)
		}
		r := <-came
		if r.URL.Path != "/hook" || r.Header.Get("Webhook-Gateway-Event") != "push" || r.Header.Get("Webhook-Gateway-Event-Id") != result.ID {
			t.Errorf("the application got %s %v", r.URL, r.Header)
		}
	}
}

// TestWhatCannotBeTested is signed with a key of the provider's.
func TestWhatCannotBeTested(t *testing.T) {
	mustLoad(t, "ADDR {\n\twebhook_gateway shop {\n\t\tverify discord 8b4f0ba3a6b3f7b1d3a8e5c5ad5c0a7b5d1c6f2e9a8b7c6d5e4f3a2b1c0d9e8f\n\t\tto localhost:1\n\t}\n}\n")
	if described(t).Test != nil {
		t.Error("discord's events can be made here, it says")
	}
}
