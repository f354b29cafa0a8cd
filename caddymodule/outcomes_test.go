package caddymodule

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// outcomeConstants reads the constants Reason* and Outcome* from the source of
// package gateway: name → value. Those in result.go are not of requests, but
// of attempts.
func outcomeConstants(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../gateway/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	found := make(map[string]string)
	for _, name := range slices.DeleteFunc(files, func(name string) bool { return filepath.Base(name) == "result.go" }) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") && !strings.HasPrefix(spec.Names[0].Name, "Outcome") {
				return true
			}
			value, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s: %s is not a literal", name, spec.Names[0])
			}
			found[spec.Names[0].Name], _ = strconv.Unquote(value.Value)
			return true
		})
	}
	return found
}

// TestOutcomesAreComplete: a name that is not in the list has no counter.
func TestOutcomesAreComplete(t *testing.T) {
	var want []string
	for _, value := range outcomeConstants(t) {
		want = append(want, value)
	}
	got := gateway.Outcomes()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("Outcomes() has\n%q, the constants are\n%q", got, want)
	}
	if n := len(slices.Compact(got)); n != len(want) {
		t.Errorf("two of %q are the same", want)
	}
}

// TestOutcomesAreTested wants each outcome to be in some test, by its name or
// as text.
func TestOutcomesAreTested(t *testing.T) {
	var tests strings.Builder
	for _, folder := range []string{"../gateway", "../e2e", "."} {
		files, err := filepath.Glob(folder + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(text)
		}
	}
	for name, value := range outcomeConstants(t) {
		if !regexp.MustCompile(`\b` + name + `\b|"` + value + `\\?"`).MatchString(tests.String()) {
			t.Errorf("no test of gateway, e2e or caddymodule mentions %s (%q)", name, value)
		}
	}
}
