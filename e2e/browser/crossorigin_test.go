package browser

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// elsewhere is a page of another origin: another port, or another name too.
func elsewhere(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<!doctype html><title>elsewhere</title><link rel=icon href=data:,><p>A page of somebody else.")
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + name + ":" + u.Port() + "/"
}

func TestOtherOrigins(t *testing.T) {
	eachFront(t, otherOrigins)
	t.Run("command", func(t *testing.T) {
		t.Parallel()
		g := start(t)
		otherOrigins(t, g, g.command())
	})
}

// otherOrigins: a page of another origin, which the operator happens to look
// at, can change nothing and read nothing.
func otherOrigins(t *testing.T, g *gateway, f front) {
	id := g.dead(1, "order.lost")[0]
	g.app.then(http.StatusOK)
	f.open(t, "#/deliveries/"+id).shows(one("detail-state"), "dead")
	for _, name := range []string{"127.0.0.1", "localhost"} {
		b := blank(t)
		b.expect("") // the browser complains of CORS in many ways
		if f.login != "" {
			b.header("Authorization", f.login) // as a browser does that has been logged in
		}
		b.do(chromedp.Navigate(elsewhere(t, name)))
		for _, path := range []string{"deliveries/" + id + "/replay", "deliveries/" + id + "/discard", "replay", "discard", "destinations/hook/default/pause", "endpoints/hook/test"} {
			for _, options := range []string{
				`{mode: "no-cors", headers: {"Content-Type": "text/plain"}}`,
				`{mode: "no-cors", headers: {"Content-Type": "application/json"}}`,
				`{mode: "no-cors", body: new URLSearchParams({a: "b"})}`,
				`{headers: {"Content-Type": "text/plain"}}`,
				`{headers: {"Content-Type": "application/json"}}`,
				`{headers: {"Content-Type": "application/json", "X-CSRF-Token": "a guess"}}`,
			} {
				b.attempt(f.base+path, options)
			}
		}
		b.refusedAll(t, f)
		if text := eval[string](b, fmt.Sprintf(`fetch(%q, {credentials: "include"}).then(r => r.text(), () => "")`, f.base+"deliveries")); text != "" {
			t.Errorf("another origin's page read %q", text)
		}
	}
	if d := g.deliveries(""); len(d) != 1 || d[0].State != "dead" || d[0].Attempts != 1 {
		t.Errorf("the delivery is now %+v", d)
	}
	if n := g.app.received(""); n != 1 {
		t.Errorf("the application was asked %d times, want once", n)
	}
	var status struct {
		Endpoints []struct{ Destinations []struct{ Paused bool } }
	}
	g.api("status", &status)
	for _, e := range status.Endpoints {
		for _, d := range e.Destinations {
			if d.Paused {
				t.Error("another origin's page has paused a destination")
			}
		}
	}
}

// attempt posts from the page, which is told nothing of the answer.
func (b *tab) attempt(address, options string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`fetch(%q, {method: "POST", credentials: "include", body: '{"endpoint":"hook","state":"dead"}', ...%s}).then(() => true, () => true)`, address, options))
}

// refusedAll checks that all that the browser sent on was refused: also with
// 401, which is what its questions before a request get, since they have no
// login, and with 400, which is what Caddy's admin endpoint says to mode no-cors.
func (b *tab) refusedAll(t *testing.T, f front) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	forbidden := 0
	for _, a := range b.answers {
		if !strings.HasPrefix(a.url, f.base) {
			continue
		}
		if a.status == http.StatusForbidden {
			forbidden++
		} else if !slices.Contains([]int{400, 401, 405, 415}, a.status) {
			t.Errorf("%s was answered %d", a.url, a.status)
		}
	}
	if forbidden == 0 {
		t.Error("the browser let nothing through: this tests nothing")
	}
}

// TestFrames: no page can have the dashboard in a frame, for people to click on.
func TestFrames(t *testing.T) {
	t.Parallel()
	g := start(t)
	f := g.handler()
	b := blank(t)
	b.expect("frame-ancestors", "x-frame-options", "X-Frame-Options")
	b.header("Authorization", f.login)
	b.do(chromedp.Navigate(elsewhere(t, "127.0.0.1")))
	eval[bool](b, fmt.Sprintf(`new Promise(done => {
		const frame = document.createElement("iframe")
		frame.onload = () => done(true)
		frame.src = %q
		document.body.append(frame)
	})`, f.base))
	eventually(t, "the browser says why it does not frame it", func() bool {
		return strings.Contains(strings.Join(b.noted(), "\n"), "frame-ancestors")
	})
}

// TestToken: behind webhook_dashboard a change needs the session's token, also
// from a page of the dashboard's own origin.
func TestToken(t *testing.T) {
	t.Parallel()
	g := start(t)
	id := g.dead(1, "order.lost")[0]
	g.app.then(http.StatusOK)
	b := g.handler().open(t, "#/")
	b.expect("status of 403")
	replay := func(headers string) int {
		return eval[int](b, fmt.Sprintf(`fetch("deliveries/%s/replay", {method: "POST", body: "{}", headers: {"Content-Type": "application/json"%s}}).then(r => r.status)`, id, headers))
	}
	for name, headers := range map[string]string{"none": "", "an empty one": `, "X-CSRF-Token": ""`, "a guess": `, "X-CSRF-Token": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`} {
		if status := replay(headers); status != http.StatusForbidden {
			t.Errorf("with %s: %d, want 403", name, status)
		}
	}
	g.settled("state=dead", 1)
	token := eval[string](b, `fetch("session").then(r => r.json()).then(s => s.csrf)`)
	if status := replay(fmt.Sprintf(`, "X-CSRF-Token": %q`, token)); status != http.StatusOK {
		t.Errorf("with the token: %d, want 200", status)
	}
	g.settled("state=delivered", 1)
	if cookie := eval[string](b, "document.cookie"); cookie != "" {
		t.Errorf("scripts can read the session's cookie: %s", cookie)
	}
}

// TestNoLogin: without a login there is nothing to see.
func TestNoLogin(t *testing.T) {
	t.Parallel()
	g := start(t)
	for _, path := range []string{"", "assets/js/app.js", "status", "session", "stream", "deliveries"} {
		answer, err := http.Get(g.handler().base + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q without a login: %s, want 401", path, answer.Status)
		}
	}
}
