package caddymodule

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/google/go-cmp/cmp"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata/adapt from what is adapted now")

// dashes part a golden's Caddyfile from the JSON, or the error, that it gives.
const dashes = "----------\n"

// adapt turns a Caddyfile into JSON, which is indented, and fails if there are
// warnings: the Caddyfile is not formatted.
func adapt(t *testing.T, text string) (string, error) {
	t.Helper()
	out, warnings, err := adapter(text)
	for _, w := range warnings {
		t.Errorf("adapting warns: %v", w)
	}
	return indent(t, out), err
}

func adapter(text string) ([]byte, []caddyconfig.Warning, error) {
	return caddyconfig.GetAdapter("caddyfile").Adapt([]byte(text), map[string]any{"filename": "Caddyfile"})
}

func indent(t *testing.T, text []byte) string {
	t.Helper()
	if len(text) == 0 {
		return ""
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n"
}

// goldens are the files of testdata/adapt: name → Caddyfile and what it gives.
func goldens(t *testing.T) map[string][2]string {
	t.Helper()
	files, err := filepath.Glob("testdata/adapt/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	found := make(map[string][2]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		input, want, parted := strings.Cut(string(text), dashes)
		if !parted && !*update {
			t.Errorf("%s has no line of dashes", file)
		}
		found[strings.TrimSuffix(filepath.Base(file), ".txt")] = [2]string{input, want}
	}
	return found
}

func isJSON(text string) bool { return strings.HasPrefix(text, "{") }

func TestAdapt(t *testing.T) {
	for name, golden := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			got, err := adapt(t, golden[0])
			if err != nil {
				got = err.Error() + "\n"
			}
			if *update {
				text := golden[0] + dashes + got
				if err := os.WriteFile("testdata/adapt/"+name+".txt", []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(sorted(t, golden[1]), sorted(t, got)); diff != "" {
				t.Errorf("adapted differs from the golden (-golden +adapted); if it is right, run go test with -update\n%s", diff)
			}
		})
	}
}

// sorted writes JSON with its keys in order; anything else stays as it is.
func sorted(t *testing.T, text string) string {
	t.Helper()
	if !isJSON(text) {
		return text
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return indent(t, out)
}

// TestEveryOptionHasGolden wants, for each option, a golden that is named
// after it, uses it and is no error.
func TestEveryOptionHasGolden(t *testing.T) {
	have := goldens(t)
	for kind, names := range optionNames(t) {
		for _, name := range names {
			golden := have[kind+"_"+name]
			if !isJSON(golden[1]) || !uses(golden[0], name) {
				t.Errorf("testdata/adapt/%s_%s.txt does not show the option, or not that it works", kind, name)
			}
		}
	}
}

// uses reports whether a line of the Caddyfile begins with the word.
func uses(text, word string) bool {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == word {
			return true
		}
	}
	return false
}

// optionNames are the options of the four tables.
func optionNames(t *testing.T) map[string][]string {
	t.Helper()
	return map[string][]string{
		"option": strings.Split(new(Handler).options(httpcaddyfile.Helper{}).names(), ", "),
		"verify": verify.OptionNames(),
		"global": globalOptionNames(t),

		"dashboard": strings.Split(new(Dashboard).options().names(), ", "),
	}
}

// globalOptionNames reads them from the error about one that is none.
func globalOptionNames(t *testing.T) []string {
	t.Helper()
	_, err := adapt(t, "{\n\twebhook_gateway {\n\t\tnone_such\n\t}\n}\n")
	if err == nil {
		t.Fatal("an unknown option was accepted")
	}
	_, list, _ := strings.Cut(err.Error(), "; have ")
	list, _, _ = strings.Cut(list, ", at ")
	names := strings.Split(list, ", ")
	if !slices.Contains(names, "remember") {
		t.Fatalf("no options in %q", err)
	}
	return names
}

func init() { caddy.RegisterModule(new(notASource)) }

// notASource is in the namespace of IP sources and is none.
type notASource struct{}

func (*notASource) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.ip_sources.not_a_source", New: func() caddy.Module { return new(notASource) }}
}

func (*notASource) UnmarshalCaddyfile(*caddyfile.Dispenser) error { return nil }
