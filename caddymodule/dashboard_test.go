package caddymodule

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// bob's password is "demo"; it costs as little as can be.
const bob = "\tbasic_auth {\n\t\tbob $2a$04$1ENEZKwmK1TBFRE0DLix/ONvQyxaEhe3vKWlIomQpys/R6MELO14e\n\t}\n"

func TestDashboard(t *testing.T) {
	const site = "ADDR {\n%s\trespond 404\n}\n"
	open := "\twebhook_dashboard {\n\t\tinsecure_without_auth\n\t}\n"
	tests := []struct {
		odd    string
		site   string
		path   string
		host   string
		user   string
		status int
		says   string
	}{
		{"nobody authenticates", "\twebhook_dashboard\n", "/webhook_gateway/status", "localhost", "", 403, "insecure_without_auth"},
		{"nobody authenticates, but says who it is", "\twebhook_dashboard\n", "/webhook_gateway/status", "localhost", "bob:demo", 403, "insecure_without_auth"},
		{"told that it is well", open, "/webhook_gateway/status", "localhost", "", 200, `"version"`},
		{"authenticated", bob + "\twebhook_dashboard\n", "/webhook_gateway/status", "localhost", "bob:demo", 200, `"version"`},
		{"not authenticated", bob + "\twebhook_dashboard\n", "/webhook_gateway/status", "localhost", "", 401, ""},
		{"the wrong password", bob + "\twebhook_dashboard\n", "/webhook_gateway/status", "localhost", "bob:x", 401, ""},
		{"another path", open, "/webhook_gatewayx", "localhost", "", 404, ""},
		{"a path before it", open, "/", "localhost", "", 404, ""},
		{"no slash", open, "/webhook_gateway", "localhost", "", 308, ""},
		{"a prefix of its own", strings.Replace(open, "webhook_dashboard", "webhook_dashboard /hooks", 1), "/hooks/status", "localhost", "", 200, `"version"`},
		{"a prefix of its own, at the usual place", strings.Replace(open, "webhook_dashboard", "webhook_dashboard /hooks", 1), "/webhook_gateway/status", "localhost", "", 404, ""},
		{"an address of loopback", open, "/webhook_gateway/status", "127.0.0.1:8080", "", 200, ""},
		{"IPv6's", open, "/webhook_gateway/status", "[::1]:8080", "", 200, ""},
		{"somebody's name for us", open, "/webhook_gateway/status", "evil.example", "", 403, "hosts"},
		{"somebody's name that looks like ours", open, "/webhook_gateway/status", "127.0.0.1.evil.example", "", 403, "hosts"},
		{"an address of ours", open, "/webhook_gateway/status", "192.0.2.1", "", 403, "hosts"},
		{"a name that is configured", strings.Replace(open, "\t}", "\t\thosts hooks.example.com\n\t}", 1), "/webhook_gateway/status", "Hooks.example.com:8080", "", 200, ""},
		{"another name than is configured", strings.Replace(open, "\t}", "\t\thosts hooks.example.com\n\t}", 1), "/webhook_gateway/status", "localhost", "", 403, "hosts"},
		{"another port than is configured", strings.Replace(open, "\t}", "\t\thosts hooks.example.com:81\n\t}", 1), "/webhook_gateway/status", "hooks.example.com:82", "", 403, "hosts"},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			mustLoad(t, strings.Replace(site, "%s", tt.site, 1))
			r := httptest.NewRequest(http.MethodGet, "http://"+tt.host+tt.path, nil)
			if user, password, given := strings.Cut(tt.user, ":"); given {
				r.SetBasicAuth(user, password)
			}
			w := send(t, "srv0", r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) {
				t.Errorf("answered %d %s, want %d with %q", w.Code, w.Body, tt.status, tt.says)
			}
		})
	}
}

// TestDashboardOfSite: requests that a site with a name lets in are for it.
func TestDashboardOfSite(t *testing.T) {
	const block = " {\n\twebhook_dashboard {\n\t\tinsecure_without_auth\n\t}\n}\n"
	for _, tt := range []struct {
		site, host string
		status     int
	}{
		{"http://hooks.example.comPORT", "hooks.example.com", 200},
		{"http://hooks.example.comPORT", "evil.example", 200}, // Caddy's empty answer: there is no such site
		{"http://*.example.comPORT", "a.example.com", 200},
		{"http://hooks.example.comPORT, http://PORT", "evil.example", 403},
	} {
		port := strings.TrimPrefix(freeAddr(t), "http://")
		mustLoad(t, strings.ReplaceAll(tt.site, "PORT", port)+block)
		r := httptest.NewRequest(http.MethodGet, "http://"+tt.host+"/webhook_gateway/status", nil)
		w := send(t, "srv0", r)
		if served := strings.Contains(w.Body.String(), `"version"`); w.Code != tt.status || served != (tt.status == 200 && tt.host != "evil.example") {
			t.Errorf("%s for %s: answered %d %s", tt.site, tt.host, w.Code, w.Body)
		}
	}
}

// TestDashboardNeedsToken for changes.
func TestDashboardNeedsToken(t *testing.T) {
	mustLoad(t, "ADDR {\n\twebhook_dashboard {\n\t\tinsecure_without_auth\n\t}\n}\n")
	r := httptest.NewRequest(http.MethodPost, "http://localhost/webhook_gateway/replay", strings.NewReader(`{"ids":["1"]}`))
	r.Header.Set("Content-Type", "application/json")
	if w := send(t, "srv0", r); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "X-CSRF-Token") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
