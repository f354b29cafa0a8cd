// Package e2e has tests only: a real caddy process, built from cmd/caddy, that
// stands between senders and an application, as it does in production.
package e2e
