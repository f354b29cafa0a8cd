package guide

import (
	"bytes"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const document = "../../../docs/PROVIDERS.md"

func markdown(t *testing.T, providers []*verify.Provider) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, providers); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDocument(t *testing.T) {
	want := markdown(t, verify.Providers())
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) == want {
		return
	}
	got, lines := strings.Split(string(b), "\n"), strings.Split(want, "\n")
	for i, line := range lines {
		if i >= len(got) || got[i] != line {
			t.Fatalf("docs/PROVIDERS.md is not what the catalogue says from line %d on: run go generate ./verify/...", i+1)
		}
	}
	t.Fatal("docs/PROVIDERS.md is longer than what the catalogue says: run go generate ./verify/...")
}

func TestOrderDoesNotMatter(t *testing.T) {
	all := verify.Providers()
	want := markdown(t, all)
	slices.Reverse(all)
	if markdown(t, all) != want {
		t.Error("reversed providers make another document")
	}
}

// Every option in an example is accepted, and none is missing.
func TestSnippetsAreComplete(t *testing.T) {
	for _, p := range verify.Providers() {
		c := verify.Config{Provider: p.Name, Options: map[string]string{}}
		for line := range strings.Lines(p.Snippet()) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(line, "\t\t") {
				c.Options[name] = value
			}
		}
		if len(c.Options) != len(p.NeededOptions()) {
			t.Errorf("%s: the example has options %v, want %v", p.Name, c.Options, p.NeededOptions())
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// levels are the words that the introduction explains.
var levels = []string{"verified in SDK source", "docs", "third-party", "memory", "project specification", "standard"}

func TestEverythingIsExplained(t *testing.T) {
	for _, level := range levels {
		if !strings.Contains(intro, "| "+level+" |") {
			t.Errorf("intro.md does not explain %q", level)
		}
	}
	for _, p := range verify.Providers() {
		if !slices.Contains(levels, p.Confidence) {
			t.Errorf("%s: confidence %q is not explained", p.Name, p.Confidence)
		}
		if p.Generic != slices.Contains(generic, p.Name) || p.Generic != (generics[p.Name] != "") {
			t.Errorf("%s: a generic entry needs a place and an explanation, and no other has them", p.Name)
		}
		for _, s := range p.Schemes {
			if s.Canonical != "" && canonicals[s.Canonical] == "" {
				t.Errorf("%s: the signed text %s is not described", p.Name, s.Canonical)
			}
		}
	}
}

func TestEveryFieldIsExplained(t *testing.T) {
	for _, v := range []any{verify.Provider{}, verify.Scheme{}} {
		kind := reflect.TypeOf(v)
		for f := range kind.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && !strings.Contains(adding, "`"+name+"`") {
				t.Errorf("adding.md does not explain %s.%s", kind.Name(), name)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[int64]string{1: "1 second", 5: "5 seconds", 60: "1 minute", 90: "90 seconds", 300: "5 minutes", 3600: "1 hour", 7200: "2 hours"} {
		if got := span(seconds); got != want {
			t.Errorf("span(%d) = %q, want %q", seconds, got, want)
		}
	}
}
