//go:build image

package image

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What docs/DEPLOY.md and deploy/compose.yaml say, and a user changes.
const (
	released = "ghcr.io/webhook-gateway/caddy-webhook-gateway:latest"
	pageAt   = "http://localhost:8080"
)

// TestCompose does what docs/DEPLOY.md says about Compose, with the file as it is
// but for the image's name. The gateway is killed while the application is down.
func TestCompose(t *testing.T) {
	t.Setenv("COMPOSE_PROJECT_NAME", fmt.Sprint("webhook-image-test-", os.Getpid())) // what is removed in the end is the test's
	dir := t.TempDir()
	place(t, dir, "compose.yaml", strings.ReplaceAll(content(t, "../../deploy/compose.yaml"), released, os.Getenv("IMAGE")))
	inDir := func(command string) (string, error) { return shell(t, dir, command) }
	compose := func(args string) string {
		t.Helper()
		out, err := inDir("docker compose " + args)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := shell(t, dir, "docker compose logs --tail 40 2>&1") // to read
			t.Log(out)
		}
		if _, err := shell(t, dir, "docker compose down --volumes --timeout 20"); err != nil {
			t.Error(err)
		}
	})
	commands := pageCommands(t, "Compose")
	status := commands[len(commands)-1]
	key := typed(t, inDir, commands[:len(commands)-1])
	until(t, status+" says healthy", func() bool {
		out, err := inDir(status)
		return err == nil && strings.HasPrefix(out, "healthy\n")
	})

	stripe(t, 1, key, http.StatusOK, "taken") // the stand-in's answer
	stripe(t, 2, "not the secret", http.StatusUnauthorized, "Unauthorized")
	compose("stop application")
	stripe(t, 3, key, http.StatusOK, `"status":"queued"`)
	compose("kill gateway")
	compose("start")
	delivered(t, inDir, "docker compose exec gateway", "evt_1", "evt_3")
	if log := compose("logs application"); strings.Count(log, "evt_1") != 1 || strings.Contains(log, "evt_2") || !strings.Contains(log, "evt_3") {
		t.Errorf("the application has received something else than evt_1, once, and evt_3:\n%s", log)
	}
	compose("down") // keeps the volume
	compose("up --detach")
	delivered(t, inDir, "docker compose exec gateway", "evt_1", "evt_3")
	compose("stop --timeout 20")
	if out := compose("ps --all --format '{{.Service}} {{.ExitCode}}'"); !strings.Contains(out, "gateway 0") {
		t.Errorf("after docker compose stop:\n%s", out)
	}
}

// TestRun does what docs/DEPLOY.md says about a container alone: the commands as
// they are but for the image's name.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	inDir := func(command string) (string, error) { return shell(t, dir, command) }
	place(t, dir, "webhook-secret", secret)
	for _, args := range [][]string{{"container", "inspect", "gateway"}, {"network", "inspect", "webhooks"}, {"volume", "inspect", "webhooks"}} {
		if _, err := try(args...); err == nil {
			t.Fatalf("docker %s finds one: it is not the test's, which would remove it", strings.Join(args, " "))
		}
	}
	t.Cleanup(func() {
		for _, command := range []string{"docker rm --force --volumes gateway", "docker network rm webhooks", "docker volume rm webhooks"} {
			if _, err := shell(t, dir, command); err != nil {
				t.Error(err)
			}
		}
	})
	typed(t, inDir, pageCommands(t, "A container"))
	app := container(t, "--network", "webhooks", "--network-alias", "application", os.Getenv("IMAGE"), "respond", "--listen", ":3000", "taken")
	docker(t, "start", app)
	for _, at := range []string{address(t, app, "3000"), pageAt} {
		until(t, at+" answers", func() bool {
			answer, err := http.Get(at)
			if err != nil {
				return false
			}
			answer.Body.Close()
			return true
		})
	}
	stripe(t, 1, secret, http.StatusOK, "taken")
	stripe(t, 2, "not the secret", http.StatusUnauthorized, "Unauthorized")
	delivered(t, inDir, "docker exec gateway", "evt_1")
}

// pageCommands are the commands below a heading of docs/DEPLOY.md.
func pageCommands(t *testing.T, heading string) []string {
	t.Helper()
	_, section, found := strings.Cut(content(t, "../../docs/DEPLOY.md"), "\n## "+heading+"\n")
	m := regexp.MustCompile("(?s)```sh\n(.*?)\n```").FindStringSubmatch(section)
	if !found || m == nil {
		t.Fatalf("docs/DEPLOY.md has no commands below %s", heading)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(m[1], "\\\n", ""), released, os.Getenv("IMAGE"))
	return strings.Split(text, "\n")
}

// typed runs commands, and returns the secret that they put into a file, if any.
func typed(t *testing.T, run func(string) (string, error), commands []string) (key string) {
	t.Helper()
	for _, command := range commands {
		if _, err := run(command); err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`^printf %s '(.*)' > `).FindStringSubmatch(command); m != nil {
			key = m[1]
		}
	}
	return key
}

// shell runs a command in a folder and returns what it prints. It is not bound to
// the test's context, so that a test can clean up.
func shell(t *testing.T, dir, command string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, "bash", "-c", command)
	cmd.Dir, cmd.Stderr = dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", command, err, stderr.String())
	}
	return string(out), err
}

// stripe sends a webhook as Stripe does, and wants its answer.
func stripe(t *testing.T, n int, key string, status int, text string) {
	t.Helper()
	body, at := fmt.Sprintf(`{"id":"evt_%d","type":"charge.succeeded"}`, n), time.Now().Unix()
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(fmt.Appendf(nil, "%d.%s", at, body))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, pageAt, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Stripe-Signature", fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(mac.Sum(nil))))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got := read(t, answer)
	if answer.StatusCode != status || !strings.Contains(got, text) {
		t.Errorf("webhook %d: status %d, %q; want %d, %q", n, answer.StatusCode, got, status, text)
	}
}

// delivered waits until the gateway shows that these events were delivered, and
// wants it to know no other.
func delivered(t *testing.T, run func(string) (string, error), in string, ids ...string) {
	t.Helper()
	command := in + " /caddy webhook deliveries"
	var shown string
	until(t, command+" shows "+strings.Join(ids, " and "), func() bool {
		out, err := run(command)
		shown = out
		return err == nil && strings.Count(out, " delivered ") >= len(ids)
	})
	for _, id := range ids {
		if !strings.Contains(shown, id) {
			t.Errorf("%s is not there", id)
		}
	}
	if strings.Count(shown, "\n") != len(ids)+1 {
		t.Errorf("there are others than %v:\n%s", ids, shown)
	}
}

// place puts a file that everybody can read into a folder.
func place(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o444); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}

// content is a file's text.
func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
