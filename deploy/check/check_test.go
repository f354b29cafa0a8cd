// Package check holds the files in deploy to what those who read them expect of
// them: Kubernetes' own types, kustomize, Compose and systemd; and to the image,
// whose ports, paths and variables they use. It has no code but its tests, and is
// a module of its own for the dependencies.
package check

import (
	"os"
	"path/filepath"
	"testing"
)

// What deploy/Dockerfile and deploy/Caddyfile make of the image.
const (
	image        = "ghcr.io/webhook-gateway/caddy-webhook-gateway"
	user         = 65532
	dataPath     = "/data"
	webhooksPort = 8080
	healthPort   = 8081
	healthPath   = "/healthz"
)

// read returns a file below deploy.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// equal reports what is not as it should be.
func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
