package caddymodule

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

const askedSite = `ADDR {
	webhook_gateway asked {
		verify github a-secret-for-tests
		mode store
		status_url
		deliver {
			respond thanks 202
		}
	}
}
`

// storageOf is Caddy's own, in a folder of the test's.
func storageOf(t *testing.T) (storage keyStorage, file string) {
	t.Helper()
	s := *caddy.DefaultStorage
	s.Path = t.TempDir()
	return &s, filepath.Join(s.Path, "webhook_gateway", "status.key")
}

// TestStatusSecret: of those who come at once one makes it, and it stays.
func TestStatusSecret(t *testing.T) {
	storage, file := storageOf(t)
	secrets := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range secrets {
		all.Go(func() {
			var err error
			if secrets[i], err = keptSecret(t.Context(), storage); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, secret := range secrets {
		if len(secret) != statusKeySize || !bytes.Equal(secret, secrets[0]) {
			t.Fatalf("the secrets are %d", secrets)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file is %v, %v; want it for its owner alone", info, err)
	}
	if again, err := keptSecret(t.Context(), storage); err != nil || !bytes.Equal(again, secrets[0]) {
		t.Errorf("later it is %x, %v; was %x", again, err, secrets[0])
	}
}

// TestStatusSecretThatIsNone: with a short key tokens could be guessed.
func TestStatusSecretThatIsNone(t *testing.T) {
	storage, file := storageOf(t)
	if err := storage.Store(t.Context(), statusKey, []byte("short")); err != nil {
		t.Fatal(err)
	}
	if secret, err := keptSecret(t.Context(), storage); secret != nil || !errors.Is(err, errStatusKey) {
		t.Errorf("keptSecret = %x, %v; want %v", secret, err, errStatusKey)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if secret, err := keptSecret(t.Context(), storage); secret != nil || err == nil {
		t.Errorf("keptSecret = %x, %v; want an error", secret, err)
	}
}

// TestStatusURL asks after a restart, too. What validates, or has no
// status_url, makes no secret.
func TestStatusURL(t *testing.T) {
	old := caddy.DefaultStorage.Path
	caddy.DefaultStorage.Path = t.TempDir()
	t.Cleanup(func() { caddy.DefaultStorage.Path = old })
	file := filepath.Join(caddy.DefaultStorage.Path, "webhook_gateway", "status.key")
	global := "\twebhook_gateway {\n\t\tstore sqlite " + filepath.Join(t.TempDir(), "webhooks.db") + "\n\t}\n"
	start := func(site string) {
		t.Helper()
		if err := loadWith(t, global, site); err != nil {
			t.Fatal(err)
		}
	}
	if err := provision(t, strings.Replace(askedSite, "ADDR", ":9000", 1)); err != nil {
		t.Fatal(err)
	}
	start(strings.Replace(askedSite, "status_url\n", "respond 202\n", 1))
	if w := post(t, "srv0", "1"); w.Code != http.StatusAccepted || w.Header().Get("Location") != "" {
		t.Errorf("answered %d with Location %q", w.Code, w.Header().Get("Location"))
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a secret, which nobody needs: %v", err)
	}
	start(askedSite)
	location := post(t, "srv0", "2").Header().Get("Location")
	for range 2 {
		if w := send(t, "srv0", httptest.NewRequest(http.MethodGet, location, nil)); w.Code != http.StatusOK && w.Code != http.StatusAccepted {
			t.Errorf("asking %q is answered %d %q", location, w.Code, w.Body)
		}
		stop(t)
		start(askedSite)
	}
	stop(t)
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := loadWith(t, global, askedSite); err == nil || !strings.Contains(err.Error(), errStatusKey.Error()) {
		t.Errorf("with a key that is none, loading = %v, want %v", err, errStatusKey)
	}
}

func TestStatusURLNeedsAStore(t *testing.T) {
	if err := load(t, strings.Replace(askedSite, "\t\tmode store\n", "", 1)); err == nil || !strings.Contains(err.Error(), "status_url: needs a store") {
		t.Errorf("loading = %v", err)
	}
}
