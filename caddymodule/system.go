package caddymodule

import (
	"cmp"
	"runtime/debug"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
)

// lately is what happened in this process lately, whatever its configuration.
var lately = activity.New(activity.Options{Now: time.Now})

// running is the app of the configuration that runs at the moment; nil: none
// does, or it has no endpoints. A reload that fails changes nothing.
func running() *App {
	app, err := caddy.ActiveContext().AppIfConfigured("webhook_gateway")
	if err != nil {
		return nil
	}
	return app.(*App)
}

// system describes what runs at the moment. It is an admin.Source.
func system() *admin.System {
	a := running()
	if a == nil {
		return nil
	}
	s := &admin.System{Version: version(), Activity: lately, Endpoints: a.described}
	if e := a.engine; e != nil {
		s.Engine = e.describe()
	}
	return s
}

// describe describes the engine. Its figures are taken first: a store that they
// say is open is there.
func (e *engine) describe() *admin.Engine {
	d := &admin.Engine{Stats: e.current(), Path: e.path}
	if w := e.works.Load(); w != nil {
		d.Store, d.Worker = w.store, w.worker
	}
	return d
}

// modulePath is this module's, as programs that link it have it.
const modulePath = "github.com/webhook-gateway/caddy-webhook-gateway"

// version is this module's version; "(devel)" when it is not known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknownVersion
	}
	return versionIn(info, caddy.CustomVersion)
}

const unknownVersion = "(devel)"

// versionIn is this module's version in a program. A release of cmd/caddy is
// stamped with it, as Caddy's custom version; in a program of somebody else's
// a stamp is that program's.
func versionIn(info *debug.BuildInfo, stamp string) string {
	if info.Main.Path == modulePath {
		return cmp.Or(stamp, info.Main.Version, unknownVersion)
	}
	for _, m := range info.Deps {
		if m.Path != modulePath {
			continue
		}
		if m.Replace != nil { // a checkout has no version, whatever was required
			m = m.Replace
		}
		return cmp.Or(m.Version, unknownVersion)
	}
	return unknownVersion
}

// describe describes the endpoints, in the order of the servers' names and
// then in that of their routes, copies once.
func (a *App) describe() []admin.Endpoint {
	names := make(map[*caddyhttp.Server]string)
	if app, err := a.ctx.AppIfConfigured("http"); err == nil {
		for name, server := range app.(*caddyhttp.App).Servers {
			names[server] = name
		}
	}
	handlers := slices.Clone(a.handlers)
	slices.SortStableFunc(handlers, func(h, other *Handler) int { return cmp.Compare(names[h.server], names[other.server]) })
	all := make([]admin.Endpoint, 0, len(handlers))
	for _, h := range handlers {
		if !slices.ContainsFunc(all, func(e admin.Endpoint) bool { return e.Name == h.Name }) {
			all = append(all, h.describe())
		}
	}
	return all
}
