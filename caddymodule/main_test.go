package caddymodule

import (
	"fmt"
	"os"
	"testing"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"go.uber.org/goleak"
)

// lockfiles are kept fresh by certmagic, in Caddy's tls app, for a few seconds
// after the app has stopped.
var lockfiles = goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh")

// TestMain keeps what Caddy stores away from the user's home, and fails when
// the tests leave goroutines behind.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "caddymodule")
	if err != nil {
		panic(err)
	}
	caddy.DefaultStorage.Path = dir
	code := m.Run()
	os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(lockfiles); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines are left over:", err)
			code = 1
		}
	}
	os.Exit(code)
}
