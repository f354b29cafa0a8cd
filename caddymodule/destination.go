package caddymodule

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// Destination is where events go: routes that hand them to an application,
// usually with a reverse_proxy.
type Destination struct {
	// The routes, as in a subroute. A request that none of them answers is an
	// error (502), never a success.
	Routes caddyhttp.RouteList `json:"routes"`
}

// chain provisions the routes and returns them as one handler.
func (d Destination) chain(ctx caddy.Context) (caddyhttp.Handler, error) {
	if err := d.Routes.Provision(ctx); err != nil {
		return nil, fmt.Errorf("deliver: %w", err)
	}
	bufferRequests(d.Routes)
	return d.Routes.Compile(caddyhttp.HandlerFunc(undelivered)), nil
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
