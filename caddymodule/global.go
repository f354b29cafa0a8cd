package caddymodule

import (
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("webhook_gateway", parseApp)
}

// parseApp reads the global option. Syntax:
//
//	webhook_gateway {
//		max_buffered <size>
//		remember     <deliveries>
//	}
func parseApp(d *caddyfile.Dispenser, existing any) (any, error) {
	d.Next() // consume option name
	if existing != nil {
		return nil, d.Err("the global option webhook_gateway is given twice")
	}
	app := new(App)
	if d.NextArg() {
		return nil, d.ArgErr()
	}
	_, err := block(d, options{
		"max_buffered": size(&app.MaxBuffered),
		"remember":     number(&app.Remember),
	})
	if err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "webhook_gateway", Value: caddyconfig.JSON(app, nil)}, nil
}
