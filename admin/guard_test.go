package admin_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	s := open(t)
	host := strings.TrimPrefix(s.server.URL, "http://")
	tests := []struct {
		name   string
		method string
		header http.Header
		want   int
	}{
		{"nothing odd", "POST", http.Header{}, 200},
		{"its own origin", "POST", http.Header{"Origin": {"http://" + host}}, 200},
		{"its own origin by TLS", "POST", http.Header{"Origin": {"https://" + host}}, 200},
		{"another host", "POST", http.Header{"Origin": {"http://evil.example"}}, 403},
		{"another port", "POST", http.Header{"Origin": {"http://127.0.0.1:1"}}, 403},
		{"a host that begins like it", "POST", http.Header{"Origin": {"http://" + host + ".evil.example"}}, 403},
		{"no origin in particular", "POST", http.Header{"Origin": {"null"}}, 403},
		{"an empty origin", "POST", http.Header{"Origin": {""}}, 403},
		{"its own and another", "POST", http.Header{"Origin": {"http://" + host, "http://evil.example"}}, 403},
		{"another site reads", "GET", http.Header{"Origin": {"http://evil.example"}}, 403},
		{"another site asks what it may", "OPTIONS", http.Header{"Origin": {"http://evil.example"}}, 403},
		{"from another site", "POST", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"from a sister's", "POST", http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"from its own", "POST", http.Header{"Sec-Fetch-Site": {"same-origin"}}, 200},
		{"typed in", "POST", http.Header{"Sec-Fetch-Site": {"none"}}, 200},
		{"a link elsewhere leads here", "GET", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 200},
		{"a form", "POST", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, 415},
		{"a form's text", "POST", http.Header{"Content-Type": {"text/plain"}}, 415},
		{"no type", "POST", http.Header{"Content-Type": nil}, 415},
		{"a type that only begins like it", "POST", http.Header{"Content-Type": {"application/json-patch+json"}}, 415},
		{"a type that is hidden in another", "POST", http.Header{"Content-Type": {"text/plain; application/json"}}, 415},
		{"with a character set", "POST", http.Header{"Content-Type": {"Application/JSON; charset=utf-8"}}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := "/status"
			if tt.method == http.MethodPost {
				path = "/destinations/shop/app/pause"
			}
			r := s.request(tt.method, path, "")
			for name, values := range tt.header {
				r.Header[name] = values
			}
			s.worker.Resume(shop)
			answer := s.do(r)
			if answer.StatusCode != tt.want {
				t.Errorf("%d %s, want %d", answer.StatusCode, answer.body, tt.want)
			}
			if got, want := s.paused(shop), tt.method == http.MethodPost && tt.want == http.StatusOK; got != want {
				t.Errorf("paused %v, want %v", got, want)
			}
			if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%q may read the answer", got)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *admin.Options) { o.Hosts = []string{"localhost:2019", "hooks.example"} })
	for host, want := range map[string]int{
		"localhost:2019": 200, "LOCALHOST:2019": 200, "hooks.example": 200,
		"localhost": 403, "localhost:2020": 403, "evil.example": 403, "hooks.example.evil.example": 403, "127.0.0.1:2019": 403,
	} {
		for _, path := range []string{"/status", "/", "/nothing"} {
			r := s.request(http.MethodGet, path, "")
			r.Host = host
			answer := s.do(r)
			if forbidden := answer.StatusCode == http.StatusForbidden; forbidden != (want == http.StatusForbidden) {
				t.Errorf("%s%s: %d %s, want %d", host, path, answer.StatusCode, answer.body, want)
			}
		}
	}
}

// Each route answers other methods with those that it has, and each answer says
// that it is JSON, kept nowhere and no page.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, pattern := range admin.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		other, allow := http.MethodPost, "GET, HEAD"
		if method == http.MethodPost {
			other, allow = http.MethodGet, "POST"
		}
		path = strings.NewReplacer("{id}", "1", "{endpoint}", "shop", "{name}", "app").Replace(path)
		for _, wrong := range []string{other, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			answer := s.do(s.request(wrong, path, ""))
			if got := answer.Header.Get("Allow"); answer.StatusCode != http.StatusMethodNotAllowed || got != allow {
				t.Errorf("%s %s = %d %s, Allow %q, want 405 and %q", wrong, path, answer.StatusCode, answer.body, got, allow)
			}
			expectJSON(t, answer)
		}
		r := s.request(method, path, "")
		r.Header.Set("Origin", "http://evil.example")
		answer := s.do(r)
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site = %d %s, want 403", pattern, answer.StatusCode, answer.body)
		}
		expectJSON(t, answer)
		if method == http.MethodPost {
			r := s.request(method, path, "")
			r.Header.Set("Content-Type", "text/plain")
			if answer := s.do(r); answer.StatusCode != http.StatusUnsupportedMediaType {
				t.Errorf("%s as text = %d %s, want 415", pattern, answer.StatusCode, answer.body)
			}
		}
	}
}

func expectJSON(t *testing.T, answer reply) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s %s: %s: %q, want %q", answer.Request.Method, answer.Request.URL, name, got, want)
		}
	}
	if !json.Valid(answer.body) {
		t.Errorf("%s %s: %s is not JSON", answer.Request.Method, answer.Request.URL, answer.body)
	}
}

func TestUnknownPath(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, path := range []string{"/nothing", "/deliveries/", "/deliveries/1/2", "/status/"} {
		s.refused(http.MethodGet, path, "", http.StatusNotFound, "there is nothing here")
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	s := open(t)
	answer := s.do(s.request(http.MethodGet, "/", ""))
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %s, want a page", answer.StatusCode, answer.body)
	}
	answer = s.do(s.request(http.MethodGet, "", ""))
	if got := answer.Request.URL.Path; got != prefix+"/" {
		t.Errorf("without the slash it leads to %s", got)
	}
	for _, path := range []string{"/", "/assets/nothing.js"} {
		s.refused(http.MethodPost, path, "", http.StatusMethodNotAllowed, "only GET, HEAD")
	}
}

// What API and pages are below may be nothing.
func TestNoPrefix(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *admin.Options) { o.Prefix = "" })
	for _, path := range []string{"/", "/status", "/session"} {
		r := s.request(http.MethodGet, "", "")
		r.URL.Path = path
		if answer := s.do(r); answer.StatusCode != http.StatusOK {
			t.Errorf("%s = %d %s, want 200", path, answer.StatusCode, answer.body)
		}
	}
}

func TestCSRF(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *admin.Options) { o.CSRF = true })
	mine, token := s.session(nil)
	other, foreign := s.session(nil)
	if again, same := s.session(mine); again != nil || same != token {
		t.Errorf("the session goes on with the cookie %v and the token %q, want none and %q", again, same, token)
	}
	stranger := open(t, func(o *admin.Options) { o.CSRF = true })
	_, forged := stranger.session(mine)
	tests := []struct {
		name   string
		cookie *http.Cookie
		token  string
		want   int
	}{
		{"cookie and token", mine, token, 200},
		{"another session's", other, foreign, 200},
		{"no token", mine, "", 403},
		{"no cookie", nil, token, 403},
		{"neither", nil, "", 403},
		{"another session's token", mine, foreign, 403},
		{"another gateway's token", mine, forged, 403},
		{"the cookie for a token", mine, mine.Value, 403},
		{"a token that is no base64", mine, "*", 403},
		{"a short cookie", &http.Cookie{Name: mine.Name, Value: "YQ"}, token, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := s.request(http.MethodPost, "/destinations/shop/app/pause", "")
			r.Header.Set("X-Csrf-Token", tt.token)
			if tt.cookie != nil {
				r.AddCookie(tt.cookie)
			}
			if answer := s.do(r); answer.StatusCode != tt.want {
				t.Errorf("%d %s, want %d", answer.StatusCode, answer.body, tt.want)
			}
		})
	}
	id := s.add(gateway.Dead, nil, shop)[0]
	s.refused(http.MethodPost, "/deliveries/"+id+"/discard", "", http.StatusForbidden, "X-CSRF-Token")
	s.get("/deliveries/"+id, nil)
}

// session asks for the token, with a cookie if there is one, and returns the
// cookie that is set.
func (s *stand) session(cookie *http.Cookie) (set *http.Cookie, token string) {
	s.Helper()
	r := s.request(http.MethodGet, "/session", "")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	answer := s.do(r)
	var session admin.Session
	if err := json.Unmarshal(answer.body, &session); err != nil || session.CSRF == "" {
		s.Fatalf("%s: %v, want a token", answer.body, err)
	}
	for _, c := range answer.Cookies() {
		set = c
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != prefix+"/" || c.Secure {
			s.Errorf("the cookie is %s", c.Raw)
		}
	}
	return set, session.CSRF
}

func TestNoCSRF(t *testing.T) {
	t.Parallel()
	s := open(t)
	answer := s.do(s.request(http.MethodGet, "/session", ""))
	if string(answer.body) != `{"csrf":""}`+"\n" || len(answer.Cookies()) > 0 {
		t.Errorf("%s and %v, want no token and no cookie", answer.body, answer.Cookies())
	}
}

// Over TLS the cookie is for TLS alone.
func TestSecureCookie(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *admin.Options) { o.CSRF = true })
	server := httptest.NewTLSServer(s.handler)
	defer server.Close()
	answer, err := server.Client().Get(server.URL + prefix + "/session")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if cookies := answer.Cookies(); len(cookies) != 1 || !cookies[0].Secure {
		t.Errorf("cookies %v, want one that is secure", cookies)
	}
}
