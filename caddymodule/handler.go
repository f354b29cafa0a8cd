package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Handler is one endpoint that receives webhooks. It verifies who sent each
// request, that it is fresh, new and wanted, and hands it to the application.
//
// It is the last handler of its route: no other runs after it.
type Handler struct {
	gateway.Config

	// More sources of addresses that may send: any module of the namespace
	// http.ip_sources. A sender that no list has is answered 403.
	AllowIPsFromRaw []json.RawMessage `json:"allow_ips_from,omitempty" caddy:"namespace=http.ip_sources inline_key=source"`

	// Where the events go: every one of them gets each event, and retries alone.
	// In mode proxy the first one answers the sender. Several need a store.
	Deliver []Destination `json:"deliver,omitempty"`

	app     *App
	gateway *gateway.Gateway
	held    []any // keys of shared that this instance must give back

	server   *caddyhttp.Server // nil without one
	text     []byte            // the configuration, as JSON
	resolved gateway.Config    // and what the gateway was made from, secrets and all
	pieces   gateway.Parts
}

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.webhook_gateway",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision resolves the secrets and builds the endpoint's pipeline.
func (h *Handler) Provision(ctx caddy.Context) error {
	app, err := ctx.App("webhook_gateway")
	if err != nil {
		return err
	}
	h.app = app.(*App)
	h.server, _ = ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	if h.text, err = h.app.claim(h.Name, h); err != nil {
		return err
	}
	config := h.Config
	if config.Verify.Secrets, err = resolve(h.Verify.Secrets); err != nil {
		return fmt.Errorf("endpoint %q: %w", h.Name, err)
	}
	if config.Verify.Options, err = resolveOptions(h.Verify.Options); err != nil {
		return fmt.Errorf("endpoint %q: %w", h.Name, err)
	}
	if config.Sign, err = resolveSign(h.Sign); err != nil {
		return fmt.Errorf("endpoint %q: %w", h.Name, err)
	}
	parts, err := h.parts(ctx)
	if err != nil {
		return fmt.Errorf("endpoint %q: %w", h.Name, err)
	}
	h.gateway, err = gateway.New(config, parts)
	if err != nil {
		return err
	}
	if err := config.CheckRoom(h.app.MaxBuffered); err != nil {
		return fmt.Errorf("endpoint %q: %w", h.Name, err)
	}
	h.resolved, h.pieces = config, parts
	h.app.add(h)
	h.warn(ctx.Logger())
	return nil
}

// parts gathers what the pipeline shares with others or needs of Caddy.
func (h *Handler) parts(ctx caddy.Context) (gateway.Parts, error) {
	parts := gateway.Parts{
		Server: server{}, Durable: !h.app.StoreOff(), Seen: h.app.seen, Budget: budget, Now: time.Now, Random: rand.Float64,
	}
	var err error
	if parts.Routes, err = h.routes(ctx); err != nil {
		return parts, err
	}
	if parts.Sources, err = h.sources(ctx); err != nil {
		return parts, err
	}
	if parts.Limiters, err = h.limiters(); err != nil {
		return parts, err
	}
	m, err := newMetrics(ctx.GetMetricsRegistry(), h.Name)
	if err != nil {
		return parts, err
	}
	parts.Observer = newObserver(ctx.Logger(), m)
	parts.Log = ctx.Slogger()
	parts.Tracer = tracing
	return parts, nil
}

// routes are those of the endpoint's destinations.
func (h *Handler) routes(ctx caddy.Context) ([]gateway.NamedRoute, error) {
	routes := make([]gateway.NamedRoute, len(h.Deliver))
	for i, d := range h.Deliver {
		var err error
		if routes[i], err = d.route(ctx, h); err != nil {
			return nil, err
		}
	}
	return routes, nil
}

func (h *Handler) sources(ctx caddy.Context) ([]gateway.IPSource, error) {
	if len(h.AllowIPsFromRaw) == 0 {
		return nil, nil
	}
	modules, err := ctx.LoadModule(h, "AllowIPsFromRaw")
	if err != nil {
		return nil, fmt.Errorf("allow_ips_from: %w", err)
	}
	var sources []gateway.IPSource
	for _, m := range modules.([]any) {
		sources = append(sources, m.(caddyhttp.IPRangeSource))
	}
	return sources, nil
}

// limiters reserves the buckets of the rate limits, which keep their tokens
// over a reload that leaves the limit as it is.
func (h *Handler) limiters() ([]*ratelimit.Limiter, error) {
	limiters := make([]*ratelimit.Limiter, len(h.RateLimits))
	for i, l := range h.RateLimits {
		if err := l.Limit.Validate(); err != nil {
			return nil, fmt.Errorf("rate_limit: %w", err)
		}
		var err error
		limiters[i], err = reserve(&h.held, limitKey{h.Name, l}, func() *ratelimit.Limiter { return l.Limit.Limiter(0) })
		if err != nil {
			return nil, err
		}
	}
	return limiters, nil
}

type limitKey struct {
	endpoint string
	limit    gateway.RateLimit
}

// warn says at each start what an operator should know.
func (h *Handler) warn(log *zap.Logger) {
	v := h.gateway.Verifier()
	if v.AnyTopic() {
		log.Warn("endpoint accepts messages about any topic, of anyone who has an account at the provider: the option topic is *", zap.String("endpoint", h.Name), zap.String("provider", v.Provider().Name))
	}
	if !v.Authenticates() {
		log.Warn("endpoint accepts webhooks from anyone: its provider signs nothing", zap.String("endpoint", h.Name), zap.String("provider", v.Provider().Name))
	}
}

// Cleanup gives back what this instance reserved, and only that.
func (h *Handler) Cleanup() error {
	if h.gateway != nil {
		h.gateway.Close()
	}
	return giveBack(h.held)
}

// ServeHTTP takes one request through the endpoint's pipeline.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	h.introduce(r)
	if err := h.gateway.Serve(w, r); err != nil {
		return refuse(w, r, err)
	}
	return nil
}

// refuse answers a request that was refused, or that the application did not
// answer. What handle_errors may replace is returned. Answers of 500 and more
// never are: Caddy would log the request with its headers, in which the
// signature or the token is.
func refuse(w http.ResponseWriter, r *http.Request, err error) error {
	var refusal *gateway.Refusal
	var failure *gateway.Failure
	if errors.As(err, &failure) {
		refusal = &gateway.Refusal{Status: failure.Status, Err: err}
	} else if !errors.As(err, &refusal) {
		refusal = &gateway.Refusal{Status: http.StatusInternalServerError, Err: err}
	}
	if refusal.Status < 500 && hasErrorRoutes(r) {
		refusal.SetHeader(w.Header())
		return caddyhttp.Error(refusal.Status, refusal)
	}
	refusal.Respond(w)
	return nil
}

func hasErrorRoutes(r *http.Request) bool {
	srv, ok := r.Context().Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	return ok && srv.Errors != nil && len(srv.Errors.Routes) > 0
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddy.CleanerUpper          = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
