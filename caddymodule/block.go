package caddymodule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/dustin/go-humanize"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A setter reads one option's arguments, and its block if it has one. The
// dispenser stands on the option's name.
type setter func(d *caddyfile.Dispenser) error

// An options is a block's grammar: what may stand in it. An option may be
// given once, unless its name ends in "..." here.
type options map[string]setter

// block reads the block that follows, option by option. An option that is
// unknown, repeated or has arguments left over is an error. It returns where
// each option stands.
func block(d *caddyfile.Dispenser, known options) (places, error) {
	seen := make(places)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name := d.Val()
		set, ok := known[name]
		if many, repeats := known[name+"..."]; repeats {
			set, ok = many, true
		} else if _, twice := seen[name]; twice {
			return nil, d.Errf("option %q is given twice", name)
		}
		if !ok {
			return nil, d.Errf("unrecognized option %q; have %s", name, known.names())
		}
		seen[name] = *d
		if err := set(d); err != nil {
			return nil, named(name, err)
		}
		if d.NextArg() {
			return nil, d.Errf("option %q: unexpected argument %q", name, d.Val())
		}
	}
	return seen, nil
}

// named has an error begin with the option that it is about.
func named(option string, err error) error {
	if strings.HasPrefix(err.Error(), option+": ") {
		return err
	}
	return fmt.Errorf("%s: %w", option, err)
}

// places are where options stand, by name: dispensers that stay there.
type places map[string]caddyfile.Dispenser

// locate adds file and line to each of the errors in err, which begin with the
// name of the option they are about; to others, those of first.
func (p places) locate(first caddyfile.Dispenser, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var located []error
	for _, e := range joined.Unwrap() {
		name, _, _ := strings.Cut(e.Error(), ":")
		at, ok := p[name]
		if !ok {
			at = first
		}
		located = append(located, at.WrapErr(e))
	}
	return errors.Join(located...)
}

func (o options) names() string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, strings.TrimSuffix(name, "..."))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// text reads one argument.
func text(target *string) setter {
	return func(d *caddyfile.Dispenser) error {
		if !d.NextArg() {
			return d.ArgErr()
		}
		*target = d.Val()
		return nil
	}
}

// given reads an option without arguments.
func given(target *bool) setter {
	return func(*caddyfile.Dispenser) error {
		*target = true
		return nil
	}
}

// list reads one or more arguments.
func list(target *[]string) setter {
	return func(d *caddyfile.Dispenser) error {
		*target = d.RemainingArgs()
		if len(*target) == 0 {
			return d.ArgErr()
		}
		return nil
	}
}

// duration reads an argument like 30s or 7d. Zero would mean the default, so
// it is refused.
func duration(target *gateway.Duration) setter {
	return func(d *caddyfile.Dispenser) error {
		var s string
		if err := text(&s)(d); err != nil {
			return err
		}
		value, err := gateway.ParseDuration(s)
		if err != nil {
			return d.WrapErr(err)
		}
		if value == 0 {
			return d.Err("a duration of zero is not possible here")
		}
		*target = value
		return nil
	}
}

// size reads an argument like 1MiB. Zero would mean the default, so it is
// refused.
func size(target *int64) setter {
	return func(d *caddyfile.Dispenser) error {
		var s string
		if err := text(&s)(d); err != nil {
			return err
		}
		n, err := humanize.ParseBytes(s)
		if err != nil || n == 0 || n > 1<<40 {
			return d.Errf("%q is not a size between 1B and 1TiB, like 512KiB or 1MiB", s)
		}
		*target = int64(n)
		return nil
	}
}

// number reads a whole number above zero, in which _ may separate thousands.
func number(target *int) setter {
	return func(d *caddyfile.Dispenser) error {
		var s string
		if err := text(&s)(d); err != nil {
			return err
		}
		n, err := strconv.ParseUint(strings.ReplaceAll(s, "_", ""), 10, 31)
		if err != nil || n == 0 {
			return d.Errf("%q is not a whole number above zero", s)
		}
		*target = int(n)
		return nil
	}
}
