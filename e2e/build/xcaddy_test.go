package build

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ours is what `caddy list-modules` must list of this module.
var ours = []string{
	"admin.api.webhook_gateway",
	"http.handlers.webhook_dashboard",
	"http.handlers.webhook_gateway",
	"http.handlers.webhook_health",
	"http.ip_sources.webhook_provider",
	"http.matchers.webhook",
	"http.matchers.webhook_event",
	"http.reverse_proxy.transport.webhook_gateway",
	"webhook_gateway",
}

// A plugin is somebody else's, at a version, and the Caddy module in it.
type plugin struct{ path, version, id string }

var others = []plugin{
	{"github.com/mholt/caddy-ratelimit", "v0.1.0", "http.handlers.rate_limit"},
	{"github.com/caddyserver/replace-response", "v0.0.0-20250618171559-80962887e4c6", "http.handlers.replace_response"},
	{"github.com/caddy-dns/cloudflare", "v0.2.1", "dns.providers.cloudflare"},
}

// site is an endpoint; {BESIDE} is where other plugins' directives stand.
const site = `{
	admin unix/{DIR}/admin
}
http://hooks.example.com {
	bind unix/{DIR}/site
	route {
		{BESIDE}
		webhook_gateway /github github {
			verify github a-secret-for-tests
			deliver {
				respond "taken by the application"
			}
		}
	}
}
`

// TestXcaddy builds as xcaddy does, from this checkout, alone and beside
// others, and has a webhook delivered by what was built.
func TestXcaddy(t *testing.T) {
	tests := []struct {
		name    string
		beside  []plugin
		options string
		want    string
	}{
		{"alone", nil, "", "taken by the application"},
		{"beside others", others, "rate_limit {\n\t\t\tzone all {\n\t\t\t\tkey static\n\t\t\t\tevents 100\n\t\t\t\twindow 1m\n\t\t\t}\n\t\t}\n\t\treplace taken answered", "answered by the application"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := xcaddy(t, tt.beside)
			listed := strings.Fields(p.output(t, "list-modules"))
			for _, id := range slices.Concat(ours, ids(tt.beside)) {
				if !slices.Contains(listed, id) {
					t.Errorf("%s is not listed", id)
				}
			}
			p.output(t, "validate", "--config", filepath.Join(root(t), "Caddyfile.example"), "--adapter", "caddyfile")
			dir := p.run(t, strings.Replace(site, "{BESIDE}", tt.options, 1))
			if status, body := do(t, dir+"/site", push(t)); status != http.StatusOK || body != tt.want {
				t.Errorf("a webhook is answered %d %q, want %q", status, body, tt.want)
			}
		})
	}
}

func ids(plugins []plugin) []string {
	var all []string
	for _, p := range plugins {
		all = append(all, p.id)
	}
	return all
}

// xcaddy makes a module of its own that imports Caddy, this checkout and other
// plugins, and builds it with xcaddy's flags. Where xcaddy resolves versions
// anew, it begins with those of this checkout: what is tested stays the same.
func xcaddy(t *testing.T, beside []plugin) program {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit := []string{"mod", "edit", "-module=caddy", "-require=" + module + "@v0.0.0", "-replace=" + module + "=" + root(t)}
	imports := []string{module, "github.com/caddyserver/caddy/v2/modules/standard"}
	for _, p := range beside {
		edit = append(edit, "-require="+p.path+"@"+p.version)
		imports = append(imports, p.path)
	}
	goTool(t, dir, edit...)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(mainOf(imports)), 0o600); err != nil {
		t.Fatal(err)
	}
	goTool(t, dir, "build", "-mod=mod", "-trimpath", "-ldflags", "-w -s", "-tags", "nobadger,nomysql,nopgx", "-o", "bin", ".")
	return program(filepath.Join(dir, "bin"))
}

func mainOf(imports []string) string {
	text := "package main\n\nimport (\n\tcaddycmd \"github.com/caddyserver/caddy/v2/cmd\"\n"
	for _, path := range imports {
		text += "\t_ \"" + path + "\"\n"
	}
	return text + ")\n\nfunc main() {\n\tcaddycmd.Main()\n}\n"
}

// push is a webhook as GitHub signs it.
func push(t *testing.T) *http.Request {
	t.Helper()
	const body = `{"ref":"refs/heads/main"}`
	mac := hmac.New(sha256.New, []byte("a-secret-for-tests"))
	mac.Write([]byte(body))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://hooks.example.com/github", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-GitHub-Event", "push")
	r.Header.Set("X-GitHub-Delivery", "1")
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return r
}
