package caddymodule

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// resolve replaces the placeholders in secrets. One that is unknown or empty
// is an error: an unset variable must never become a key.
func resolve(secrets []string) ([]string, error) {
	repl := caddy.NewReplacer()
	resolved := make([]string, len(secrets))
	for i, s := range secrets {
		value, err := repl.ReplaceOrErr(s, true, true)
		if err != nil {
			return nil, fmt.Errorf("verify: secret %d: %w", i+1, err)
		}
		resolved[i] = value
	}
	return resolved, nil
}

// resolveSign replaces the placeholder of the secret for the application.
func resolveSign(secret gateway.SignSecret) (gateway.SignSecret, error) {
	if secret == "" {
		return "", nil
	}
	value, err := caddy.NewReplacer().ReplaceOrErr(string(secret), true, true)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return gateway.SignSecret(value), nil
}

// resolveOptions replaces the placeholders in those options of verify that
// belong to the user's account at the provider.
func resolveOptions(given map[string]string) (map[string]string, error) {
	resolved, repl := maps.Clone(given), caddy.NewReplacer()
	for _, o := range verify.Options() {
		value, there := given[o.Name]
		if !there || !o.Account() {
			continue
		}
		value, err := repl.ReplaceOrErr(value, true, true)
		if err != nil {
			return nil, fmt.Errorf("verify: option %s: %w", o.Name, err)
		}
		resolved[o.Name] = value
	}
	return resolved, nil
}

// Validate reports what is wrong with the configuration. Where Provision is to
// put in what a placeholder stands for, that is judged there.
func (h *Handler) Validate() error {
	c := h.WithDefaults() // some options are wrong beside the default of another
	c.Verify.Options = maps.Clone(c.Verify.Options)
	for _, o := range verify.Options() {
		if o.Account() && strings.Contains(c.Verify.Options[o.Name], "{") {
			c.Verify.Options[o.Name] = "https://placeholder.invalid"
		}
	}
	return errors.Join(append(split(c.Validate()), placeholderProblems(c.Templates())...)...)
}

// split takes joined errors apart.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
