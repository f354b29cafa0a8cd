//go:build image

package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come to pass.
const patience = 2 * time.Minute

// try runs docker and returns what it writes to standard output.
func try(args ...string) (string, error) {
	var stderr strings.Builder
	cmd := exec.Command("docker", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("docker %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out)), err
}

// docker is try for what must succeed.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := try(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// create makes what docker names, as a network, and removes it with the test.
func create(t *testing.T, kind string) string {
	t.Helper()
	name := fmt.Sprintf("webhook-image-test-%d", os.Getpid())
	docker(t, kind, "create", name)
	t.Cleanup(func() {
		if out, err := try(kind, "rm", name); err != nil {
			t.Error(err, out)
		}
	})
	return name
}

// container makes a container with docker's arguments, removed with the test.
func container(t *testing.T, args ...string) string {
	t.Helper()
	id := docker(t, append([]string{"create"}, args...)...)
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := exec.Command("docker", "logs", "--tail", "40", id).CombinedOutput() // to read; it may be gone
			t.Logf("docker logs:\n%s", out)
		}
		if _, err := try("rm", "--force", "--volumes", id); err != nil {
			t.Error(err)
		}
	})
	return id
}

// address is where a container of the network that runs can be reached.
func address(t *testing.T, id, port string) string {
	t.Helper()
	ip := docker(t, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", id)
	return "http://" + ip + ":" + port
}

// until asks again and again until the answer is yes, but leaves the processor
// to what it waits for.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !yes(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still not so: " + what)
		}
	}
}

// buildApplication makes an image of the application and returns its name.
func buildApplication(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "application"), "./application")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the application: %v\n%s", err, out)
	}
	text := "FROM scratch\nCOPY application /application\nENTRYPOINT [\"/application\"]\n"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	const name = "caddy-webhook-gateway-test-application"
	docker(t, "build", "--quiet", "--tag", name, dir)
	return name
}
