package caddymodule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// logged makes this process run a site whose store and log are in a folder.
func logged(t *testing.T, dir, options, site string) {
	t.Helper()
	global := strings.NewReplacer(
		"output discard", "output file "+filepath.Join(dir, "log")+" {\n\t\t\troll_disabled\n\t\t}",
		"GLOBAL", "webhook_gateway {\n\t\tstore sqlite "+filepath.Join(dir, "webhooks.db")+options+"\n\t}",
	).Replace(quiet)
	text, err := adapt(t, global+freeAddr(t)+" {\n\troute {\n\t\t"+site+"\n\t}\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t) })
	if err := caddy.Load([]byte(text), true); err != nil {
		t.Fatal(err)
	}
}

// logLine is the log's first line with the text.
func logLine(t *testing.T, dir, text string) string {
	t.Helper()
	lines, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		if strings.Contains(line, text) {
			return line
		}
	}
	t.Fatalf("no line of the log has %q: %s", text, lines)
	return ""
}

// TestAppKeepsItsLoggersName: which modules have been provisioned after the
// app has nothing to do with who speaks.
func TestAppKeepsItsLoggersName(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "webhooks.db"), []byte(strings.Repeat("no store ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	logged(t, dir, " {\n\t\t\ton_corrupt quarantine\n\t\t}", "webhook_gateway a {\n\t\t\tverify github a-secret\n\t\t\tto localhost:1\n\t\t}")
	if l := logLine(t, dir, "it is put aside"); !strings.Contains(l, `"logger":"webhook_gateway"`) {
		t.Errorf("logged by another: %s", l)
	}
}

// TestOrphans: a reload that takes an endpoint away tells of what waits for it,
// in the log and in the metrics, even if there is no endpoint left.
func TestOrphans(t *testing.T) {
	dir := t.TempDir()
	logged(t, dir, "", "webhook_gateway gone {\n\t\t\tverify github "+secret+"\n\t\t\tmode store\n\t\t\tto localhost:1\n\t\t}")
	if w := post(t, "srv0", `{"id":1}`); w.Code != 200 {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	logged(t, dir, "", "respond 404")
	if l := logLine(t, dir, "deliveries wait for a destination that is not in the configuration"); !strings.Contains(l, `"endpoint":"gone"`) {
		t.Errorf("told of another: %s", l)
	}
	waiting := 0.0
	for _, f := range gatherActive(t) {
		if f.GetName() == prefix+"orphaned" {
			waiting = f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	if waiting != 1 {
		t.Errorf("%v orphans are measured, want 1", waiting)
	}
}
