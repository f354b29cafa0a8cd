package dashboard

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// ours are the files that are not vendored.
func ours() map[string]string {
	all := map[string]string{}
	for name, f := range files() {
		if !strings.HasPrefix(name, "/assets/vendor/") {
			all[name] = string(f.content)
		}
	}
	return all
}

// What the policy forbids, and what would make markup of text.
var forbidden = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|createContextualFragment|srcdoc|DOMParser|setHTML)`),
	regexp.MustCompile(`document\.write|\beval\b|new Function|javascript:|set(Timeout|Interval)\(\s*["'` + "`" + `]`),
	regexp.MustCompile(`(?i)<script(>|\s[^>]*>)[^<]`),               // inline script
	regexp.MustCompile(`(?i)<style|\sstyle\s*=\s*["'$]|cssText`),    // inline style
	regexp.MustCompile(`(?i)\son(click|load|error|submit)\s*=["']`), // inline handlers
	regexp.MustCompile(`(?i)<(base|form action|iframe|object|embed)\b`),
}

func TestNothingForbidden(t *testing.T) {
	t.Parallel()
	for name, content := range ours() {
		for _, f := range forbidden {
			if found := f.FindString(content); found != "" {
				t.Errorf("%s has %q", name, found)
			}
		}
	}
}

// elsewhere finds addresses with a host, those without a scheme included.
var elsewhere = regexp.MustCompile(`(?i)\b(?:https?|wss?|ftp)://[^\s"'` + "`" + `<>)]*|["'(=]//[a-z0-9][^\s"']*`)

// names are of XML; nothing is asked of them.
var names = []string{"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML", "http://www.w3.org/1999/xhtml"}

func TestNoOtherHost(t *testing.T) {
	t.Parallel()
	for name, f := range files() {
		if path.Ext(name) == ".txt" || path.Ext(name) == ".md" {
			continue // text for people
		}
		for line := range strings.Lines(string(f.content)) {
			for _, found := range elsewhere.FindAllString(uncommented(name, line), -1) {
				if !isName(found) {
					t.Errorf("%s refers to %q", name, found)
				}
			}
		}
	}
}

// uncommented is the line without its comment, in a vendored file.
func uncommented(name, line string) string {
	trimmed := strings.TrimSpace(line)
	if strings.HasPrefix(name, "/assets/vendor/") && (strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, "*")) {
		return ""
	}
	return line
}

func isName(address string) bool {
	for _, n := range names {
		if address == n {
			return true
		}
	}
	return false
}

var imported = regexp.MustCompile(`(?m)^(?:import|export)\b[^;]*?from\s*"([^"]+)"|^import\s*"([^"]+)"`)

// Every module that is imported is there, by its relative path.
func TestImports(t *testing.T) {
	t.Parallel()
	for name, content := range ours() {
		if path.Ext(name) != ".js" {
			continue
		}
		for _, m := range imported.FindAllStringSubmatch(content, -1) {
			target := path.Join(path.Dir(name), m[1]+m[2])
			if _, ok := files()[target]; !ok || !strings.HasPrefix(m[1]+m[2], ".") {
				t.Errorf("%s imports %q, which is not there", name, m[1]+m[2])
			}
		}
	}
}

var linked = regexp.MustCompile(`(?:src|href)="([^"]+)"`)

// What the page links to is there, and by a relative address.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := linked.FindAllStringSubmatch(ours()["/"], -1)
	if len(all) < 5 {
		t.Fatalf("the page links to %q only", all)
	}
	for _, m := range all {
		if _, ok := files()["/"+m[1]]; !ok && !strings.HasPrefix(m[1], "data:") {
			t.Errorf("the page links to %q, which is not there", m[1])
		}
	}
}

var loaded = regexp.MustCompile(`<(?:script|link rel="stylesheet")[^>]*>`)

// Caddy's admin endpoint refuses what a browser loads in mode no-cors.
func TestCrossOriginMode(t *testing.T) {
	t.Parallel()
	for _, tag := range loaded.FindAllString(ours()["/"], -1) {
		if !strings.Contains(tag, " crossorigin ") {
			t.Errorf("%s has no crossorigin", tag)
		}
	}
}
