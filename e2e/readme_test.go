package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fenced returns a page's blocks of code in a language.
func fenced(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no %s", page, language)
	}
	return blocks
}

func TestCaddyfilesOfTheDocs(t *testing.T) {
	for _, block := range append(fenced(t, "../README.md", "caddyfile"), fenced(t, "../docs/OPERATIONS.md", "caddyfile")...) {
		file := filepath.Join(t.TempDir(), "Caddyfile")
		if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("STRIPE_SECRET", "whsec_of-the-readme")
		t.Setenv("GITHUB_SECRET", "github-of-the-readme")
		t.Setenv("BROXI_SECRET", "broxi-of-the-readme")
		t.Setenv("BROXI_SECRET_OLD", "broxi-of-the-readme-old")
		t.Setenv("ACME_SECRET", "acme-of-the-readme")
		t.Setenv("APP_SECRET", "whsec_YXBwbGljYXRpb24tb2YtdGhlLXJlYWRtZQ==")
		if output, err := run(t, "validate", "--config", file, "--adapter", "caddyfile"); err != nil {
			t.Errorf("%v\n%s\n%s", err, block, output)
		}
	}
}

func TestCommandsOfTheReadme(t *testing.T) {
	example, err := os.ReadFile("../Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	gateway, app := freeAddr(t), freeAddr(t)
	moved := strings.NewReplacer("localhost:8080", gateway, "localhost:3000", app)
	start(t, moved.Replace(strings.Replace(string(example), "{\n", "{\n\tadmin {ADMIN}\n", 1)))

	script := moved.Replace(fenced(t, "../README.md", "sh")[0])
	for i, want := range []string{"event workflow.completed, id hello-1, from broxi-ai", `{"status":"already_processed"}`} {
		output, err := exec.Command("sh", "-c", script).CombinedOutput()
		if err != nil || !strings.Contains(string(output), want) {
			t.Errorf("time %d: %v, want %q in:\n%s", i+1, err, want, output)
		}
	}
	forged := strings.Replace(script, `-d "$BODY"`, `-d "$BODY "`, 1)
	output, err := exec.Command("sh", "-c", forged).CombinedOutput()
	if err != nil || !strings.Contains(string(output), "401 Unauthorized") {
		t.Errorf("with another body: %v\n%s", err, output)
	}
}
