package caddymodule

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func init() {
	caddy.RegisterModule(new(MatchWebhook))
	caddy.RegisterModule(new(MatchWebhookEvent))
}

// MatchWebhook matches verified events by a CEL condition over event, id,
// endpoint, provider, headers (names in lower case), query and body (the
// parsed JSON). It is for the routes of `deliver`: where there is no verified
// event it does not match. A missing field or a wrong type makes the condition
// false and is counted.
type MatchWebhook struct {
	// The condition, such as `body.data.total > 100 && event == "order.paid"`.
	Expr string `json:"expr"`

	condition *gateway.Condition
	metrics   *collectors
}

// CaddyModule returns the Caddy module information.
func (*MatchWebhook) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.matchers.webhook",
		New: func() caddy.Module { return new(MatchWebhook) },
	}
}

// Provision compiles the condition.
func (m *MatchWebhook) Provision(ctx caddy.Context) (err error) {
	if m.metrics, err = register(ctx.GetMetricsRegistry()); err != nil {
		return err
	}
	m.condition, err = gateway.CompileCondition(m.Expr)
	return err
}

// MatchWithError reports whether the condition holds for the request's event.
func (m *MatchWebhook) MatchWithError(r *http.Request) (bool, error) {
	e := eventOf(r.Context())
	if e == nil {
		return false, nil
	}
	holds, err := m.condition.Match(e)
	if err != nil {
		m.metrics.conditionErrors.WithLabelValues(e.Endpoint).Inc()
	}
	return holds, nil
}

// UnmarshalCaddyfile sets up the matcher from Caddyfile tokens. Syntax:
//
//	webhook <condition>
//
// The condition is best written in backticks.
func (m *MatchWebhook) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // consume matcher name
	if err := expression(&m.Expr)(d); err != nil {
		return err
	}
	if d.Next() {
		return d.Err("a matcher holds one condition; combine several with &&")
	}
	return nil
}

// MatchWebhookEvent matches verified events by type. It is for the routes of
// `deliver`: where there is no verified event it does not match.
type MatchWebhookEvent struct {
	// Event types, as globs where `*` is any run of characters and `?` any one.
	Events []string `json:"events"`

	glob gateway.Glob
}

// CaddyModule returns the Caddy module information.
func (*MatchWebhookEvent) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.matchers.webhook_event",
		New: func() caddy.Module { return new(MatchWebhookEvent) },
	}
}

// Provision compiles the globs.
func (m *MatchWebhookEvent) Provision(caddy.Context) error {
	m.glob = gateway.NewGlob(m.Events...)
	return nil
}

// MatchWithError reports whether the type of the request's event matches.
func (m *MatchWebhookEvent) MatchWithError(r *http.Request) (bool, error) {
	e := eventOf(r.Context())
	return e != nil && m.glob.Match(e.Type), nil
}

// UnmarshalCaddyfile sets up the matcher from Caddyfile tokens. Syntax:
//
//	webhook_event <glob...>
func (m *MatchWebhookEvent) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	for d.Next() {
		m.Events = append(m.Events, d.RemainingArgs()...)
	}
	if len(m.Events) == 0 {
		return d.ArgErr()
	}
	return nil
}

// expression reads a CEL expression: one quoted token, or the rest of the
// line, in which quotes belong to the expression.
func expression(target *string) func(*caddyfile.Dispenser) error {
	return func(d *caddyfile.Dispenser) error {
		if d.CountRemainingArgs() > 1 {
			*target = strings.Join(d.RemainingArgsRaw(), " ")
			return nil
		}
		if !d.NextArg() {
			return d.ArgErr()
		}
		if d.Val() == "" {
			return d.Err("an empty condition is not possible here")
		}
		*target = d.Val()
		return nil
	}
}

// Interface guards
var (
	_ caddyhttp.RequestMatcherWithError = (*MatchWebhook)(nil)
	_ caddyfile.Unmarshaler             = (*MatchWebhook)(nil)
	_ caddyhttp.RequestMatcherWithError = (*MatchWebhookEvent)(nil)
	_ caddyfile.Unmarshaler             = (*MatchWebhookEvent)(nil)
)
