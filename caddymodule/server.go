package caddymodule

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A server is Caddy, as a gateway sees it.
type server struct{}

// ClientIP is the address that Caddy holds for the sender's: the peer's, or
// what a trusted proxy says.
func (server) ClientIP(r *http.Request) netip.Addr {
	text, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	text, _, _ = strings.Cut(text, "%")
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// RequestURI is what the sender wrote, before any rewrite.
func (server) RequestURI(r *http.Request) string {
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		return original.RequestURI
	}
	return r.RequestURI
}

// Expand replaces Caddy's and the event's placeholders in a template.
func (server) Expand(template string, r *http.Request, e *gateway.Event) (text string, complete bool) {
	if e != nil {
		server{}.Admit(r, e)
	}
	repl := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if text, err := repl.ReplaceOrErr(template, true, true); err == nil {
		return text, true
	}
	return repl.ReplaceAll(template, ""), false
}

// Admit makes the event known to the request's placeholders and matchers.
func (server) Admit(r *http.Request, e *gateway.Event) {
	caddyhttp.SetVar(r.Context(), eventVar, e)
}

// eventVar is the request variable under which matchers and placeholders find
// the event; it is there once the event is verified.
const eventVar = "webhook_gateway.event"

func eventOf(ctx context.Context) *gateway.Event {
	e, _ := caddyhttp.GetVar(ctx, eventVar).(*gateway.Event)
	return e
}
