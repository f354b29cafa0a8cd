package caddymodule

import (
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

// unmarshalRetry reads:
//
//	retry {
//		attempts      <n>
//		delay         <first> [<longest>]
//		on            <network|timeout|code|class|!code...>
//		give_up_after <duration>
//	}
func unmarshalRetry(r *gateway.Retry) setter {
	return func(d *caddyfile.Dispenser) error {
		if d.CountRemainingArgs() > 0 {
			return d.ArgErr()
		}
		_, err := block(d, options{
			"attempts":      number(&r.Attempts),
			"delay":         unmarshalDelay(r),
			"on":            list(&r.On),
			"give_up_after": duration(&r.GiveUpAfter),
		})
		return err
	}
}

// unmarshalDelay reads: delay <first> [<longest>]
func unmarshalDelay(r *gateway.Retry) setter {
	return func(d *caddyfile.Dispenser) error {
		if err := duration(&r.Delay)(d); err != nil || d.CountRemainingArgs() == 0 {
			return err
		}
		return duration(&r.Longest)(d)
	}
}

// unmarshalBreaker reads: breaker off | <failures> [pause <duration>]
func unmarshalBreaker(b *gateway.Breaker) setter {
	return func(d *caddyfile.Dispenser) error {
		if !d.NextArg() {
			return d.ArgErr()
		}
		if d.Val() == "off" {
			b.Off = true
			return nil
		}
		failures, err := strconv.Atoi(d.Val())
		if err != nil || failures < 1 {
			return d.Errf("breaker: %q is neither off nor a number of failures", d.Val())
		}
		b.Failures = failures
		if !d.NextArg() {
			return nil
		}
		if d.Val() != "pause" {
			return d.Errf("breaker: unexpected argument %q", d.Val())
		}
		return duration(&b.Pause)(d)
	}
}

// unmarshalPace reads: pace <attempts>/<window> [burst <n>]
func unmarshalPace(p *ratelimit.Policy) setter {
	return func(d *caddyfile.Dispenser) error {
		args := d.RemainingArgs()
		if len(args) == 0 {
			return d.ArgErr()
		}
		policy, err := ratelimit.ParsePolicy(strings.Join(args, " "))
		if err != nil {
			return d.WrapErr(err)
		}
		*p = policy
		return nil
	}
}

// unmarshalOrder reads: order by <placeholder>
func unmarshalOrder(order *string) setter {
	return func(d *caddyfile.Dispenser) error {
		if !d.NextArg() || d.Val() != "by" {
			return d.Err("order: it is written: order by <placeholder>")
		}
		return text(order)(d)
	}
}

// unmarshalSign reads: sign <secret>
func unmarshalSign(secret *gateway.SignSecret) setter {
	return func(d *caddyfile.Dispenser) error {
		var given string
		if err := text(&given)(d); err != nil {
			return err
		}
		if err := secret.UnmarshalText([]byte(given)); err != nil {
			return d.WrapErr(err)
		}
		return nil
	}
}
