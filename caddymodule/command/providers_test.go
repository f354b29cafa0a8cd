package command

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// variable is where a snippet takes its secret from.
var variable = regexp.MustCompile(`\{env\.(\w+)\}`)

// TestSnippets: every snippet is a configuration that Caddy provisions.
func TestSnippets(t *testing.T) {
	for _, p := range verify.Providers() {
		t.Run(p.Name, func(t *testing.T) {
			text := snippet(p)
			if match := variable.FindStringSubmatch(text); match != nil {
				t.Setenv(match[1], pairFor(chosen(p, nil)[0])[1])
			}
			adapted, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
			if err != nil || len(warnings) > 0 {
				t.Fatalf("%v, %v in\n%s", err, warnings, text)
			}
			var c caddy.Config
			if err := json.Unmarshal(adapted, &c); err != nil {
				t.Fatal(err)
			}
			if err := caddy.Validate(&c); err != nil {
				t.Errorf("%v in\n%s", err, text)
			}
		})
	}
}

func TestProviders(t *testing.T) {
	r := execute(t, "", "providers")
	if lines := strings.Count(r.out, "\n"); r.status != 0 || lines != len(verify.Providers())+1 {
		t.Errorf("%d lines for %d providers", lines, len(verify.Providers()))
	}
	execute(t, "", "providers", "GitL").wants(t, 0, "gitlab", "")
	execute(t, "", "providers", "broxi").wants(t, 0, "verify broxi-ai {env.BROXI_AI_SECRET}", "")
	var all []verify.Provider
	if err := json.Unmarshal([]byte(execute(t, "", "providers", "--json").out), &all); err != nil || len(all) != len(verify.Providers()) {
		t.Errorf("%d providers as JSON, %v", len(all), err)
	}
	var one verify.Provider
	if err := json.Unmarshal([]byte(execute(t, "", "providers", "--json", "stripe").out), &one); err != nil || one.Title != "Stripe" {
		t.Errorf("%+v, %v", one, err)
	}
}
