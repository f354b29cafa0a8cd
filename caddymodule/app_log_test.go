package caddymodule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// TestAppKeepsItsLoggersName: which modules have been provisioned after the
// app has nothing to do with who speaks.
func TestAppKeepsItsLoggersName(t *testing.T) {
	dir := t.TempDir()
	log, store := filepath.Join(dir, "log"), filepath.Join(dir, "webhooks.db")
	if err := os.WriteFile(store, []byte(strings.Repeat("no store ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := adapt(t, strings.NewReplacer("output discard", "output file "+log+" {\n\t\t\troll_disabled\n\t\t}", "GLOBAL", "webhook_gateway {\n\t\tstore sqlite "+store+" {\n\t\t\ton_corrupt quarantine\n\t\t}\n\t}").Replace(quiet)+
		freeAddr(t)+" {\n\troute {\n\t\twebhook_gateway a {\n\t\t\tverify github a-secret\n\t\t\tto localhost:1\n\t\t}\n\t}\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t)
	if err := caddy.Load([]byte(text), true); err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		if strings.Contains(line, "it is put aside") {
			if !strings.Contains(line, `"logger":"webhook_gateway"`) {
				t.Errorf("logged by another: %s", line)
			}
			return
		}
	}
	t.Errorf("the log does not tell of the store: %s", lines)
}
