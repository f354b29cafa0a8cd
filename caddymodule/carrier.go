package caddymodule

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

func init() {
	caddy.RegisterModule(new(carrier))
}

// A carrier is the transport of the reverse proxies in destinations: their own
// one, but that an answer that breaks off ends as if it were complete, and the
// attempt is told. The proxy would log the whole request, with the signature or
// the token in it. Nobody configures it, see carry.
type carrier struct {
	// The proxy's own transport.
	// Default: `http`.
	TransportRaw json.RawMessage `json:"transport,omitempty" caddy:"namespace=http.reverse_proxy.transport inline_key=protocol"`

	inner http.RoundTripper
}

// carrierName is what the proxies know the transport by.
const carrierName = "webhook_gateway"

// CaddyModule returns the Caddy module information.
func (*carrier) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.reverse_proxy.transport." + carrierName,
		New: func() caddy.Module { return new(carrier) },
	}
}

// Provision loads the proxy's own transport.
func (c *carrier) Provision(ctx caddy.Context) error {
	if c.TransportRaw == nil {
		c.TransportRaw = json.RawMessage(`{"protocol":"http"}`)
	}
	module, err := ctx.LoadModule(c, "TransportRaw")
	if err != nil {
		return err
	}
	inner, ok := module.(http.RoundTripper)
	if !ok {
		return fmt.Errorf("%T is no transport", module)
	}
	c.inner = inner
	return nil
}

// RoundTrip implements http.RoundTripper. Health checks belong to no attempt,
// and connections that change their protocol are no answers.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	b := breachOf(r.Context())
	if b == nil {
		return c.inner.RoundTrip(r)
	}
	b.forget()
	res, err := c.inner.RoundTrip(r)
	if err != nil || res.StatusCode == http.StatusSwitchingProtocols || res.Body == nil || res.Body == http.NoBody {
		return res, err
	}
	res.Body = b.watch(res.Body)
	return res, nil
}

// DefaultBufferSizes implements reverseproxy.BufferedTransport.
func (c *carrier) DefaultBufferSizes() (requests, responses int64) {
	if t, ok := c.inner.(reverseproxy.BufferedTransport); ok {
		return t.DefaultBufferSizes()
	}
	return 0, 0
}

// RequiresContentLength implements reverseproxy.ContentLengthRequiredTransport.
func (c *carrier) RequiresContentLength() bool {
	t, ok := c.inner.(reverseproxy.ContentLengthRequiredTransport)
	return ok && t.RequiresContentLength()
}

// RequestHeaderOps implements reverseproxy.RequestHeaderOpsTransport.
func (c *carrier) RequestHeaderOps() *headers.HeaderOps {
	if t, ok := c.inner.(reverseproxy.RequestHeaderOpsTransport); ok {
		return t.RequestHeaderOps()
	}
	return nil
}

// ProxyProtocolEnabled implements reverseproxy.ProxyProtocolTransport.
func (c *carrier) ProxyProtocolEnabled() bool {
	t, ok := c.inner.(reverseproxy.ProxyProtocolTransport)
	return ok && t.ProxyProtocolEnabled()
}

// OverrideHealthCheckScheme implements reverseproxy.HealthCheckSchemeOverriderTransport.
func (c *carrier) OverrideHealthCheckScheme(base *url.URL, port string) {
	if t, ok := c.inner.(reverseproxy.HealthCheckSchemeOverriderTransport); ok {
		t.OverrideHealthCheckScheme(base, port)
	}
}

// Interface guards
var (
	_ caddy.Provisioner                                = (*carrier)(nil)
	_ http.RoundTripper                                = (*carrier)(nil)
	_ reverseproxy.BufferedTransport                   = (*carrier)(nil)
	_ reverseproxy.ContentLengthRequiredTransport      = (*carrier)(nil)
	_ reverseproxy.RequestHeaderOpsTransport           = (*carrier)(nil)
	_ reverseproxy.ProxyProtocolTransport              = (*carrier)(nil)
	_ reverseproxy.HealthCheckSchemeOverriderTransport = (*carrier)(nil)
)
