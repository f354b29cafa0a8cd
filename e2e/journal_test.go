package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A journal reads caddy's log line by line, as it is written.
type journal struct {
	*caddy
	read int // bytes
}

// journal starts at what is logged from now on.
func (c *caddy) journal() *journal { return &journal{c, len(c.lines.text())} }

// next waits for the next line about a request to the endpoint.
func (j *journal) next(t *testing.T, endpoint string) map[string]any {
	t.Helper()
	l := j.lines
	l.mu.Lock()
	defer l.mu.Unlock()
	late := false // a test that fails should not hang
	guard := time.AfterFunc(time.Minute, func() {
		l.mu.Lock()
		late = true
		l.mu.Unlock()
		l.grown.Broadcast()
	})
	defer guard.Stop()
	for {
		line, _, whole := bytes.Cut(l.buf.Bytes()[j.read:], []byte("\n"))
		switch {
		case !whole && (late || l.ended):
			t.Fatalf("no line about %s in the log", endpoint)
		case !whole:
			l.grown.Wait()
			continue
		}
		j.read += len(line) + 1
		var entry map[string]any
		if json.Unmarshal(line, &entry) == nil && entry["endpoint"] == endpoint && entry["reason"] != nil {
			return entry
		}
	}
}

// expect waits for the next line about a request to the endpoint and checks
// its reason.
func (j *journal) expect(t *testing.T, endpoint, reason string) map[string]any {
	t.Helper()
	entry := j.next(t, endpoint)
	if entry["reason"] != reason {
		t.Errorf("logged %v, want reason %q", entry, reason)
	}
	return entry
}

// keeps stops caddy and checks that its whole log has none of the texts.
func (c *caddy) keeps(t *testing.T, secrets ...string) {
	t.Helper()
	c.stop()
	log := c.lines.text()
	for _, s := range secrets {
		if i := strings.Index(log, s); s != "" && i >= 0 {
			t.Errorf("the log tells %q: %s", s, log[max(0, i-300):min(len(log), i+300)])
		}
	}
}

// outcomes are the endpoint's counters that are not zero: how often its
// requests ended how.
func (c *caddy) outcomes(t *testing.T, endpoint string) map[string]string {
	t.Helper()
	prefix := `caddy_webhook_gateway_requests_total{endpoint="` + endpoint + `",outcome="`
	found := make(map[string]string)
	for line := range strings.Lines(c.metrics(t)) {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			if outcome, value, _ := strings.Cut(strings.TrimSpace(rest), `"} `); value != "0" {
				found[outcome] = value
			}
		}
	}
	return found
}

// metrics is what Prometheus would scrape.
func (c *caddy) metrics(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+c.admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, text := do(t, http.DefaultClient, r)
	if status != 200 {
		t.Fatalf("metrics: %d %s", status, text)
	}
	return text
}
