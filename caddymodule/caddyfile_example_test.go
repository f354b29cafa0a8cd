package caddymodule

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

const exampleFile = "../Caddyfile.example"

func readExample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// provision is what `caddy validate` does with a Caddyfile.
func provision(t *testing.T, caddyfile string) error {
	t.Helper()
	text, _, err := adapter(caddyfile)
	if err != nil {
		return err
	}
	config := new(caddy.Config)
	if err := json.Unmarshal(text, config); err != nil {
		t.Fatal(err)
	}
	return caddy.Validate(config)
}

func TestExampleIsValid(t *testing.T) {
	text := readExample(t)
	if _, err := adapt(t, text); err != nil {
		t.Error(err)
	}
	if err := provision(t, text); err != nil {
		t.Error(err)
	}
}

func TestExampleShowsEveryOption(t *testing.T) {
	shown := make(map[string]bool)
	for line := range strings.Lines(readExample(t)) {
		if words := strings.Fields(strings.TrimLeft(line, "\t# ")); len(words) > 0 {
			shown[words[0]] = true
		}
	}
	for kind, names := range optionNames(t) {
		for _, name := range names {
			if !shown[name] {
				t.Errorf("%s has no line, commented or not, for the %s option %s", exampleFile, kind, name)
			}
		}
	}
}

var comment = regexp.MustCompile(`^(\t+)# ([a-z_]+)(?:[ \n]|$)`)

// TestExampleUncommented removes the comment sign of each option in turn.
func TestExampleUncommented(t *testing.T) {
	var known []string
	for _, names := range optionNames(t) {
		known = append(known, names...)
	}
	lines := strings.SplitAfter(readExample(t), "\n")
	found := 0
	for i, line := range lines {
		match := comment.FindStringSubmatch(line)
		if match == nil || !slices.Contains(known, match[2]) {
			continue
		}
		found++
		t.Run(match[2], func(t *testing.T) {
			changed := slices.Clone(lines)
			for j := i; j < len(lines); j++ {
				changed[j] = strings.Replace(lines[j], "# ", "", 1)
				if !opensBlock(line) || changed[j] == match[1]+"}\n" {
					break
				}
			}
			if err := provision(t, strings.Join(changed, "")); err != nil {
				t.Errorf("line %d of %s, uncommented: %v", i+1, exampleFile, err)
			}
		})
	}
	if found == 0 {
		t.Error("no option is commented out: has the style of comments changed?")
	}
}

// opensBlock reports whether the option of the line has a block.
func opensBlock(line string) bool {
	option, _, _ := strings.Cut(strings.Replace(line, "# ", "", 1), " #")
	return strings.HasSuffix(strings.TrimSpace(option), "{")
}

// TestExampleBlocksAdapt removes the comment signs of all the endpoints that
// are commented out.
func TestExampleBlocksAdapt(t *testing.T) {
	var text strings.Builder
	blocks := 0
	for line := range strings.Lines(readExample(t)) {
		if strings.HasPrefix(line, "\t# webhook_gateway") {
			blocks++
		}
		if strings.HasPrefix(line, "\t# webhook_gateway") || strings.HasPrefix(line, "\t# \t") || line == "\t# }\n" {
			line = "\t" + strings.TrimPrefix(line, "\t# ")
		}
		text.WriteString(line)
	}
	if blocks < 5 {
		t.Errorf("%d endpoints are commented out: has their style changed?", blocks)
	}
	if _, _, err := adapter(text.String()); err != nil {
		t.Error(err)
	}
}
