package keyset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSetFormats(t *testing.T) {
	travis := `{"config":{"notifications":{"webhook":{"public_key":` + quoted(publicPEM(rsaKey.Public())) + `}}}}`
	const path = "json:config.notifications.webhook.public_key"
	tests := []struct {
		name, format, text string
		want               error
	}{
		{"JWKS", "jwks", oldKeys, nil},
		{"PEM", "pem", publicPEM(rsaKey.Public()), nil},
		{"Travis CI", path, travis, nil},
		{"PEM for JWKS", "jwks", publicPEM(rsaKey.Public()), ErrUnavailable},
		{"JWKS for PEM", "pem", oldKeys, ErrUnavailable},
		{"another path", "json:config.notifications.webhook", travis, ErrUnavailable},
		{"longer path", path + ".x", travis, ErrUnavailable},
		{"list on the path", "json:0", `["` + `"]`, ErrUnavailable},
		{"no JSON", path, "<html>", ErrUnavailable},
		{"no PEM there", "json:a", `{"a":"b"}`, ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lookup(t, open(t, newHost(t, says(tt.text)), "/", tt.format), t0, "", tt.want)
		})
	}
}

func TestSetPEMHasNoIDs(t *testing.T) {
	s := open(t, newHost(t, says(publicPEM(rsaKey.Public()))), "/", "pem")
	lookup(t, s, t0, "a", ErrUnknownKey)
}

func TestSetFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.json")
	s, err := Open(name, "jwks", Options{Refresh: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lookup(t, s, t0, "a", ErrUnavailable) // there is no file
	write(oldKeys)
	at := t0.Add(retryAfter)
	lookup(t, s, at, "a", nil)
	write(newKeys)
	lookup(t, s, at.Add(time.Minute-1), "b", ErrUnknownKey)
	lookup(t, s, at.Add(time.Minute), "a", nil)
	lookup(t, s, at.Add(time.Minute), "b", nil)
	write("garbage")
	lookup(t, s, at.Add(2*time.Minute), "b", nil)
	write(newKeys + strings.Repeat(" ", maxText))
	lookup(t, s, at.Add(3*time.Minute), "b", nil)
	os.Remove(name) //nolint:errcheck // the next line sees what comes of it
	lookup(t, s, at.Add(4*time.Minute), "b", nil)
	lookup(t, s, at.Add(maxAge+time.Hour), "b", ErrUnavailable)
}

func TestSetClosedReadsNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, []byte(oldKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(name, "jwks", Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	lookup(t, s, t0, "a", ErrUnavailable)
}

func TestSetFileIsDirectory(t *testing.T) {
	s, err := Open(t.TempDir(), "jwks", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lookup(t, s, t0, "", ErrUnavailable)
}

func TestOpen(t *testing.T) {
	tests := []struct {
		name, location, format, want string
	}{
		{"address", "https://www.googleapis.com/oauth2/v3/certs", "jwks", ""},
		{"port and query", "https://keys.example:8443/?v=2", "pem", ""},
		{"path", "/run/secrets/key.pem", "pem", ""},
		{"relative path", "key.pem", "json:a.b", ""},
		{"nothing", "", "jwks", "location of keys: neither an https address nor a path"},
		{"http", "http://keys.example/", "jwks", "location of keys: address does not begin with https://"},
		{"another scheme", "ftp://keys.example/", "jwks", "location of keys: address does not begin with https://"},
		{"user", "https://u:secret@keys.example/", "jwks", "location of keys: address needs a host, and cannot have a user or a fragment"},
		{"fragment", "https://keys.example/#a", "jwks", "location of keys: address needs a host, and cannot have a user or a fragment"},
		{"no host", "https:///certs", "jwks", "location of keys: address needs a host, and cannot have a user or a fragment"},
		{"no address", "https://keys.example/\x7fsecret", "jwks", "location of keys: address malformed"},
		{"no format", "a", "", `keys: format "" is not jwks, pem or json:<path>`},
		{"unknown format", "a", "der", `keys: format "der" is not jwks, pem or json:<path>`},
		{"empty json path", "a", "json:", `keys: format "json:" is not jwks, pem or json:<path>`},
		{"hole in the json path", "a", "json:a..b", `keys: format "json:a..b" is not jwks, pem or json:<path>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(tt.location, tt.format, Options{})
			if err == nil {
				s.Close()
			}
			if got := text(err); got != tt.want {
				t.Errorf("Open = %s, want %s", got, tt.want)
			}
		})
	}
}
