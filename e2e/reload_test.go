package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// reloadable is a Caddyfile of which every version is different.
func reloadable(f front, to string, version int) string {
	site := guarded("steady", "", to) + guarded("limited", "rate_limit 3/1h", to)
	return f.caddyfile("", site+fmt.Sprintf("respond /version %d", version))
}

// A load is senders that go on until they are told to stop.
type load struct {
	stop    chan struct{}
	senders sync.WaitGroup

	mu   sync.Mutex
	sent []string // ids
	errs []error
}

// send lets a sender post one webhook after the other.
func (l *load) send(t *testing.T, f front, endpoint string) {
	l.senders.Go(func() {
		for {
			select {
			case <-l.stop:
				return
			default:
			}
			id, err := one(t, f, endpoint)
			l.mu.Lock()
			l.sent = append(l.sent, id)
			if err != nil {
				l.errs = append(l.errs, err)
			}
			l.mu.Unlock()
		}
	})
}

// one sends a webhook that has to be delivered. Connections that Linux has not
// yet handed to caddy when it changes its socket are reset, whatever handler
// is behind them: a sender that gets no answer sends again, as providers do.
func one(t *testing.T, f front, endpoint string) (id string, err error) {
	r, again := twice(f.signed(t, endpoint, "e"))
	id = r.Header.Get("X-Broxi-Signature")
	a, err := f.try(r)
	for tries := 0; err != nil && a.status == 0 && tries < 10; tries++ {
		r, again = twice(again)
		if a, err = f.try(r); a.body == processed {
			a.body = "thanks" // the first try had arrived
		}
	}
	if err == nil && (a.status != 200 || a.body != "thanks") {
		err = fmt.Errorf("answered %d %q", a.status, a.body)
	}
	return id, err
}

func TestReloadUnderLoad(t *testing.T) {
	const reloads, senders = 50, 4
	eachFront(t, func(t *testing.T, f front) {
		app := newApplication(t)
		c := start(t, reloadable(f, app.address(), 0), "BROXI="+senderSecret)
		l := &load{stop: make(chan struct{})}
		for range senders {
			l.send(t, f, "steady")
		}
		for i := range reloads {
			if status, text := c.load(reloadable(f, app.address(), i+1)); status != 200 {
				t.Errorf("reload %d: %d %s", i+1, status, text)
			}
		}
		close(l.stop)
		l.senders.Wait()
		f.client.CloseIdleConnections() // or caddy waits for them when it stops
		if err := errors.Join(l.errs...); err != nil {
			t.Errorf("of %d requests %d failed: %v", len(l.sent), len(l.errs), err)
		}
		times := make(map[string]int)
		for _, r := range app.take() {
			times[r.Header.Get("X-Broxi-Signature")]++
		}
		for _, id := range l.sent {
			if times[id] != 1 {
				t.Errorf("the application got one event %d times", times[id])
			}
		}
		if got := c.outcomes(t, "steady"); got["delivered"] != fmt.Sprint(len(l.sent)) {
			t.Errorf("counted %v, want %d delivered", got, len(l.sent))
		}
		c.keeps(t, senderSecret)
	})
}

// checkVersion checks which configuration is serving.
func checkVersion(t *testing.T, f front, version int) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, f.url+"/version", nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := f.client.Transport.(*http.Transport).Clone() // old connections may see the old one
	defer transport.CloseIdleConnections()
	f.client = &http.Client{Transport: transport}
	f.askAfterReload(t, r).want(t, 200, fmt.Sprint(version))
}

// TestReloadForgetsNothing reloads between all steps: with a new configuration,
// with the same, and with one that is refused.
func TestReloadForgetsNothing(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app := newApplication(t)
		c := start(t, reloadable(f, app.address(), 0), "BROXI="+senderSecret)
		reload := func(version int) {
			t.Helper()
			if status, text := c.load(reloadable(f, app.address(), version)); status != 200 {
				t.Fatalf("reload: %d %s", status, text)
			}
		}
		event := f.signed(t, "steady", "e")
		first, again := twice(event)
		f.ask(t, first).want(t, 200, "thanks")
		for i := range 3 {
			f.ask(t, f.signed(t, "limited", "e")).want(t, 200, "thanks")
			reload(i)
			status, text := c.load(strings.Replace(reloadable(f, app.address(), 99), "verify broxi", "verify brokey", 1))
			if status != 400 || !strings.Contains(text, "is not a provider") {
				t.Errorf("a bad configuration was answered %d %s", status, text)
			}
			status, text = c.load(strings.Replace(reloadable(f, app.address(), 99), "{env.BROXI}", "{env.UNSET}", 1))
			if status != 400 || !strings.Contains(text, "UNSET") {
				t.Errorf("a configuration without a secret was answered %d %s", status, text)
			}
			checkVersion(t, f, i)
			var replay *http.Request
			replay, again = twice(again)
			f.askAfterReload(t, replay).want(t, 200, processed)
		}
		f.ask(t, f.signed(t, "limited", "e")).limited(t, "limit1", 3)
		if got := len(app.take()); got != 4 {
			t.Errorf("the application got %d requests", got)
		}
		if got := fmt.Sprint(c.outcomes(t, "steady"), c.outcomes(t, "limited")); got != "map[delivered:1 duplicate:3] map[delivered:3 rate_limited:1]" {
			t.Errorf("counted %s", got)
		}
		reload(4)
		if got := c.metric(`upstream_seconds_count{endpoint="limited"}`); got != "3" {
			t.Errorf("the application's durations were counted %q times", got)
		}
		c.keeps(t, senderSecret)
	})
}

// TestRequestInFlightOutlivesReload changes the configuration while the
// application is at work.
func TestRequestInFlightOutlivesReload(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app := newApplication(t)
		c := start(t, reloadable(f, app.address(), 0), "BROXI="+senderSecret)
		log, m := c.journal(), newMeeting()
		app.then(m.answer)
		t.Cleanup(func() { close(m.leave) }) // or the application would never end
		first, second := twice(f.signed(t, "steady", "e"))
		_, third := twice(second)
		answered := make(chan answer, 1)
		go func() {
			a, _ := f.try(first)
			answered <- a
		}()
		<-m.entered
		for i := range 2 {
			if status, text := c.load(reloadable(f, app.address(), i+1)); status != 200 {
				t.Errorf("reload: %d %s", status, text)
			}
		}
		f.askAfterReload(t, second).want(t, 409, refused(409)) // the claim of the old configuration
		log.expect(t, "steady", "in_flight")
		m.leave <- struct{}{}
		(<-answered).want(t, 200, "done")
		log.expect(t, "steady", "delivered")
		f.ask(t, third).want(t, 200, processed)
	})
}

func TestCommandsBesideARunningServer(t *testing.T) {
	t.Setenv("BROXI", senderSecret)
	eachFront(t, func(t *testing.T, f front) {
		app := newApplication(t)
		c := start(t, reloadable(f, app.address(), 0), "BROXI="+senderSecret)
		file := filepath.Join(t.TempDir(), "Caddyfile")
		if err := os.WriteFile(file, []byte(c.fill(reloadable(f, app.address(), 1))), 0o600); err != nil {
			t.Fatal(err)
		}
		first, again := twice(f.signed(t, "steady", "e"))
		f.ask(t, first).want(t, 200, "thanks")
		for range 2 {
			if out, err := run(t, "validate", "--config", file, "--adapter", "caddyfile"); err != nil || !strings.Contains(out, "Valid configuration") {
				t.Errorf("caddy validate: %v\n%s", err, out)
			}
		}
		checkVersion(t, f, 0)
		if out, err := run(t, "reload", "--config", file, "--adapter", "caddyfile", "--address", c.admin); err != nil {
			t.Errorf("caddy reload: %v\n%s", err, out)
		}
		checkVersion(t, f, 1)
		f.ask(t, again).want(t, 200, processed)
		if err := os.WriteFile(file, []byte(c.fill(strings.Replace(reloadable(f, app.address(), 2), "limited limited {", "limited steady {", 1))), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"validate", "reload"} {
			args := []string{command, "--config", file, "--adapter", "caddyfile"}
			if command == "reload" {
				args = append(args, "--address", c.admin)
			}
			if out, err := run(t, args...); err == nil || !strings.Contains(out, "names must be unique") {
				t.Errorf("caddy %s of two endpoints with one name: %v\n%s", command, err, out)
			}
		}
		checkVersion(t, f, 1)
	})
}
