package webhookgateway_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/webhook-gateway/caddy-webhook-gateway"

// layers is the picture of the repository: each folder and the folders that it,
// and what is below it, may depend on, directly or through others. Whoever is
// below one of them may also depend on its parents. The longest name that fits
// counts. The root and the programs may use everything.
var layers = map[string][]string{
	"verify":            {"verify"},
	"ratelimit":         {},
	"gateway":           {"verify", "ratelimit", "gateway/internal"},
	"gateway/activity":  {"verify", "ratelimit", "gateway/internal", "gateway/delivery"},
	"gateway/delivery":  {"verify", "ratelimit", "gateway/internal"},
	"gateway/sqlite":    {"verify", "ratelimit", "gateway/internal"},
	"gateway/storetest": {"verify", "ratelimit", "gateway/internal"},
	"admin":             {"verify", "ratelimit", "gateway/internal", "gateway", "gateway/delivery", "gateway/activity", "admin"},
	"caddymodule":       {"verify", "ratelimit", "gateway", "admin", "caddymodule"},
}

var outermost = []string{"", "cmd", "bench", "e2e"}

// foreign is what only caddymodule and the outermost folders may depend on, and why.
var foreign = map[string]string{
	"github.com/caddyserver/caddy": "the layers below caddymodule are plain net/http, so that they can be tested and read without Caddy",
	"go.uber.org/zap":              "below caddymodule the logger is *slog.Logger",
	"github.com/prometheus":        "below caddymodule outcomes are values; caddymodule counts them",
	"github.com/spf13/cobra":       "commands belong to caddymodule",
	"go.opentelemetry.io":          "below caddymodule spans are made through gateway.Tracer",
}

// engines are what one folder alone may depend on, and those that use it.
var engines = map[string]string{
	"zombiezen.com/go/sqlite": "gateway/sqlite",
	"modernc.org/sqlite":      "gateway/sqlite",
}

func TestLayers(t *testing.T) {
	for folder, deps := range packages(t) {
		top := topOf(folder)
		if slices.Contains(outermost, top) {
			continue
		}
		layer := layerOf(folder)
		allowed, known := layers[layer]
		if !known {
			t.Errorf("%s is in no layer: add %q to layers or outermost, and to the picture in docs", folder, top)
		}
		for _, d := range deps {
			dep, ours := folderOf(d)
			if ours && !slices.ContainsFunc(allowed, holds(dep)) && !strings.HasPrefix(folder, dep+"/") {
				t.Errorf("%s depends on %s: arrows point down only; %s may use %q of ours", folder, dep, layer, allowed)
			}
		}
	}
}

// layerOf returns the longest name in layers that the folder is, or is below.
func layerOf(folder string) string {
	for name := folder; ; {
		if _, ok := layers[name]; ok {
			return name
		}
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			return name
		}
		name = name[:i]
	}
}

// holds matches the folders that the dependency is, or is below.
func holds(dep string) func(string) bool {
	return func(folder string) bool { return under(folder)(dep) }
}

func TestEngines(t *testing.T) {
	for folder, deps := range packages(t) {
		for name, home := range engines {
			if top := topOf(folder); top == "caddymodule" || slices.Contains(outermost, top) || under(home)(folder) {
				continue
			}
			if slices.ContainsFunc(deps, under(name)) {
				t.Errorf("%s depends on %s, which only %s may", folder, name, home)
			}
		}
	}
}

func TestForeignImports(t *testing.T) {
	for folder, deps := range packages(t) {
		top := topOf(folder)
		if top == "caddymodule" || slices.Contains(outermost, top) {
			continue
		}
		for name, why := range foreign {
			if i := slices.IndexFunc(deps, under(name)); i >= 0 {
				t.Errorf("%s depends on %s, which only caddymodule may: %s", folder, deps[i], why)
			}
		}
	}
}

// A rule about a name that nobody uses any more guards nothing.
func TestLayersAreCurrent(t *testing.T) {
	all := packages(t)
	for name := range layers {
		if _, ok := all[name]; !ok {
			t.Errorf("layers names %s, which is gone: the tests above no longer guard anything there", name)
		}
	}
	for name := range foreign {
		if !slices.ContainsFunc(all["caddymodule"], under(name)) {
			t.Errorf("caddymodule does not depend on %s: it was renamed, or the rule can go", name)
		}
	}
	if !slices.ContainsFunc(all[""], under(module+"/caddymodule")) {
		t.Error("imports.go does not link caddymodule: xcaddy would build a Caddy without the gateway")
	}
}

// packages returns the dependencies of every package of ours, by folder. They
// are those of the program, not of the tests: .golangci.yml sees to the tests.
// The test cache does not notice what go list reads, so run this with -count=1
// (make test does).
func packages(t *testing.T) map[string][]string {
	t.Helper()
	format := `{{.ImportPath}} {{join .Deps " "}}`
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", format, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		folder, _ := folderOf(names[0])
		all[folder] = names[1:]
	}
	return all
}

// folderOf returns the folder of a package of ours: "" is the root.
func folderOf(path string) (folder string, ours bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func topOf(folder string) string {
	top, _, _ := strings.Cut(folder, "/")
	return top
}

// under matches name and everything below it; also .../caddy/v2 for .../caddy.
func under(name string) func(string) bool {
	return func(path string) bool {
		return path == name || strings.HasPrefix(path, name+"/")
	}
}
