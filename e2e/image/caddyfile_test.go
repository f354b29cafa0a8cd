package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildCaddy builds cmd/caddy, as the image has it, and returns its path.
func buildCaddy(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "caddy")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "../../cmd/caddy")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building cmd/caddy: %v\n%s", err, out)
	}
	return program
}

// TestCaddyfile gives deploy/Caddyfile the variables of a user, and wants it to
// be valid or to say which of them is the matter, and never a secret.
func TestCaddyfile(t *testing.T) {
	const secret = "k7Qx-the-secret"
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const (
		provider = "WEBHOOK_PROVIDER=github"
		upstream = "WEBHOOK_UPSTREAM=localhost:3000"
		key      = "WEBHOOK_SECRET=" + secret
	)
	byFile := "WEBHOOK_SECRET_FILE=" + file
	tests := []struct {
		name string
		env  []string
		want string // what the error says; "" if it is valid
	}{
		{"secret", []string{provider, upstream, key}, ""},
		{"secret in a file", []string{provider, upstream, byFile}, ""},
		{"a file wins", []string{provider, upstream, byFile, "WEBHOOK_SECRET="}, ""},
		{"mode proxy", []string{provider, upstream, key, "WEBHOOK_MODE=proxy"}, ""},
		{"mode store", []string{provider, upstream, key, "WEBHOOK_MODE=store"}, ""},
		{"path", []string{provider, upstream, key, "WEBHOOK_PATH=/github"}, ""},
		{"https upstream", []string{provider, "WEBHOOK_UPSTREAM=https://app.example.com", key}, ""},
		{"secret with spaces, quotes and braces", []string{provider, upstream, `WEBHOOK_SECRET=a "b" {c} #d`}, ""},

		{"nothing", nil, "WEBHOOK_PROVIDER is not set"},
		{"no provider", []string{upstream, key}, "WEBHOOK_PROVIDER is not set"},
		{"empty provider", []string{"WEBHOOK_PROVIDER=", upstream, key}, "WEBHOOK_PROVIDER is not set"},
		{"unknown provider", []string{"WEBHOOK_PROVIDER=gitub", upstream, key}, "the first argument is not a provider"},
		{"no upstream", []string{provider, key}, "WEBHOOK_UPSTREAM is not set"},
		{"empty upstream", []string{provider, "WEBHOOK_UPSTREAM=", key}, "WEBHOOK_UPSTREAM is not set"},
		{"no secret", []string{provider, upstream}, "{env.WEBHOOK_SECRET} is empty"},
		{"empty secret", []string{provider, upstream, "WEBHOOK_SECRET="}, "{env.WEBHOOK_SECRET} is empty"},
		{"empty name of a file", []string{provider, upstream, key, "WEBHOOK_SECRET_FILE="}, "WEBHOOK_SECRET_FILE is empty"},
		{"no such file", []string{provider, upstream, key, "WEBHOOK_SECRET_FILE=/none/such"}, "{file./none/such} is empty"},
		{"empty file", []string{provider, upstream, key, "WEBHOOK_SECRET_FILE=/dev/null"}, "{file./dev/null} is empty"},
		{"unknown mode", []string{provider, upstream, key, "WEBHOOK_MODE=fast"}, `mode: \"fast\" is neither proxy nor store`},
	}
	program := buildCaddy(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(program, "validate", "--config", "../../deploy/Caddyfile")
			cmd.Env = append(tt.env, "HOME="+t.TempDir())
			out, err := cmd.CombinedOutput()
			if (err != nil) != (tt.want != "") || !strings.Contains(string(out), tt.want) {
				t.Errorf("caddy validate: %v, want %q\n%s", err, tt.want, out)
			}
			if strings.Contains(string(out), secret) {
				t.Errorf("the output has the secret:\n%s", out)
			}
		})
	}
}
