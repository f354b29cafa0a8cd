package caddymodule

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/webhook-gateway/caddy-webhook-gateway/caddymodule/ipranges"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func init() {
	httpcaddyfile.RegisterHandlerDirective("webhook_gateway", parseHandler)
	// Before respond, so that `respond 404` is for what no endpoint takes; after
	// abort and error, which keep senders out.
	httpcaddyfile.RegisterDirectiveOrder("webhook_gateway", httpcaddyfile.Before, "respond")
}

// parseHandler reads an endpoint. Syntax:
//
//	webhook_gateway [<matcher>] <name> {
//		verify         <provider> [<secret...>] {
//			<option> <value...>
//		}
//		allow_ips      <address|cidr|private_ranges|provider...>
//		allow_ips_from <module> [<args...>]
//		rate_limit     <events>/<window> [burst <n>] [per <key>]
//		keep_refused_bodies
//		max_body       <size>
//		body_timeout   <duration>
//		events         <glob...>
//		accept         <condition>
//		idempotency    off | [<key>] [ttl <duration>]
//		mode           proxy|store
//		ack_within     <duration>
//		over_limit     defer|reject
//		respond        200|202
//		status_url
//		timeout        <duration>
//		retry {
//			attempts      <n>
//			delay         <first> [<longest>]
//			on            <network|timeout|code|class|!code...>
//			give_up_after <duration>
//		}
//		breaker        off | <failures> [pause <duration>]
//		in_flight      <n>
//		pace           <attempts>/<window> [burst <n>]
//		order by       <placeholder>
//		sign           <secret>
//		to             <upstream...>
//		deliver [<name>] {
//			<directives...>
//		}
//	}
//
// `allow_ips_from`, `rate_limit` and `deliver` may be given several times, any
// other option once. There must be `verify`, and `to` or `deliver`.
func parseHandler(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next()              // consume directive name
	first := *h.Dispenser // stays on the endpoint's first line, for errors about all of it
	handler := new(Handler)
	if !h.AllArgs(&handler.Name) {
		return nil, h.Err("webhook_gateway takes one argument besides the matcher: the endpoint's name")
	}
	where, err := block(h.Dispenser, handler.options(h))
	if err != nil {
		return nil, err
	}
	if handler.Verify.Provider == "" {
		return nil, first.Errf("endpoint %q has no verify; to accept webhooks from anyone, say: verify none", handler.Name)
	}
	if len(handler.Deliver) == 0 || len(handler.Deliver[0].Routes) == 0 {
		return nil, first.Errf("endpoint %q has no destination; say: to <upstream>", handler.Name)
	}
	if err := handler.allowProvider(where["allow_ips"]); err != nil {
		return nil, err
	}
	return handler, where.locate(first, handler.Validate())
}

func (h *Handler) options(helper httpcaddyfile.Helper) options {
	return options{
		"verify":              h.unmarshalVerify,
		"allow_ips":           list(&h.AllowIPs),
		"allow_ips_from...":   h.unmarshalSource,
		"rate_limit...":       h.unmarshalRateLimit,
		"keep_refused_bodies": given(&h.KeepRefusedBodies),
		"max_body":            size(&h.MaxBody),
		"body_timeout":        duration(&h.BodyTimeout),
		"events":              list(&h.Events),
		"accept":              expression(&h.Accept),
		"idempotency":         h.unmarshalIdempotency,
		"mode":                text(&h.Mode),
		"ack_within":          duration(&h.AckWithin),
		"over_limit":          text(&h.OverLimit),
		"respond":             number(&h.Respond),
		"status_url":          given(&h.StatusURL),
		"timeout":             duration(&h.Timeout),
		"retry":               unmarshalRetry(&h.Retry),
		"breaker":             unmarshalBreaker(&h.Breaker),
		"in_flight":           number(&h.InFlight),
		"pace":                unmarshalPace(&h.Pace),
		"order":               unmarshalOrder(&h.Order),
		"sign":                unmarshalSign(&h.Sign),
		"to":                  h.unmarshalTo,
		"deliver...":          func(d *caddyfile.Dispenser) error { return h.unmarshalDeliver(helper, d) },
	}
}

// unmarshalVerify reads: verify <provider> [<secret...>] { <option> <value...> }
func (h *Handler) unmarshalVerify(d *caddyfile.Dispenser) error {
	if !d.NextArg() {
		return d.ArgErr()
	}
	h.Verify = verify.Config{Provider: d.Val(), Secrets: d.RemainingArgs()}
	if _, ok := verify.Lookup(h.Verify.Provider); !ok {
		// It is not quoted: it may be a secret, where the provider was forgotten.
		return d.Err("verify: the first argument is not a provider; for one that is not in the list use: verify hmac")
	}
	known := make(options)
	for _, name := range verify.OptionNames() {
		known[name] = h.verifyOption(name)
	}
	_, err := block(d, known)
	return err
}

// tokens undoes Caddy's shorthands in a signed-content template, where
// {method}, {path} and {uri} are verify's own tokens.
var tokens = strings.NewReplacer("{http.request.method}", "{method}", "{http.request.uri.path}", "{path}", "{http.request.uri}", "{uri}")

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

// allowProvider replaces the word provider in allow_ips, which stands at that
// place, by the source of the addresses that the endpoint's provider publishes.
func (h *Handler) allowProvider(at caddyfile.Dispenser) error {
	if !slices.Contains(h.AllowIPs, "provider") {
		return nil
	}
	source := &ipranges.Source{Provider: h.Verify.Provider}
	if err := source.Validate(); err != nil {
		return at.Errf("allow_ips: %v", err)
	}
	h.AllowIPs = slices.DeleteFunc(h.AllowIPs, func(s string) bool { return s == "provider" })
	h.AllowIPsFromRaw = append(h.AllowIPsFromRaw, caddyconfig.JSONModuleObject(source, "source", ipranges.Module, nil))
	return nil
}

// unmarshalRateLimit reads: rate_limit <events>/<window> [burst <n>] [per <key>]
func (h *Handler) unmarshalRateLimit(d *caddyfile.Dispenser) error {
	args := d.RemainingArgs()
	var l gateway.RateLimit
	if i := slices.Index(args, "per"); i >= 0 {
		if len(args) != i+2 || args[i+1] == "" {
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
		case d.Val() == "ttl" && h.Idempotency.TTL == 0:
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

// unmarshalTo reads: to <upstream...>
func (h *Handler) unmarshalTo(d *caddyfile.Dispenser) error {
	routes, err := upstreams(d)
	if err != nil {
		return err
	}
	return h.addDestination(d, Destination{Routes: routes})
}

// unmarshalDeliver reads: deliver [<name>] { <directives...> }
func (h *Handler) unmarshalDeliver(helper httpcaddyfile.Helper, d *caddyfile.Dispenser) error {
	at := *d
	var name string
	if d.NextArg() {
		name = d.Val()
	}
	routes, err := directives(helper, d)
	if err != nil {
		return err
	}
	return h.addDestination(&at, Destination{Name: name, Routes: routes})
}

// addDestination adds one more place where the events go.
func (h *Handler) addDestination(d *caddyfile.Dispenser, more Destination) error {
	if err := gateway.CheckName(more.name()); err != nil {
		return d.WrapErr(err)
	}
	for _, other := range h.Deliver {
		if other.name() == more.name() {
			return d.Errf("there are two destinations named %q; give each `deliver` a name of its own", more.name())
		}
	}
	h.Deliver = append(h.Deliver, more)
	return nil
}

// directives reads the block that follows.
func directives(helper httpcaddyfile.Helper, d *caddyfile.Dispenser) (caddyhttp.RouteList, error) {
	if d.CountRemainingArgs() > 0 {
		return nil, d.ArgErr()
	}
	handler, err := httpcaddyfile.ParseSegmentAsSubroute(helper.WithDispenser(d.NewFromNextSegment()))
	if err != nil {
		return nil, err
	}
	return handler.(*caddyhttp.Subroute).Routes, nil
}

// idleConns is how many idle connections `to` keeps to each upstream. With
// Caddy's default of 32 a busy endpoint dials again and again.
const idleConns = 1024

// upstreams reads: to <upstream...>
//
// It is short for a deliver that has but a reverse_proxy with more idle
// connections than usual.
func upstreams(d *caddyfile.Dispenser) (caddyhttp.RouteList, error) {
	line := []caddyfile.Token{d.Token()}
	line[0].Text = "reverse_proxy"
	for d.NextArg() {
		line = append(line, d.Token())
	}
	if len(line) == 1 {
		return nil, d.ArgErr()
	}
	proxy := new(reverseproxy.Handler)
	for i := range line {
		line[i].Line = line[0].Line // also where the line goes on behind a backslash
	}
	if err := proxy.UnmarshalCaddyfile(caddyfile.NewDispenser(line)); err != nil {
		return nil, err
	}
	transport := new(reverseproxy.HTTPTransport)
	if proxy.TransportRaw != nil { // an https upstream has set TLS
		if err := json.Unmarshal(proxy.TransportRaw, transport); err != nil {
			return nil, d.WrapErr(err)
		}
	}
	transport.KeepAlive = &reverseproxy.KeepAlive{MaxIdleConnsPerHost: idleConns}
	proxy.TransportRaw = caddyconfig.JSONModuleObject(transport, "protocol", "http", nil)
	return caddyhttp.RouteList{{HandlersRaw: []json.RawMessage{caddyconfig.JSONModuleObject(proxy, "handler", "reverse_proxy", nil)}}}, nil
}
