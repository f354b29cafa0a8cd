package sqlite

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testOptions are what the suite asks for.
func testOptions(t testing.TB) Options {
	return Options{
		Limits: Limits{RetainFor: storetest.Retention, CommitWithin: time.Minute},
		Log:    slog.New(slog.NewTextHandler(t.Output(), nil)),
		Now:    time.Now,
	}
}

// openAt opens the store at path until the test ends.
func openAt(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func openNew(t testing.TB) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "hooks.db"), testOptions(t))
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) gateway.Store { return openNew(t) })
}
