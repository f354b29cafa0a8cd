package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestCommands runs the scripts in testdata/script, in which caddy is the
// program that TestMain built.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
			for _, name := range []string{"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"} {
				env.Setenv(name, env.WorkDir)
			}
			env.Setenv("GORACE", "halt_on_error=1 atexit_sleep_ms=100")
			return setAddresses(env)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status, "until": until, "matches": matches},
	})
}

// status runs a program, which must end with a status: status 2 caddy webhook
func status(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: status <number> <program> [<args...>]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("status %d, want %d", got, want)
	}
}

// Test events pass a running gateway, are recognised when they are repeated,
// and are refused with another secret.
func TestSendThroughTheGateway(t *testing.T) {
	app, addr := newApplication(t), freeAddr(t)
	start(t, fmt.Sprintf(`{
		admin {ADMIN}
	}
	http://%s {
		webhook_gateway /stripe stripe {
			verify stripe whsec_of-the-test
			to %s
		}
	}`, addr, app.address()))
	send := func(args ...string) (string, error) {
		return run(t, append([]string{"webhook", "send", "--provider", "stripe", "--json"}, append(args, "http://"+addr+"/stripe")...)...)
	}
	if out, err := send("--secret", "whsec_of-the-test", "--count", "30", "--rate", "1000"); err != nil || !strings.Contains(out, `{"sent":30,"good":30,"statuses":{"200":30}`) {
		t.Errorf("%v\n%s", err, out)
	}
	if got := app.take(); len(got) != 30 {
		t.Errorf("the application got %d events, want 30", len(got))
	}
	if out, err := send("--secret", "whsec_of-the-test", "--count", "3", "--parallel", "1", "--id", "evt_same"); err != nil || strings.Count(out, "already_processed") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
	if got := app.take(); len(got) != 1 || got[0].Header.Get("Webhook-Gateway-Event-Id") != "evt_same" {
		t.Errorf("the application got %+v", got)
	}
	out, err := send("--secret", "whsec_another")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, fmt.Sprint(http.StatusUnauthorized)) {
		t.Errorf("%v\n%s", err, out)
	}
}
