package caddymodule

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A route hands events to a destination's handlers. Because it may do so long
// after the sender has gone, or in another process, each attempt is a request
// of its own (but where there is no store), with nothing but what belongs to
// the event: variables and placeholders of the sender's request do not reach it.
type route struct {
	handler *Handler
	server  *caddyhttp.Server // whose trusted proxies, logs and options hold
	local   net.Addr          // where requests come in
	chain   caddyhttp.Handler
}

func newRoute(h *Handler, server *caddyhttp.Server, chain caddyhttp.Handler) *route {
	if server == nil {
		server = new(caddyhttp.Server)
	}
	return &route{h, server, localAddr(server), chain}
}

// nowhere stands for the address that the request came in at, in a request
// that did not.
var nowhere = &net.TCPAddr{IP: net.IPv4zero}

// localAddr is the first address at which the server takes requests. That of
// the sender's connection is not kept with an event, so no attempt has it.
func localAddr(server *caddyhttp.Server) net.Addr {
	for _, listen := range server.Listen {
		a, err := caddy.ParseNetworkAddress(listen)
		if err != nil || a.IsUnixNetwork() || a.IsFdNetwork() {
			continue
		}
		addr := &net.TCPAddr{IP: net.ParseIP(a.Host), Port: int(a.StartPort)}
		if addr.IP == nil {
			addr.IP = net.IPv4zero
		}
		return addr
	}
	return nowhere
}

// Deliver implements gateway.Route.
func (t *route) Deliver(w http.ResponseWriter, r *http.Request, e *gateway.Event) error {
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, t.local)) // before PrepareRequest, whose placeholders look it up in what it is given
	r = caddyhttp.PrepareRequest(r, caddy.NewReplacer(), w, t.server)
	t.handler.introduce(r)
	server{}.Admit(r, e)
	return t.serve(w, r, newBreach(r.Context()))
}

// Pass implements gateway.Route: the request has been prepared by Caddy.
func (t *route) Pass(w http.ResponseWriter, r *http.Request, _ *gateway.Event) error {
	b := newBreach(r.Context())
	return t.serve(&outlet{w, b}, r, b)
}

// serve runs the handlers. It panics where a proxy would if it had been told
// that its answer broke off.
func (t *route) serve(w http.ResponseWriter, r *http.Request, b *breach) error {
	if err := t.chain.ServeHTTP(w, r); err != nil {
		return failure(err)
	}
	if b.broken.Load() {
		_ = http.NewResponseController(w).Flush() // the sender sees what there is of the answer
		panic(http.ErrAbortHandler)
	}
	return nil
}

// failure takes the status for the sender from an error of Caddy's handlers.
func failure(err error) error {
	f := &gateway.Failure{Status: http.StatusBadGateway, Err: err}
	var handler caddyhttp.HandlerError
	if errors.As(err, &handler) {
		f.Status = cmp.Or(handler.StatusCode, f.Status)
		f.Err = cmp.Or(handler.Err, err) // its own text names a place in Caddy's code
	}
	return f
}
