package caddymodule

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

// TestBackupFromDashboard: whoever has its token still may not write files.
// The admin endpoint may; e2e's TestBackup has it do so.
func TestBackupFromDashboard(t *testing.T) {
	mustLoad(t, "ADDR {\n\twebhook_dashboard {\n\t\tinsecure_without_auth\n\t}\n}\n")
	given := send(t, "srv0", httptest.NewRequest(http.MethodGet, "http://localhost/webhook_gateway/session", nil))
	var session admin.Session
	if err := json.Unmarshal(given.Body.Bytes(), &session); err != nil || session.CSRF == "" {
		t.Fatalf("the session is %s, %v", given.Body, err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	body, err := json.Marshal(admin.BackupRequest{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/webhook_gateway/backup", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-CSRF-Token", session.CSRF)
	for _, c := range given.Result().Cookies() {
		r.AddCookie(c)
	}
	if w := send(t, "srv0", r); w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "admin endpoint only") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat of the copy = %v, want none", err)
	}
}
