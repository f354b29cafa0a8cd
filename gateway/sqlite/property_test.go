package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

func TestModel(t *testing.T) {
	t.Parallel()
	storetest.RunModel(t, &lab{t: t})
}

// A lab is a storetest.Bench. A crash is a copy of the files as they are.
type lab struct {
	t   testing.TB
	now func() time.Time
}

func (l *lab) open(path string) gateway.Store {
	o := testOptions(l.t)
	o.Now = l.now
	s, err := Open(path, o)
	if err != nil {
		l.t.Fatal(err)
	}
	s.keys.limit = 5 // so that they are moved often
	return s
}

func (l *lab) folder() string {
	dir, err := os.MkdirTemp(l.t.TempDir(), "")
	if err != nil {
		l.t.Fatal(err)
	}
	return dir
}

func (l *lab) Open(_ testing.TB, now func() time.Time) gateway.Store {
	l.now = now
	return l.open(filepath.Join(l.folder(), "hooks.db"))
}

func (l *lab) Reopen(s gateway.Store) gateway.Store {
	path := s.(*Store).path
	if err := s.(*Store).Close(); err != nil {
		l.t.Error(err)
	}
	return l.open(path)
}

func (l *lab) Crash(s gateway.Store) gateway.Store {
	old, path := s.(*Store), filepath.Join(l.folder(), "hooks.db")
	for _, part := range [...]string{"", "-wal"} {
		b, err := os.ReadFile(old.path + part)
		if err == nil {
			err = os.WriteFile(path+part, b, 0o600)
		}
		if err != nil {
			l.t.Error(err)
		}
	}
	l.Discard(s)
	return l.open(path)
}

// Flush asks for something: what was noted before is stored with it.
func (l *lab) Flush(s gateway.Store) {
	if _, _, err := s.Lease(l.t.Context(), gateway.Address{}, l.now(), l.now(), 1); err != nil {
		l.t.Error(err)
	}
}

func (l *lab) Discard(s gateway.Store) {
	if err := s.(*Store).Close(); err != nil {
		l.t.Error(err)
	}
}
