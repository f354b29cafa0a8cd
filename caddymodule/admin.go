package caddymodule

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

func init() {
	caddy.RegisterModule(new(AdminAPI))
}

// defaultPrefix is the path that the API and the dashboard are below, unless a
// configuration says otherwise.
const defaultPrefix = "/webhook_gateway"

// AdminAPI serves the gateway's API, and its dashboard, on Caddy's admin
// endpoint, at /webhook_gateway/.
//
// Caddy makes one for each admin server, which may outlive the configuration
// that it was made for: it stays when a reload fails. So what runs is found
// anew for each request.
type AdminAPI struct {
	handler http.Handler
	watched sync.Once
	over    chan struct{} // closed when the admin server shuts down
}

// CaddyModule returns the Caddy module information.
func (*AdminAPI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "admin.api.webhook_gateway",
		New: func() caddy.Module { return new(AdminAPI) },
	}
}

// Provision makes the handler.
func (a *AdminAPI) Provision(caddy.Context) error {
	a.over = make(chan struct{})
	a.handler = admin.NewHandler(admin.Options{Source: system, Prefix: defaultPrefix, Backups: true, Now: time.Now, Done: a.over})
	return nil
}

// Routes implements caddy.AdminRouter. The path without the slash at its end
// is redirected here.
func (a *AdminAPI) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: defaultPrefix + "/", Handler: caddy.AdminHandlerFunc(a.serve)}}
}

func (a *AdminAPI) serve(w http.ResponseWriter, r *http.Request) error {
	a.watched.Do(func() { a.watch(r.Context()) })
	a.handler.ServeHTTP(w, r)
	return nil
}

// watch has streams end with the server, which would wait for them otherwise.
// Caddy tells nobody when it replaces an admin server; the server itself does.
func (a *AdminAPI) watch(ctx context.Context) {
	if server, ok := ctx.Value(http.ServerContextKey).(*http.Server); ok {
		server.RegisterOnShutdown(sync.OnceFunc(func() { close(a.over) }))
	}
}

// Interface guards
var (
	_ caddy.AdminRouter = (*AdminAPI)(nil)
	_ caddy.Provisioner = (*AdminAPI)(nil)
)
