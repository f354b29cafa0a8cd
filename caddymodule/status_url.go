package caddymodule

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const (
	// statusKey is where the secret of the status tokens is in Caddy's storage,
	// which replicas share.
	statusKey = "webhook_gateway/status.key"

	statusKeySize = 32 // bytes
	statusKeyWait = 10 * time.Second
)

// A keyStorage is what is needed of Caddy's storage to keep a secret.
type keyStorage interface {
	Load(ctx context.Context, key string) ([]byte, error)
	Store(ctx context.Context, key string, value []byte) error
	Lock(ctx context.Context, name string) error
	Unlock(ctx context.Context, name string) error
}

// loadStatusSecret takes the secret from the storage, or makes it, if an
// endpoint has a status_url.
func (a *App) loadStatusSecret() error {
	if !slices.ContainsFunc(a.gateways, (*gateway.Gateway).HasStatusURL) {
		return nil
	}
	ctx, cancel := context.WithTimeout(a.ctx, statusKeyWait)
	defer cancel()
	secret, err := keptSecret(ctx, a.ctx.Storage())
	if err != nil {
		return fmt.Errorf("status_url: the key %s: %w", statusKey, err)
	}
	a.statusSecret = secret
	return nil
}

// keptSecret is the secret in the storage, where it is put if there is none.
// Of those who come at once, one makes it.
func keptSecret(ctx context.Context, storage keyStorage) (secret []byte, err error) {
	secret, err = storedSecret(ctx, storage)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := storage.Lock(ctx, statusKey); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, storage.Unlock(context.WithoutCancel(ctx), statusKey)) }()
	secret, err = storedSecret(ctx, storage)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = make([]byte, statusKeySize)
	_, _ = rand.Read(secret) // it does not fail
	return secret, storage.Store(ctx, statusKey, secret)
}

var errStatusKey = errors.New("it has not 32 bytes; delete it, and a new one is made")

func storedSecret(ctx context.Context, storage keyStorage) ([]byte, error) {
	secret, err := storage.Load(ctx, statusKey)
	if err == nil && len(secret) != statusKeySize {
		return nil, errStatusKey
	}
	return secret, err
}

// status is what the endpoint's senders ask; nil if they cannot.
func (a *App) status(g *gateway.Gateway, events gateway.Shower) *gateway.Status {
	if !g.HasStatusURL() {
		return nil
	}
	return &gateway.Status{Events: events, Secret: a.statusSecret}
}
