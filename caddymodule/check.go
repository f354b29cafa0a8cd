package caddymodule

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Check reports every problem of the options that all endpoints share, but for
// StorePath's, which only the start sees.
func (a *App) Check() error {
	problems := split(a.validateStore())
	if a.MaxBuffered < 0 {
		problems = append(problems, fmt.Errorf("max_buffered: %d is negative", a.MaxBuffered))
	}
	if a.Remember < 0 {
		problems = append(problems, fmt.Errorf("remember: %d is negative", a.Remember))
	}
	return errors.Join(problems...)
}

// CheckEndpoint reports what keeps an endpoint from being provisioned beside
// these options, but for what is wrong with its secrets and in the modules of
// others. It provisions nothing.
func (a *App) CheckEndpoint(h *Handler) error {
	problems := split(h.Validate())
	if a.StoreOff() {
		problems = append(problems, split(h.CheckStoreless())...)
	}
	problems = append(problems, h.CheckRoom(cmp.Or(a.MaxBuffered, defaultMaxBuffered)), h.checkDestinations(!a.StoreOff()))
	for _, source := range h.AllowIPsFromRaw {
		problems = append(problems, checkSource(source))
	}
	return errors.Join(problems...)
}

func (h *Handler) checkDestinations(durable bool) error {
	var names []string
	for _, d := range h.Deliver {
		if err := d.check(); err != nil {
			return err
		}
		names = append(names, d.name())
	}
	return gateway.CheckDestinations(names, durable)
}

func checkSource(raw json.RawMessage) error {
	var source struct {
		Source string `json:"source"`
	}
	if err := json.Unmarshal(raw, &source); err != nil {
		return fmt.Errorf("allow_ips_from: %w", err)
	}
	if _, err := caddy.GetModule("http.ip_sources." + source.Source); err != nil {
		return fmt.Errorf("allow_ips_from: %w", err)
	}
	return nil
}
