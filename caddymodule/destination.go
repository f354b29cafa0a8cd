package caddymodule

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// Destination is where events go: routes that hand them to an application,
// usually with a reverse_proxy.
type Destination struct {
	// The destination's name: unique in its endpoint, and part of logs and
	// metrics. Deliveries that are waiting belong to it by name.
	// Default: "default".
	Name string `json:"name,omitempty"`

	// The routes, as in a subroute. A request that none of them answers is an
	// error (502), never a success.
	Routes caddyhttp.RouteList `json:"routes"`
}

// defaultDestination is the name of a destination that has none.
const defaultDestination = "default"

func (d Destination) name() string { return cmp.Or(d.Name, defaultDestination) }

func (d Destination) check() error {
	if len(d.Routes) == 0 {
		return fmt.Errorf("deliver: %s has no routes", d.name())
	}
	return nil
}

// route provisions the routes.
func (d Destination) route(ctx caddy.Context, h *Handler) (gateway.NamedRoute, error) {
	name := d.name()
	if err := d.check(); err != nil {
		return gateway.NamedRoute{}, err
	}
	if err := carry(d.Routes); err != nil {
		return gateway.NamedRoute{}, fmt.Errorf("deliver: %w", err)
	}
	if err := d.Routes.Provision(ctx); err != nil {
		return gateway.NamedRoute{}, fmt.Errorf("deliver: %w", err)
	}
	bufferRequests(d.Routes)
	server, _ := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	return gateway.NamedRoute{Name: name, Route: newRoute(h, server, d.Routes.Compile(caddyhttp.HandlerFunc(undelivered)))}, nil
}

// requestBuffers is the size of the largest body that a proxy takes at once,
// in bytes. Each request in flight costs as much once more.
const requestBuffers = 32 << 10

// bufferRequests tells the reverse proxies among routes to take bodies at
// once. They are in memory already; knowing that, net/http sends them in one
// piece with the headers, and a proxy can send them again when a dial fails.
func bufferRequests(routes caddyhttp.RouteList) {
	for _, route := range routes {
		for _, handler := range route.Handlers {
			switch h := handler.(type) {
			case *reverseproxy.Handler:
				if h.RequestBuffers == 0 {
					h.RequestBuffers = requestBuffers
				}
			case *caddyhttp.Subroute:
				bufferRequests(h.Routes)
			}
		}
	}
}

var errUndelivered = errors.New("no route of deliver answered the event")

// undelivered is where events end up that no route of the destination wants.
func undelivered(http.ResponseWriter, *http.Request) error {
	return caddyhttp.Error(http.StatusBadGateway, errUndelivered)
}
