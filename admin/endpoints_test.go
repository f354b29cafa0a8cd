package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set(func(sys *admin.System) {
		sys.Endpoints[0].Docs, sys.Endpoints[0].Config = "https://example.com", json.RawMessage(`{"name":"shop"}`)
		sys.Endpoints[0].Facts = []admin.Fact{{Name: "Kind", Value: "hmac"}}
		sys.Endpoints[0].Test = func(context.Context, string, []byte) (admin.TestResult, error) { return admin.TestResult{}, nil }
		sys.Endpoints[1].Destinations = nil
	})
	var got admin.Endpoints
	s.get("/endpoints", &got)
	want := admin.Endpoints{Endpoints: []admin.EndpointDetail{
		{Name: "shop", Provider: "stripe", Title: "Stripe", Docs: "https://example.com", Mode: "store", Destinations: []string{"app", "audit"},
			Facts: [][2]string{{"Kind", "hmac"}}, Config: json.RawMessage(`{"name":"shop"}`), Testable: true},
		{Name: "git", Provider: "github", Title: "GitHub", Mode: "proxy", Destinations: []string{}, Facts: [][2]string{}, Config: json.RawMessage(`{}`)},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestTestEvent(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.set(func(sys *admin.System) {
		sys.Endpoints[0].Test = func(_ context.Context, event string, body []byte) (admin.TestResult, error) {
			if event == "broken" {
				return admin.TestResult{}, errors.New("no listener")
			}
			return admin.TestResult{Status: 200, Outcome: "queued", ID: event, Detail: string(body)}, nil
		}
	})
	for body, want := range map[string]admin.TestAnswer{
		"":                          {Status: 200, Outcome: "queued"},
		`{"event":"a"}`:             {Status: 200, Outcome: "queued", ID: "a"},
		`{"body":null}`:             {Status: 200, Outcome: "queued"},
		`{"event":"b","body":[ 1]}`: {Status: 200, Outcome: "queued", ID: "b", Detail: `[ 1]`},
	} {
		var got admin.TestAnswer
		if s.post("/endpoints/shop/test", body, &got); got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
	s.refused(http.MethodPost, "/endpoints/nobody/test", "", http.StatusNotFound, "there is no such endpoint")
	s.refused(http.MethodPost, "/endpoints/git/test", "", http.StatusConflict, "cannot be signed")
	s.refused(http.MethodPost, "/endpoints/shop/test", `{"event":"broken"}`, http.StatusServiceUnavailable, "was not sent: no listener")
	s.refused(http.MethodPost, "/endpoints/shop/test", `{"type":"a"}`, http.StatusBadRequest, `unknown field "type"`)
}
