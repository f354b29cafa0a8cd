package build

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestRelease builds cmd/caddy with the flags of a release in two folders: the
// programs are the same to the byte, and say which version they are.
func TestRelease(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()+"/a/longer path/than the other"
	copyTree(t, root(t), one)
	copyTree(t, one, two) // not the checkout once more: somebody may be editing it
	first, second := release(t, one), release(t, two)
	a, b := content(t, string(first)), content(t, string(second))
	if !bytes.Equal(a, b) {
		t.Errorf("built in two folders, the programs differ: %d and %d bytes", len(a), len(b))
	}
	for _, dir := range []string{one, two, root(t)} {
		if bytes.Contains(a, []byte(dir)) {
			t.Errorf("the program names the folder %s", dir)
		}
	}
	if got := first.output(t, "version"); !strings.HasPrefix(got, "v1.2.3 v2.") {
		t.Errorf("caddy version = %q", got)
	}
	if got := first.output(t, "build-info"); !strings.Contains(got, "\nmod\t"+module+"\t") {
		t.Errorf("caddy build-info does not name this module:\n%s", got)
	}
	dir := first.run(t, strings.Replace(site, "{BESIDE}", "", 1))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/webhook_gateway/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := do(t, dir+"/admin", r); status != http.StatusOK || !strings.Contains(body, `"version":"v1.2.3"`) {
		t.Errorf("the status is %d %s", status, body)
	}
}

// release builds cmd/caddy in a folder as v1.2.3, with .goreleaser.yaml's flags.
func release(t *testing.T, dir string) program {
	t.Helper()
	var config struct {
		Builds []struct {
			Main           string
			Env            []string
			Flags, Ldflags []string
		}
	}
	if err := yaml.Unmarshal(content(t, filepath.Join(root(t), ".goreleaser.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Builds) != 1 || !slices.Equal(config.Builds[0].Env, []string{"CGO_ENABLED=0"}) {
		t.Fatalf("the release's builds are %+v", config.Builds)
	}
	build := config.Builds[0]
	ldflags := strings.ReplaceAll(strings.Join(build.Ldflags, " "), "{{ .Version }}", "1.2.3")
	out := filepath.Join(t.TempDir(), "caddy")
	goTool(t, dir, slices.Concat([]string{"build", "-o", out}, build.Flags, []string{"-ldflags", ldflags, build.Main})...)
	return program(out)
}

func content(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copyTree copies what a program is built from: no hidden folders, and none
// that builds and tests fill.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != from && (strings.HasPrefix(name, ".") || slices.Contains([]string{"bin", "dist", "e2e", "bench", "node_modules"}, name)) {
			return filepath.SkipDir
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, below), 0o700)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return os.WriteFile(filepath.Join(to, below), content(t, path), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
