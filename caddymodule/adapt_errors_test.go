package caddymodule

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestErrorsNameALine wants every error to say where, and to mean a line that
// the Caddyfile has.
func TestErrorsNameALine(t *testing.T) {
	place := regexp.MustCompile(`, at Caddyfile:(\d+)`)
	for name, golden := range goldens(t) {
		if isJSON(golden[1]) {
			continue
		}
		found := place.FindAllStringSubmatch(golden[1], -1)
		if len(found) == 0 {
			t.Errorf("%s: no file and line in %q", name, golden[1])
		}
		for _, match := range found {
			if line, _ := strconv.Atoi(match[1]); line > strings.Count(golden[0], "\n") {
				t.Errorf("%s: there is no line %d in a Caddyfile of %d", name, line, strings.Count(golden[0], "\n"))
			}
		}
	}
}

// unreachable are the messages that only a JSON configuration can cause.
var unreachable = []string{
	"body_timeout: %v is negative", // gateway.ParseDuration refuses it first
	"timeout: %v is negative",
}

// TestEveryErrorHasGolden reads the messages from the source.
func TestEveryErrorHasGolden(t *testing.T) {
	var errors strings.Builder
	for _, golden := range goldens(t) {
		if !isJSON(golden[1]) {
			errors.WriteString(golden[1])
		}
	}
	verb := regexp.MustCompile(`%[a-z]`)
	for _, file := range []string{"block.go", "caddyfile.go", "global.go", "matcher.go", "dashboard.go", "health.go", "../gateway/config.go"} {
		for _, message := range messages(t, file) {
			pattern := verb.ReplaceAllString(regexp.QuoteMeta(message), ".*")
			if !slices.Contains(unreachable, message) && !regexp.MustCompile(pattern).MatchString(errors.String()) {
				t.Errorf("%s: no golden shows the error %q", file, message)
			}
		}
	}
}

// messages are the literal texts, in a file, of what makes errors.
func messages(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		made := ""
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			made = f.Sel.Name
		case *ast.Ident:
			made = f.Name
		}
		if !slices.Contains([]string{"Err", "Errf", "Errorf", "report"}, made) {
			return true
		}
		for _, arg := range call.Args {
			if text, ok := arg.(*ast.BasicLit); ok && text.Kind == token.STRING {
				message, _ := strconv.Unquote(text.Value)
				found = append(found, message)
				break
			}
		}
		return true
	})
	if len(found) == 0 {
		t.Errorf("%s has no error messages: how are they made now?", name)
	}
	return found
}
