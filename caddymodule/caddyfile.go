package caddymodule

import (
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("webhook_gateway", parseHandler)
	httpcaddyfile.RegisterDirectiveOrder("webhook_gateway", httpcaddyfile.Before, "reverse_proxy")
}

// parseHandler reads an endpoint. Syntax:
//
//	webhook_gateway [<matcher>] <name> {
//		verify         <provider> [<secret...>] {
//			<option> <value...>
//		}
//		allow_ips      <address|cidr|private_ranges...>
//		allow_ips_from <module> [<args...>]
//		rate_limit     <events>/<window> [burst <n>] [per <key>]
//		max_body       <size>
//		body_timeout   <duration>
//		events         <glob...>
//		accept         <condition>
//		idempotency    off | [<key>] [ttl <duration>]
//		mode           proxy
//		timeout        <duration>
//		to             <upstream...>
//		deliver {
//			<directives...>
//		}
//	}
//
// `allow_ips_from` and `rate_limit` may be given several times, any other
// option once. There must be `verify`, and one of `to` and `deliver`.
func parseHandler(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next() // consume directive name
	handler := new(Handler)
	if !h.AllArgs(&handler.Name) {
		return nil, h.Err("webhook_gateway takes one argument besides the matcher: the endpoint's name")
	}
	if err := block(h.Dispenser, handler.options(h)); err != nil {
		return nil, err
	}
	if handler.Verify.Provider == "" {
		return nil, h.Errf("endpoint %q has no verify; to accept webhooks from anyone, say: verify none", handler.Name)
	}
	if len(handler.Deliver) == 0 {
		return nil, h.Errf("endpoint %q has no destination; say: to <upstream>", handler.Name)
	}
	if err := handler.Validate(); err != nil {
		return nil, h.Errf("endpoint %q: %v", handler.Name, err)
	}
	return handler, nil
}

func (h *Handler) options(helper httpcaddyfile.Helper) options {
	return options{
		"verify":            h.unmarshalVerify,
		"allow_ips":         list(&h.AllowIPs),
		"allow_ips_from...": h.unmarshalSource,
		"rate_limit...":     h.unmarshalRateLimit,
		"max_body":          size(&h.MaxBody),
		"body_timeout":      duration(&h.BodyTimeout),
		"events":            list(&h.Events),
		"accept":            expression(&h.Accept),
		"idempotency":       h.unmarshalIdempotency,
		"mode":              text(&h.Mode),
		"timeout":           duration(&h.Timeout),
		"to":                h.destination(helper, upstreams),
		"deliver":           h.destination(helper, segment),
	}
}

// unmarshalVerify reads: verify <provider> [<secret...>] { <option> <value...> }
func (h *Handler) unmarshalVerify(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	h.Verify = verify.Config{Provider: d.Val(), Secrets: d.RemainingArgs()}
	if _, ok := verify.Lookup(h.Verify.Provider); !ok {
		return d.Errf("verify: unknown provider %q; for one that is not in the list use: verify hmac", h.Verify.Provider)
	}
	known := make(options)
	for _, name := range verify.OptionNames() {
		known[name] = h.verifyOption(name)
	}
	return block(d, known)
}

// tokens undoes Caddy's shorthands in a signed-content template, where
// {method} and {path} are verify's own tokens.
var tokens = strings.NewReplacer("{http.request.method}", "{method}", "{http.request.uri.path}", "{path}")

func (h *Handler) verifyOption(name string) setter {
	return func(d *caddyfile.Dispenser) error {
		var values []string
		if err := list(&values)(d); err != nil {
			return err
		}
		if h.Verify.Options == nil {
			h.Verify.Options = make(map[string]string)
		}
		h.Verify.Options[name] = tokens.Replace(strings.Join(values, " "))
		return nil
	}
}

// unmarshalSource reads: allow_ips_from <module> [<args...>]
func (h *Handler) unmarshalSource(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	name := d.Val()
	unmarshaler, err := caddyfile.UnmarshalModule(d, "http.ip_sources."+name)
	if err != nil {
		return err
	}
	source, ok := unmarshaler.(caddyhttp.IPRangeSource)
	if !ok {
		return d.Errf("%q is not a source of IP ranges", name)
	}
	h.AllowIPsFromRaw = append(h.AllowIPsFromRaw, caddyconfig.JSONModuleObject(source, "source", name, nil))
	return nil
}

// unmarshalRateLimit reads: rate_limit <events>/<window> [burst <n>] [per <key>]
func (h *Handler) unmarshalRateLimit(d *caddyfile.Dispenser) error {
	args := d.RemainingArgs()
	var l gateway.RateLimit
	if i := slices.Index(args, "per"); i >= 0 {
		if len(args) != i+2 {
			return d.Err("rate_limit: per takes one key, as the last argument")
		}
		args, l.Per = args[:i], args[i+1]
	}
	if len(args) == 0 {
		return d.ArgErr()
	}
	var err error
	if l.Limit, err = ratelimit.ParsePolicy(strings.Join(args, " ")); err != nil {
		return d.WrapErr(err)
	}
	if slices.Contains(h.RateLimits, l) {
		return d.Err("rate_limit: the same limit is given twice")
	}
	h.RateLimits = append(h.RateLimits, l)
	return nil
}

// unmarshalIdempotency reads: idempotency off | [<key>] [ttl <duration>]
func (h *Handler) unmarshalIdempotency(d *caddyfile.Dispenser) error {
	if d.CountRemainingArgs() == 0 {
		return d.ArgErr()
	}
	for d.NextArg() {
		switch {
		case d.Val() == "ttl":
			if err := duration(&h.Idempotency.TTL)(d); err != nil {
				return err
			}
		case d.Val() == "off":
			h.Idempotency.Off = true
		case h.Idempotency.Key == "":
			h.Idempotency.Key = d.Val()
		default:
			return d.Errf("idempotency: unexpected argument %q", d.Val())
		}
	}
	return nil
}

// destination reads what a destination's routes are made from.
func (h *Handler) destination(helper httpcaddyfile.Helper, read func(*caddyfile.Dispenser) (*caddyfile.Dispenser, error)) setter {
	return func(d *caddyfile.Dispenser) error {
		if len(h.Deliver) > 0 {
			return d.Err("an endpoint has one destination: either `to` or `deliver`")
		}
		directives, err := read(d)
		if err != nil {
			return err
		}
		sub, err := httpcaddyfile.ParseSegmentAsSubroute(helper.WithDispenser(directives))
		if err != nil {
			return err
		}
		h.Deliver = []Destination{{Routes: sub.(*caddyhttp.Subroute).Routes}}
		return nil
	}
}

// segment is the block of deliver as it stands.
func segment(d *caddyfile.Dispenser) (*caddyfile.Dispenser, error) {
	if d.CountRemainingArgs() > 0 {
		return nil, d.ArgErr()
	}
	return d.NewFromNextSegment(), nil
}

// upstreams is what `to <upstream...>` is short for:
//
//	deliver {
//		reverse_proxy <upstream...> {
//			transport http {
//				keepalive_idle_conns_per_host 1024
//			}
//		}
//	}
//
// Caddy's default of 32 idle connections makes a busy endpoint dial again and
// again.
func upstreams(d *caddyfile.Dispenser) (*caddyfile.Dispenser, error) {
	at := d.Token()
	args := d.RemainingArgs()
	if len(args) == 0 {
		return nil, d.ArgErr()
	}
	lines := [][]string{
		{"deliver", "{"},
		append([]string{"reverse_proxy"}, append(args, "{")...),
		{"transport", "http", "{"},
		{"keepalive_idle_conns_per_host", "1024"},
		{"}"}, {"}"}, {"}"},
	}
	var tokens []caddyfile.Token
	for i, line := range lines {
		for _, word := range line {
			tokens = append(tokens, caddyfile.Token{File: at.File, Line: at.Line + i, Text: word})
		}
	}
	return caddyfile.NewDispenser(tokens), nil
}

// Interface guards
var _ caddy.Module = (*Handler)(nil)
