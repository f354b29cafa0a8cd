package admin_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/sqlite"
)

func (s *stand) backupTo(path string) string {
	body, err := json.Marshal(admin.BackupRequest{Path: path})
	if err != nil {
		s.Fatal(err)
	}
	return string(body)
}

func TestBackup(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.add(gateway.Dead, nil, shop)
	path := filepath.Join(s.folder, "copy.db")
	var got admin.Done
	if s.post("/backup", s.backupTo(path), &got); !got.OK {
		t.Error("it says that it is not done")
	}
	copied, err := sqlite.Open(path, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if n, err := copied.Count(t.Context(), gateway.Filter{}); n != 1 || err != nil {
		t.Errorf("the copy has %d deliveries, %v, want 1", n, err)
	}
}

// Whoever reaches the dashboard of a site may not write files.
func TestBackupElsewhere(t *testing.T) {
	t.Parallel()
	s := open(t, func(o *admin.Options) { o.Backups = false })
	path := filepath.Join(s.folder, "copy.db")
	s.refused(http.MethodPost, "/backup", s.backupTo(path), http.StatusForbidden, "backups are made on Caddy's admin endpoint only")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat of the copy = %v, want none", err)
	}
}

func TestBackupRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	there := filepath.Join(s.folder, "there")
	if err := os.WriteFile(there, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.refused(http.MethodPost, "/backup", s.backupTo(there), http.StatusConflict, "is there already")
	s.refused(http.MethodPost, "/backup", s.backupTo("copy.db"), http.StatusBadRequest, `path: "copy.db" is not absolute`)
	s.refused(http.MethodPost, "/backup", "", http.StatusBadRequest, `path: "" is not absolute`)
	s.refused(http.MethodPost, "/backup", s.backupTo(filepath.Join(s.folder, "none", "copy.db")), http.StatusBadRequest, "the file cannot be written")
	if got, err := os.ReadFile(there); string(got) != "keep" || err != nil {
		t.Errorf("the file that was there is %q, %v", got, err)
	}
}
