package caddymodule

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A server is Caddy, as a gateway sees it.
type server struct {
	chain caddyhttp.Handler // the destination's routes
}

// ClientIP is the address that Caddy holds for the sender's: the peer's, or
// what a trusted proxy says.
func (s *server) ClientIP(r *http.Request) netip.Addr {
	text, _ := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	text, _, _ = strings.Cut(text, "%")
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// RequestURI is what the sender wrote, before any rewrite.
func (s *server) RequestURI(r *http.Request) string {
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok {
		return original.RequestURI
	}
	return r.RequestURI
}

// Expand replaces Caddy's and the event's placeholders in a template.
func (s *server) Expand(template string, r *http.Request, e *gateway.Event) (text string, complete bool) {
	if e != nil {
		caddyhttp.SetVar(r.Context(), eventVar, e)
	}
	repl := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if text, err := repl.ReplaceOrErr(template, true, true); err == nil {
		return text, true
	}
	return repl.ReplaceAll(template, ""), false
}

// Deliver runs the destination's routes.
func (s *server) Deliver(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	caddyhttp.SetVar(r.Context(), eventVar, e)
	if err := s.chain.ServeHTTP(w, r); err != nil {
		return failure(err)
	}
	return nil
}

// failure takes the status for the sender from an error of Caddy's handlers.
func failure(err error) error {
	f := &gateway.Failure{Status: http.StatusBadGateway, Err: err}
	var handler caddyhttp.HandlerError
	if errors.As(err, &handler) && handler.StatusCode != 0 {
		f.Status = handler.StatusCode
	}
	return f
}

// eventVar is the request variable under which matchers and placeholders find
// the event; it is there once the event is verified.
const eventVar = "webhook_gateway.event"

func eventOf(ctx context.Context) *gateway.Event {
	e, _ := caddyhttp.GetVar(ctx, eventVar).(*gateway.Event)
	return e
}
