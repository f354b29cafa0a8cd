package check

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var variable = regexp.MustCompile(`\bWEBHOOK_[A-Z_]+\b`)

// variables returns the names of the variables that the image's Caddyfile knows.
func variables(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	for _, name := range variable.FindAllString(read(t, "Caddyfile"), -1) {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// configured checks that a container's variables make an endpoint of the image.
func configured(t *testing.T, env map[string]string) {
	t.Helper()
	known := variables(t)
	for name := range env {
		if !slices.Contains(known, name) {
			t.Errorf("%s is not among the image's variables %q", name, known)
		}
	}
	for _, name := range []string{"WEBHOOK_PROVIDER", "WEBHOOK_UPSTREAM", "WEBHOOK_SECRET_FILE"} {
		if env[name] == "" {
			t.Errorf("%s is not set", name)
		}
	}
	if mode := env["WEBHOOK_MODE"]; mode != "proxy" && mode != "store" {
		t.Errorf("WEBHOOK_MODE is %q", mode)
	}
	runs(t, env, "EXAMPLE-replace-me")
}

// runs checks that the image's Caddyfile is valid with a container's variables,
// when the file that they name has a secret.
func runs(t *testing.T, env map[string]string, secret string) {
	t.Helper()
	home := t.TempDir()
	file := filepath.Join(home, "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "validate", "--config", "../Caddyfile")
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
	for name, value := range env {
		if name == "WEBHOOK_SECRET_FILE" {
			value = file
		}
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// The constants that the examples are compared with are the image's.
func TestImage(t *testing.T) {
	caddyfile := read(t, "Caddyfile")
	for _, want := range []string{fmt.Sprint(":", webhooksPort), fmt.Sprint(":", healthPort), "webhook_health " + healthPath} {
		if !strings.Contains(caddyfile, want) {
			t.Errorf("Caddyfile has no %s", want)
		}
	}
	dockerfile := read(t, "Dockerfile")
	for _, want := range []string{
		fmt.Sprintf(`(?m)^USER %d\b`, user),
		fmt.Sprintf(`(?m)^VOLUME .*%s\b`, dataPath),
		fmt.Sprintf(`(?m)^EXPOSE .*\b%d\b`, webhooksPort),
		`(?m)^(COPY|ADD) .* /caddy$`,
		`(?ms)^HEALTHCHECK .*"/caddy", "webhook", "health"`,
	} {
		if !regexp.MustCompile(want).MatchString(dockerfile) {
			t.Errorf("Dockerfile has nothing like %s", want)
		}
	}
}
