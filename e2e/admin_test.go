package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

// call asks the admin API, and returns the status and the text. A body is sent
// with POST, as JSON. The lines are headers: name, value and so on.
func (c *caddy) call(path, body string, headers ...string) (int, string) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+c.admin+"/webhook_gateway"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Method = http.MethodPost
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	r.Close = true // a load replaces the admin server
	return do(c.t, http.DefaultClient, r)
}

// told decodes what the admin API answers.
func told[T any](c *caddy, path, body string) (v T) {
	c.t.Helper()
	status, text := c.call(path, body)
	if status != http.StatusOK {
		c.t.Fatalf("%s is answered %d %s", path, status, text)
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		c.t.Fatalf("%s is answered %s: %v", path, text, err)
	}
	return v
}

// endpoints are the names of those that are configured.
func (c *caddy) endpoints() string {
	var names []string
	for _, e := range told[admin.Endpoints](c, "/endpoints", "").Endpoints {
		names = append(names, e.Name)
	}
	return strings.Join(names, " ")
}

// dead waits until so many deliveries are dead letters, and returns them.
func (c *caddy) dead(n int) []admin.Delivery {
	c.t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for range 1000 {
		if all := told[admin.Deliveries](c, "/deliveries?state=dead", "").Deliveries; len(all) == n {
			return all
		}
		<-ticker.C
	}
	c.t.Fatalf("there are not %d dead letters", n)
	return nil
}

// TestAdminAPI looks a dead letter up and has it delivered after all: as it
// was loaded, after a reload, and after reloads that fail.
func TestAdminAPI(t *testing.T) {
	f := inClear(t)
	app := newArrivals(t, 410, 200, 410, 200, 410, 200, 410, 200)
	site := guarded("kept", "mode store", app.address())
	text := stored(t, f, site)
	c := start(t, text, "BROXI="+senderSecret)
	for _, when := range []struct {
		odd    string
		text   string // loaded before
		status int
	}{
		{"as it was started", "", 0},
		{"after a reload", text + "\n# another\n", 200},
		{"after a reload that cannot be provisioned", strings.Replace(text, "verify broxi {env.BROXI}", "verify broxi {env.WG_NONE_SUCH}", 1), 400},
		{"after a reload that cannot start", strings.Replace(text, "store sqlite", "store sqlite "+t.TempDir()+" #", 1), 400},
	} {
		if when.text != "" {
			if status, said := c.load(when.text); status != when.status {
				t.Fatalf("%s: the load is answered %d %s", when.odd, status, said)
			}
		}
		if got := c.endpoints(); got != "kept" {
			t.Errorf("%s: the endpoints are %q", when.odd, got)
		}
		id, _, a := f.event(t, "/kept")
		a.want(t, 200, fmt.Sprintf(queuedBody, id))
		<-app.came
		d := c.dead(1)[0]
		if d.Reference != id || d.LastAttempt == nil || d.LastAttempt.Status != 410 {
			t.Errorf("%s: the dead letter is %+v", when.odd, d)
		}
		if got := told[admin.Changed](c, "/deliveries/"+d.ID+"/replay", "{}"); got.Count != 1 {
			t.Errorf("%s: replayed %+v", when.odd, got)
		}
		if got := <-app.came; got.Header.Get("Webhook-Gateway-Event-Id") != id {
			t.Errorf("%s: what is replayed is %v", when.odd, got.Header)
		}
		c.dead(0)
	}
	if s := told[admin.Status](c, "/status", ""); s.Store.State != "ready" || len(s.Endpoints) != 1 {
		t.Errorf("the status is %+v", s)
	}
}

// TestAdminAPIIsGuarded from pages of others.
func TestAdminAPIIsGuarded(t *testing.T) {
	f := inClear(t)
	c := start(t, stored(t, f, guarded("kept", "", "localhost:1")), "BROXI="+senderSecret)
	tests := []struct {
		odd, path, body string
		headers         []string
		status          int
	}{
		{"nothing odd", "/status", "", nil, 200},
		{"our own page", "/status", "", []string{"Origin", "http://" + c.admin}, 200},
		{"another's page", "/status", "", []string{"Origin", "http://evil.example"}, 403},
		{"another's page, a change", "/replay", `{"state":"dead"}`, []string{"Origin", "http://evil.example"}, 403},
		{"another's name for us", "/status", "", []string{"Host", "evil.example"}, 403},
		{"no JSON", "/replay", `{"state":"dead"}`, []string{"Content-Type", "text/plain"}, 415},
		{"a form", "/replay", `{"state":"dead"}`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"a change", "/replay", `{"state":"dead"}`, nil, 200},
	}
	for _, tt := range tests {
		if status, text := c.call(tt.path, tt.body, tt.headers...); status != tt.status {
			t.Errorf("%s: answered %d %s, want %d", tt.odd, status, text, tt.status)
		}
	}
}

// TestStreamEndsWithServer: a reload replaces the admin server, and a site's,
// which would wait for open streams.
func TestStreamEndsWithServer(t *testing.T) {
	f := inClear(t)
	site := guarded("kept", "", "localhost:1") + "webhook_dashboard {\ninsecure_without_auth\n}\n"
	text := stored(t, f, site)
	c := start(t, text, "BROXI="+senderSecret)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, address := range []string{"http://" + c.admin, f.url} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/webhook_gateway/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Close = true
		answer, err := http.DefaultClient.Do(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", answer, err)
		}
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		lines.Scan() // it has begun
		if status, said := c.load(strings.Replace(text, "respond", "#", 1) + "\n"); status != 200 {
			t.Fatalf("load: %d %s", status, said)
		}
		for lines.Scan() { // until it ends
		}
		if ctx.Err() != nil {
			t.Errorf("the stream of %s did not end", address)
		}
	}
}

// TestBackup has a copy made that another process can use.
func TestBackup(t *testing.T) {
	f := inClear(t)
	app := newArrivals(t)
	c := start(t, stored(t, f, guarded("kept", "mode store", app.address())), "BROXI="+senderSecret)
	f.event(t, "/kept")
	<-app.came
	copied := filepath.Join(t.TempDir(), "copy.db")
	body, err := json.Marshal(admin.BackupRequest{Path: copied})
	if err != nil {
		t.Fatal(err)
	}
	if got := told[admin.Done](c, "/backup", string(body)); !got.OK {
		t.Error("it is not done")
	}
	other := start(t, strings.Replace(inClear(t).caddyfile("", guarded("kept", "", app.address())), "store off", "store sqlite "+copied, 1), "BROXI="+senderSecret)
	if s := told[admin.Status](other, "/status", ""); s.Store.Events != 1 {
		t.Errorf("the copy has %d events", s.Store.Events)
	}
}
