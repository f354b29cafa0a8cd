package check

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The stand-ins of both examples take a webhook where the gateway looks for
// them.
func TestStandIn(t *testing.T) {
	_, application := build(t).containers(t)
	for name, tt := range map[string]struct {
		command []string
		listen  string
	}{
		"compose":    {compose(t).Services["application"].Entrypoint, ":3000"},
		"kubernetes": {application.Command, "localhost:3000"},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, "the program", tt.command[0], "/caddy")
			args := slices.Clone(tt.command[1:])
			i := slices.Index(args, tt.listen)
			if i < 0 {
				t.Fatalf("%q does not listen on %s", args, tt.listen)
			}
			args[i] = "127.0.0.1:0"
			answer, err := http.Post("http://"+respond(t, args), "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			if answer.StatusCode != http.StatusOK || string(text) != "taken" || err != nil {
				t.Errorf("the answer is %s %q, %v", answer.Status, text, err)
			}
		})
	}
}

// respond runs a stand-in, and returns its address.
func respond(t *testing.T, args []string) string {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), binary, args...) // killed when the test ends
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it was killed
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var addr string
		if _, err := fmt.Sscanf(lines.Text(), "Server address: %s", &addr); err == nil {
			return addr
		}
	}
	t.Fatal("it did not say where it listens")
	return ""
}
