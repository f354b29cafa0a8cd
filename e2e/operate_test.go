package e2e

import (
	"bytes"
	"net"
	"os/exec"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// setAddresses gives a script three addresses on which nothing listens: ADMIN,
// SITE and APP.
func setAddresses(env *testscript.Env) error {
	var held []net.Listener // all at once, so that they differ
	for _, name := range []string{"ADMIN", "SITE", "APP"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		held = append(held, l)
		env.Setenv(name, l.Addr().String())
	}
	for _, l := range held {
		l.Close()
	}
	return nil
}

// patience is how long until waits.
const patience = time.Minute

// until runs caddy again and again until its output matches, or with ! until it
// does not: until 'ready' caddy webhook health
func until(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || args[1] != "caddy" {
		ts.Fatalf("usage: [!] until <pattern> caddy [<args...>]")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); ; {
		out, err := try(ts, args[2:])
		if pattern.MatchString(out) != neg {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("still not so; the last time: %v\n%s", err, out)
		}
	}
}

// matches waits until a file, which a program in the background writes, matches.
// Between looks it runs caddy if that is given:
// matches ' new ' out caddy webhook send http://$SITE
func matches(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 2 && args[2] != "caddy" {
		ts.Fatalf("usage: matches <pattern> <file> [caddy <args...>]")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); !pattern.MatchString(ts.ReadFile(args[1])); {
		if time.Now().After(deadline) {
			ts.Fatalf("%s still does not match:\n%s", args[1], ts.ReadFile(args[1]))
		}
		if len(args) > 2 {
			_, err := try(ts, args[3:])
			ts.Check(err)
		}
	}
}

// try runs caddy in the script's folder and environment, and returns what
// it writes.
func try(ts *testscript.TestScript, args []string) (string, error) {
	cmd := exec.Command(program, args...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), &out, &out
	for _, name := range []string{"PATH", "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "GORACE", "ADMIN", "SITE", "APP", "ANSWER", "WORK"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	err := cmd.Run()
	return out.String(), err
}
