package browser

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// A front is where a browser finds the dashboard.
type front struct {
	base  string // URL, with a slash at the end
	login string // value of the header Authorization
}

// eachFront runs the test with a gateway of its own on the admin endpoint and
// on the handler. What is not run here has the third one, the command.
func eachFront(t *testing.T, test func(*testing.T, *gateway, front)) {
	for name, of := range map[string]func(*gateway) front{"admin": (*gateway).endpoint, "handler": (*gateway).handler} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := start(t)
			test(t, g, of(g))
		})
	}
}

// endpoint is the admin endpoint itself.
func (g *gateway) endpoint() front {
	return front{base: "http://" + g.admin + "/webhook_gateway/"}
}

const password = "a-password-for-tests"

// handler is the site with webhook_dashboard behind basic_auth.
func (g *gateway) handler() front {
	return front{
		base:  "http://" + g.board + "/webhook_gateway/",
		login: "Basic " + base64.StdEncoding.EncodeToString([]byte("operator:"+password)),
	}
}

func passwordHash(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

// command runs `caddy webhook dashboard`, by which a browser gets at the admin
// endpoint of any configuration, until the test ends.
func (g *gateway) command() front {
	t := g.t
	t.Helper()
	cmd := exec.Command(program, "webhook", "dashboard", "--listen", "127.0.0.1:0", "--address", g.admin, "--json")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // an error means it is gone
		if err := cmd.Wait(); err != nil {
			t.Errorf("caddy webhook dashboard: %v", err)
		}
	})
	var at struct{ URL string }
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		t.Fatal(err)
	}
	return front{base: at.URL}
}
