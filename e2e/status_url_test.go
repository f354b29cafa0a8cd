package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// follow is the address of a Location for a request to the URL.
func (f front) follow(t *testing.T, to, location string) string {
	t.Helper()
	base, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	u, err := base.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}

func get(t *testing.T, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// until asks for a status, as often as a patient sender does, until it has
// changed from the one given.
func (f front) until(t *testing.T, url, change string) answer {
	t.Helper()
	ticker := time.NewTicker(200 * time.Millisecond) // the endpoint allows ten a second
	defer ticker.Stop()
	for range 150 {
		if a := f.ask(t, get(t, http.MethodGet, url)); a.body != change {
			return a
		}
		<-ticker.C
	}
	t.Fatalf("the status stays %q", change)
	return answer{}
}

const statusPending = "{\"state\":\"pending\"}\n"

// TestStatusURL: the sender of a stored event asks until the application has
// taken it, and after a restart.
func TestStatusURL(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app, m := newApplication(t), newMeeting()
		app.then(func(w http.ResponseWriter, _ *http.Request) {
			m.entered <- struct{}{}
			<-m.leave
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, `{"order":7}`)
		})
		home := "XDG_DATA_HOME=" + t.TempDir() // where the secret is
		text := stored(t, f, "handle_path /in/* {\n"+guarded("hook", "mode store\nstatus_url\nrespond 202", app.address())+"}")
		c := start(t, text, "BROXI="+senderSecret, home)
		id, again, a := f.event(t, "/in/hook")
		a.want(t, 202, fmt.Sprintf(queuedBody, id))
		where := f.follow(t, f.url+"/in/hook", a.header.Get("Location"))
		if !strings.HasPrefix(where, f.url+"/in/hook?webhook_status=") {
			t.Fatalf("Location is %q", a.header.Get("Location"))
		}
		<-m.entered
		a = f.ask(t, get(t, http.MethodGet, where))
		a.want(t, 202, statusPending)
		if a.header.Get("Retry-After") != "1" {
			t.Errorf("headers %v", a.header)
		}
		f.ask(t, get(t, http.MethodHead, where)).want(t, 202, "")
		m.leave <- struct{}{}
		const delivered = `{"state":"delivered","status":201,"body":"{\"order\":7}"}` + "\n"
		f.until(t, where, statusPending).want(t, 200, delivered)
		a = f.ask(t, again)
		a.want(t, 200, processed)
		if a.header.Get("Location") != "" {
			t.Errorf("a repeat is sent to %q", a.header.Get("Location"))
		}
		f.ask(t, get(t, http.MethodGet, where[:len(where)-4]+"AAAA")).want(t, 404, refused(404))
		f.ask(t, get(t, http.MethodGet, where[:len(where)-4])).want(t, 404, refused(404))

		f.client.CloseIdleConnections()
		c.stop()
		start(t, text, "BROXI="+senderSecret, home)
		f.ask(t, get(t, http.MethodGet, where)).want(t, 200, delivered)
	})
}

// TestStatusIsGone: with nothing retained there is nothing to tell.
func TestStatusIsGone(t *testing.T) {
	f := inClear(t)
	app := newArrivals(t)
	text := stored(t, f, guarded("hook", "mode store\nstatus_url", app.address()))
	home := "XDG_DATA_HOME=" + t.TempDir()
	c := start(t, text, "BROXI="+senderSecret, home)
	_, _, a := f.event(t, "/hook")
	where := f.follow(t, f.url+"/hook", a.header.Get("Location"))
	<-app.came
	delivered := f.until(t, where, statusPending)
	delivered.want(t, 200, "{\"state\":\"delivered\",\"status\":200,\"body\":\"thanks\"}\n")
	f.client.CloseIdleConnections()
	c.stop()
	start(t, strings.Replace(text, "store sqlite", "retain off\nstore sqlite", 1), "BROXI="+senderSecret, home)
	f.until(t, where, delivered.body).want(t, 410, "{\"state\":\"gone\"}\n")
}

// TestStatusIsLimited: nobody may guess tokens at any rate.
func TestStatusIsLimited(t *testing.T) {
	f := inClear(t)
	start(t, stored(t, f, guarded("hook", "status_url", "127.0.0.1:1")), "BROXI="+senderSecret)
	guess := f.url + "/hook?webhook_status=" + strings.Repeat("A", 43)
	var refusals []answer
	for range 100 {
		if a := f.ask(t, get(t, http.MethodGet, guess)); a.status != 404 {
			refusals = append(refusals, a)
		}
	}
	if len(refusals) == 0 {
		t.Fatal("a hundred guesses in a row were let through")
	}
	refusals[0].want(t, 429, refused(429))
}
