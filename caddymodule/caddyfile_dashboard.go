package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

func init() {
	httpcaddyfile.RegisterDirective("webhook_dashboard", parseDashboard)
	// Before webhook_gateway, which leaves nothing for those behind it; after
	// basic_auth and forward_auth.
	httpcaddyfile.RegisterDirectiveOrder("webhook_dashboard", httpcaddyfile.After, "error")
}

// parseDashboard reads a dashboard. Syntax:
//
//	webhook_dashboard [@<matcher>] [<path>] {
//		hosts                 <host...>
//		insecure_without_auth
//	}
//
// The path is what everything is below, and no matcher.
func parseDashboard(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next() // consume directive name
	var matcher caddy.ModuleMap
	if ahead := *h.Dispenser; ahead.NextArg() && !strings.HasPrefix(ahead.Val(), "/") {
		var err error
		if matcher, err = h.ExtractMatcherSet(); err != nil {
			return nil, err
		}
		h.Next() // it began anew
	}
	d, err := parseDashboardOptions(h.Dispenser)
	if err != nil {
		return nil, err
	}
	return h.NewRoute(matcher, d), nil
}

func parseDashboardOptions(dispenser *caddyfile.Dispenser) (*Dashboard, error) {
	first := *dispenser // stays on the first line, for errors about all of it
	d := new(Dashboard)
	if dispenser.NextArg() {
		d.Prefix = dispenser.Val()
	}
	if dispenser.NextArg() {
		return nil, dispenser.ArgErr()
	}
	if _, err := block(dispenser, d.options()); err != nil {
		return nil, err
	}
	if err := d.Validate(); err != nil {
		return nil, first.WrapErr(err)
	}
	return d, nil
}

func (d *Dashboard) options() options {
	return options{
		"hosts":                 list(&d.Hosts),
		"insecure_without_auth": given(&d.InsecureWithoutAuth),
	}
}
