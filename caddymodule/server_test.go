package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestClientIP(t *testing.T) {
	addr := netip.MustParseAddr
	tests := []struct {
		odd  string
		text any // Caddy's variable
		want netip.Addr
	}{
		{"IPv4", "203.0.113.7", addr("203.0.113.7")},
		{"IPv6", "2001:db8::1", addr("2001:db8::1")},
		{"IPv4 as IPv6", "::ffff:203.0.113.7", addr("203.0.113.7")},
		{"IPv4 as IPv6 in hexadecimal", "::ffff:cb00:7107", addr("203.0.113.7")},
		{"zone", "fe80::1%eth0", addr("fe80::1")},
		{"empty zone", "fe80::1%", addr("fe80::1")},
		{"with a port", "203.0.113.7:4711", netip.Addr{}},
		{"unix socket", "@", netip.Addr{}},
		{"empty", "", netip.Addr{}},
		{"no text", 7, netip.Addr{}},
		{"none", nil, netip.Addr{}},
	}
	for _, tt := range tests {
		r := prepared(httptest.NewRequest(http.MethodPost, "/", nil), new(caddyhttp.Server))
		caddyhttp.SetVar(r.Context(), caddyhttp.ClientIPVarKey, tt.text)
		if got := new(server).ClientIP(r); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.odd, got, tt.want)
		}
	}
}

func TestRequestURI(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/a%2Fb?q=1", nil)
	if got := new(server).RequestURI(r); got != "/a%2Fb?q=1" {
		t.Errorf("outside Caddy: %q", got)
	}
	r = prepared(r, new(caddyhttp.Server))
	r.RequestURI = "/rewritten"
	if got := new(server).RequestURI(r); got != "/a%2Fb?q=1" {
		t.Errorf("after a rewrite: %q", got)
	}
}

func TestExpand(t *testing.T) {
	h := newHandler(t, nil, nil)
	r := push("{}")
	r.Header.Set("X-Tenant", "{http.request.method}")
	h.introduce(r)
	tests := []struct {
		odd, template string
		event         *gateway.Event
		want          string
		complete      bool
	}{
		{"before verification", "{http.request.method} {webhook.event}.", nil, "POST .", false},
		{"after it", "{http.request.method} {webhook.event}.", &gateway.Event{Type: "push"}, "POST push.", true},
		{"a part without a value", "{http.request.method} {http.request.header.X-None}", nil, "POST ", false},
		{"not expanded again", "{http.request.header.X-Tenant}", nil, "{http.request.method}", true},
		{"unknown", "a{none.such}b", nil, "ab", false},
		{"nothing to expand", "constant", nil, "constant", true},
	}
	for _, tt := range tests {
		if got, complete := new(server).Expand(tt.template, r, tt.event); got != tt.want || complete != tt.complete {
			t.Errorf("%s: %q, %v, want %q, %v", tt.odd, got, complete, tt.want, tt.complete)
		}
	}
}
