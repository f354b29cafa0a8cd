//go:build image

package image

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const secret = "the-secret-of-the-test"

// TestImage runs the image as a sidecar: read-only, without privileges, with a
// volume. It is killed while the application is down, and must lose nothing.
func TestImage(t *testing.T) {
	network, volume := create(t, "network"), create(t, "volume")
	app := container(t, "--network", network, "--network-alias", "application", buildApplication(t))
	gateway := container(t, "--network", network, "--read-only", "--cap-drop", "ALL",
		"--security-opt", "no-new-privileges", "--health-interval", "1s",
		"--volume", volume+":/data", "--volume", secretFile(t)+":/run/secrets/webhook:ro",
		"--env", "WEBHOOK_PROVIDER=github", "--env", "WEBHOOK_UPSTREAM=application:3000",
		"--env", "WEBHOOK_MODE=store", "--env", "WEBHOOK_SECRET_FILE=/run/secrets/webhook", os.Getenv("IMAGE"))

	docker(t, "start", app)
	t.Logf("image: %s bytes (goal: 70 MB)", docker(t, "image", "inspect", "--format", "{{.Size}}", os.Getenv("IMAGE")))
	t.Logf("first start: ready after %v (goal: 300 ms)", ready(t, gateway))
	until(t, "docker finds the gateway healthy", func() bool {
		return docker(t, "inspect", "--format", "{{.State.Health.Status}}", gateway) == "healthy"
	})
	t.Logf("memory at rest: %s (goal: 40 MB)", docker(t, "stats", "--no-stream", "--format", "{{.MemUsage}}", gateway))

	at := address(t, gateway, "8080")
	var wanted []string
	for n := range 100 {
		wanted = append(wanted, send(t, at, n, secret, http.StatusOK))
	}
	send(t, at, 1000, "not the secret", http.StatusUnauthorized)
	arrived(t, app, wanted)
	if series := `caddy_webhook_gateway_requests_total{endpoint="webhooks",`; !strings.Contains(metrics(t, gateway), series) {
		t.Errorf("the metrics have no %s", series)
	}

	docker(t, "stop", app) // forgets what it received
	wanted = nil
	for n := range 200 {
		wanted = append(wanted, send(t, at, 2000+n, secret, http.StatusOK))
	}
	docker(t, "kill", gateway)
	docker(t, "start", app)
	t.Logf("start after the kill: ready after %v", ready(t, gateway))
	arrived(t, app, wanted)

	begun := time.Now()
	docker(t, "stop", "--time", "10", gateway) // then it is killed, which status 0 rules out
	t.Logf("docker stop: %v", time.Since(begun))
	if status := docker(t, "inspect", "--format", "{{.State.ExitCode}}", gateway); status != "0" {
		t.Errorf("the gateway's exit status is %s after docker stop", status)
	}
}

// TestImageConfig wants what a platform looks at before it runs the image.
func TestImageConfig(t *testing.T) {
	const format = `{{.Config.User}} {{.Config.Volumes}} {{.Config.Healthcheck.Test}} {{.Config.StopSignal}} {{index .Config.Labels "org.opencontainers.image.licenses"}}`
	got := docker(t, "image", "inspect", "--format", format, os.Getenv("IMAGE"))
	if want := "65532:65532 map[/data:{}] [CMD /caddy webhook health] SIGTERM Apache-2.0"; got != want {
		t.Errorf("docker image inspect = %q, want %q", got, want)
	}
}

// TestImageWithoutVariables: it says what is missing, and ends.
func TestImageWithoutVariables(t *testing.T) {
	id := container(t, "--network", "none", "--read-only", os.Getenv("IMAGE"))
	out, err := try("start", "--attach", id)
	if err == nil || !strings.Contains(err.Error(), "WEBHOOK_PROVIDER is not set") {
		t.Errorf("the container ended with: %v\n%s", err, out)
	}
}

// secretFile is a file with the secret that the container's user can read.
func secretFile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	place(t, dir, "secret", secret+"\n")
	return filepath.Join(dir, "secret")
}

// ready starts the gateway, waits until it is ready, and returns how long that
// took since the engine ran the program. What the engine takes is not in it.
func ready(t *testing.T, gateway string) time.Duration {
	t.Helper()
	docker(t, "start", gateway)
	at := address(t, gateway, "8081") + "/healthz"
	until(t, "the gateway is ready", func() bool {
		answer, err := http.Get(at)
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	end := time.Now()
	begun, err := time.Parse(time.RFC3339Nano, docker(t, "inspect", "--format", "{{.State.StartedAt}}", gateway))
	if err != nil {
		t.Fatal(err)
	}
	return end.Sub(begun)
}

// metrics is what Prometheus gets of the gateway.
func metrics(t *testing.T, gateway string) string {
	t.Helper()
	answer, err := http.Get(address(t, gateway, "8081") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return read(t, answer)
}

// read is the text of an answer.
func read(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// send sends a webhook as GitHub does, wants its status, and returns the
// event's id.
func send(t *testing.T, at string, n int, key string, want int) string {
	t.Helper()
	body, id := fmt.Sprintf(`{"n":%d}`, n), fmt.Sprintf("delivery-%d", n)
	r, err := http.NewRequest(http.MethodPost, at+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	r.Header.Set("X-GitHub-Delivery", id)
	r.Header.Set("X-GitHub-Event", "push")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != want {
		t.Errorf("webhook %d: status %d, want %d", n, answer.StatusCode, want)
	}
	return id
}

// arrived waits until the application has received all that is wanted, and
// wants it to have received nothing else.
func arrived(t *testing.T, app string, wanted []string) {
	t.Helper()
	at, got := address(t, app, "3000"), make(map[string]bool)
	until(t, "the application has all webhooks", func() bool {
		answer, err := http.Get(at)
		if err != nil {
			return false // it is starting
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		for _, id := range strings.Fields(string(text)) {
			got[id] = true
		}
		return err == nil && len(got) >= len(wanted)
	})
	for _, id := range wanted {
		if !got[id] {
			t.Errorf("the application lacks %s", id)
		}
	}
	if len(got) != len(wanted) {
		t.Errorf("the application received %d webhooks, want %d", len(got), len(wanted))
	}
}
