package e2e

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
)

// withUser adds basic authentication, for a password that is "demo", to a
// dashboard.
const withUser = `basic_auth /webhook_gateway/* {
	bob $2a$04$1ENEZKwmK1TBFRE0DLix/ONvQyxaEhe3vKWlIomQpys/R6MELO14e
}
webhook_dashboard
`

// visit asks the dashboard of a site.
func (f front) visit(t *testing.T, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, f.url+"/webhook_gateway"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Method = http.MethodPost
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return f.ask(t, r)
}

func basic(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("bob", "demo")
	return r.Header.Get("Authorization")
}

// TestDashboardOnSite: with the admin endpoint off, for who has authenticated,
// and changes with the token of the session alone.
func TestDashboardOnSite(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		text := stored(t, f, guarded("kept", "", "localhost:1")+withUser+"respond 404\n")
		start(t, strings.Replace(text, "admin {ADMIN}", "admin off", 1), "BROXI="+senderSecret)
		if a := f.visit(t, "/status", ""); a.status != http.StatusUnauthorized {
			t.Errorf("a stranger is answered %d %s", a.status, a.body)
		}
		user := basic(t)
		if a := f.visit(t, "/", "", "Authorization", user); a.status != http.StatusOK || !strings.Contains(a.body, "<html") {
			t.Errorf("the page is %d %s", a.status, a.body)
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		f.client.Jar = jar
		var session struct{ CSRF string }
		if err := json.Unmarshal([]byte(f.visit(t, "/session", "", "Authorization", user).body), &session); err != nil || session.CSRF == "" {
			t.Fatalf("the session is %+v, %v", session, err)
		}
		const change = `{"state":"dead"}`
		tests := []struct {
			odd     string
			headers []string
			status  int
		}{
			{"the token", []string{"X-CSRF-Token", session.CSRF}, 200},
			{"no token", nil, 403},
			{"another token", []string{"X-CSRF-Token", "AAAA"}, 403},
			{"the token, from another's page", []string{"X-CSRF-Token", session.CSRF, "Origin", "https://evil.example"}, 403},
			{"the token, from our own page", []string{"X-CSRF-Token", session.CSRF, "Origin", f.url}, 200},
			{"the token, across sites", []string{"X-CSRF-Token", session.CSRF, "Sec-Fetch-Site", "cross-site"}, 403},
		}
		for _, tt := range tests {
			if a := f.visit(t, "/replay", change, append(tt.headers, "Authorization", user)...); a.status != tt.status {
				t.Errorf("%s: answered %d %s, want %d", tt.odd, a.status, a.body, tt.status)
			}
		}
	})
}

// TestDashboardWithoutAuthentication is refused, and says what to do.
func TestDashboardWithoutAuthentication(t *testing.T) {
	f := inClear(t)
	start(t, f.caddyfile("", "webhook_dashboard"))
	if a := f.visit(t, "/status", ""); a.status != http.StatusForbidden || !strings.Contains(a.body, "basic_auth") {
		t.Errorf("answered %d %s", a.status, a.body)
	}
}
