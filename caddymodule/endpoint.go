package caddymodule

import (
	"cmp"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/caddymodule/redact"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// describe describes the endpoint to an operator.
func (h *Handler) describe() admin.Endpoint {
	v := h.gateway.Verifier()
	p := v.Provider()
	e := admin.Endpoint{
		Name: h.Name, Provider: p.Name, Title: p.Title,
		Mode:   cmp.Or(h.Mode, gateway.ModeProxy),
		Config: redact.JSON(h.text),
		Facts:  facts(v),
	}
	if len(p.Docs) > 0 {
		e.Docs = p.Docs[0]
	}
	for _, d := range h.Deliver {
		e.Destinations = append(e.Destinations, d.name())
	}
	if t := newTester(h); t != nil {
		e.Test = t.test
	}
	return e
}
