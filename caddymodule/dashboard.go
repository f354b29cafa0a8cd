package caddymodule

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

func init() {
	caddy.RegisterModule(new(Dashboard))
}

// Dashboard serves the gateway's dashboard, and the API below it, on a site.
// It needs authentication in front, as by basic_auth: whoever gets here sees
// what is stored and can have it sent again.
type Dashboard struct {
	// The path that everything is below, without a slash at its end. Requests
	// for other paths go on to the next handler.
	// Default: /webhook_gateway.
	Prefix string `json:"prefix,omitempty"`

	// Names of hosts that requests may be for, with a port or, for any port,
	// without. Others are refused, so that nobody's name can be made to point
	// here.
	// Default: those that the site is for; where it is for any, localhost and
	// addresses of loopback.
	Hosts []string `json:"hosts,omitempty"`

	// Serve requests that Caddy's authentication handlers have not let through
	// too: something else authenticates, as forward_auth or client
	// certificates, or nobody else can connect.
	// Default: false.
	InsecureWithoutAuth bool `json:"insecure_without_auth,omitempty"`

	server *caddyhttp.Server
	next   http.Handler
}

// CaddyModule returns the Caddy module information.
func (*Dashboard) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.webhook_dashboard",
		New: func() caddy.Module { return new(Dashboard) },
	}
}

// Provision makes the handler.
func (d *Dashboard) Provision(ctx caddy.Context) error {
	if d.Prefix == "" {
		d.Prefix = defaultPrefix
	}
	if d.InsecureWithoutAuth {
		ctx.Logger().Warn("the dashboard is served to anyone that other handlers let through", zap.String("prefix", d.Prefix))
	}
	if _, err := ctx.App("webhook_gateway"); err != nil {
		return err
	}
	over := make(chan struct{})
	if d.server, _ = ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server); d.server != nil {
		d.server.RegisterOnShutdown(sync.OnceFunc(func() { close(over) })) // streams end: a reload waits for them
	}
	d.next = admin.NewHandler(admin.Options{Source: system, Prefix: d.Prefix, CSRF: true, Now: time.Now, Done: over})
	return nil
}

var validPrefix = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

// Validate reports what is wrong with the options.
func (d *Dashboard) Validate() error {
	if d.Prefix != "" && !validPrefix.MatchString(d.Prefix) {
		return fmt.Errorf("webhook_dashboard: the path %q does not begin with a slash, or ends with one, or has characters other than letters, digits, -, ., _ and ~", d.Prefix)
	}
	if slices.Contains(d.Hosts, "") {
		return fmt.Errorf("webhook_dashboard: hosts: a name is empty")
	}
	return nil
}

// ServeHTTP serves what is below the prefix.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	rest, below := strings.CutPrefix(r.URL.Path, d.Prefix)
	if !below || rest != "" && rest[0] != '/' {
		return next.ServeHTTP(w, r)
	}
	switch {
	case rest == "":
		http.Redirect(w, r, d.Prefix+"/", http.StatusPermanentRedirect)
	case !d.authenticated(r):
		forbid(w, "Nobody has authenticated. The dashboard needs authentication in front of it, such as basic_auth; where something else authenticates, say so with insecure_without_auth.")
	case !d.forUs(r):
		forbid(w, "The dashboard is not served under this name. Its site needs a name, or name the hosts with the option hosts.")
	default:
		d.next.ServeHTTP(w, r)
	}
	return nil
}

// authenticated reports whether one of Caddy's handlers knows who this is.
func (d *Dashboard) authenticated(r *http.Request) bool {
	if d.InsecureWithoutAuth {
		return true
	}
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return false
	}
	user, _ := repl.GetString("http.auth.user.id")
	return user != ""
}

// forUs reports whether the request is for a host that the dashboard is for.
func (d *Dashboard) forUs(r *http.Request) bool {
	name := hostname(r.Host)
	if len(d.Hosts) > 0 {
		return slices.ContainsFunc(d.Hosts, func(host string) bool {
			return strings.EqualFold(host, r.Host) || strings.EqualFold(host, name)
		})
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	if addr, err := netip.ParseAddr(name); err == nil && addr.IsLoopback() {
		return true
	}
	if d.server == nil {
		return false
	}
	way, found := wayTo(d.server.Routes, d)
	return found && way.namesHosts()
}

// hostname is the host of a Host header.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// forbid refuses, with what to do about it.
func forbid(w http.ResponseWriter, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	_, _ = fmt.Fprintf(w, `{"title":"Forbidden","status":403,"detail":%q}`+"\n", detail) // who asked is gone
}

// Interface guards
var (
	_ caddy.Provisioner           = (*Dashboard)(nil)
	_ caddy.Validator             = (*Dashboard)(nil)
	_ caddyhttp.MiddlewareHandler = (*Dashboard)(nil)
)
