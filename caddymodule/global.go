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
//		store        off | sqlite [<path>] {
//			reserve       <size>
//			commit_within <duration>
//			on_corrupt    refuse|quarantine
//		}
//		retain       off | <duration> [<size>]
//		max_stored   <events> [<size>]
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
	where, err := block(d, options{
		"max_buffered": size(&app.MaxBuffered),
		"remember":     number(&app.Remember),
		"store":        unmarshalStore(&app.Store),
		"retain":       unmarshalRetain(&app.Retain),
		"max_stored":   unmarshalMaxStored(&app.MaxStored),
	})
	if err != nil {
		return nil, err
	}
	if err := where.locate(*d, app.validateStore()); err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "webhook_gateway", Value: caddyconfig.JSON(app, nil)}, nil
}

// unmarshalStore reads: store off | sqlite [<path>] { ... }
func unmarshalStore(s *Store) setter {
	return func(d *caddyfile.Dispenser) error {
		if err := text(&s.Engine)(d); err != nil {
			return err
		}
		if s.Engine == engineOff {
			return nil
		}
		if d.NextArg() {
			s.Path = d.Val()
		}
		_, err := block(d, options{
			"reserve":       size(&s.Reserve),
			"commit_within": duration(&s.CommitWithin),
			"on_corrupt":    text(&s.OnCorrupt),
		})
		return err
	}
}

// unmarshalRetain reads: retain off | <duration> [<size>]
func unmarshalRetain(r *Retain) setter {
	return func(d *caddyfile.Dispenser) error {
		if args := *d; args.NextArg() && args.Val() == "off" {
			r.Off = d.NextArg()
			return nil
		}
		if err := duration(&r.For)(d); err != nil || d.CountRemainingArgs() == 0 {
			return err
		}
		return size(&r.Bytes)(d)
	}
}

// unmarshalMaxStored reads: max_stored <events> [<size>]
func unmarshalMaxStored(m *MaxStored) setter {
	return func(d *caddyfile.Dispenser) error {
		var events int
		if err := number(&events)(d); err != nil {
			return err
		}
		m.Events = int64(events)
		if d.CountRemainingArgs() == 0 {
			return nil
		}
		return size(&m.Bytes)(d)
	}
}
