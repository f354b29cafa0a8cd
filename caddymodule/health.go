package caddymodule

import (
	"encoding/json"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func init() {
	caddy.RegisterModule(new(Health))
	httpcaddyfile.RegisterHandlerDirective("webhook_health", parseHealth)
	httpcaddyfile.RegisterDirectiveOrder("webhook_health", httpcaddyfile.After, "error")
}

// Health answers whether the gateway can take in events: 200 when it can, and
// 503, with a reason, when it cannot and a restart may help. A store that is
// full is no reason: it becomes ready by itself, and a restart would only keep
// it from being emptied. It tells nothing else, so it needs no authentication.
type Health struct {
	app *App
}

// CaddyModule returns the Caddy module information.
func (*Health) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.webhook_health",
		New: func() caddy.Module { return new(Health) },
	}
}

// Provision finds the app.
func (h *Health) Provision(ctx caddy.Context) error {
	app, err := ctx.App("webhook_gateway")
	if err != nil {
		return err
	}
	h.app = app.(*App)
	return nil
}

// ServeHTTP answers {"status":"ready"}, or {"status":"unavailable"} and why.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return nil
	}
	ready, reason := h.app.readiness()
	answer := readiness{Status: "ready", Reason: reason}
	status := http.StatusOK
	if !ready {
		answer.Status, status = "unavailable", http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // who asked is gone
	return nil
}

// readiness is what Health answers.
type readiness struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// readiness reports whether the app can take in events, and why not, or not at
// the moment. It asks nobody: what it says of the store may be two seconds old.
func (a *App) readiness() (ready bool, reason string) {
	if !a.started.Load() {
		return false, "starting"
	}
	if a.engine == nil {
		return true, ""
	}
	health := a.engine.stats.Load().Health
	if health == gateway.Ready {
		return true, ""
	}
	return health.Works(), "store_" + health.String()
}

// parseHealth reads the directive. Syntax:
//
//	webhook_health [<matcher>]
func parseHealth(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next() // consume directive name
	if h.NextArg() {
		return nil, h.ArgErr()
	}
	if h.NextBlock(0) {
		return nil, h.Err("webhook_health has no options")
	}
	return new(Health), nil
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Health)(nil)
	_ caddyhttp.MiddlewareHandler = (*Health)(nil)
)
