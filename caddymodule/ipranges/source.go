// Package ipranges is a source of IP ranges for Caddy: the addresses that a
// provider of webhooks publishes that it sends from.
//
// A list is fetched in the background and kept on disk. Where there is no
// list, no address is on it: whatever goes wrong, nobody is let in by it.
package ipranges

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func init() {
	caddy.RegisterModule(new(Source))
}

const (
	// Module is the name of the module in the namespace http.ip_sources.
	Module = "webhook_provider"

	defaultRefresh = 24 * time.Hour
	leastRefresh   = time.Minute
)

// Source is the addresses that a provider of webhooks publishes. The list is
// fetched when Caddy starts and then again and again; the last good one is
// kept on disk. While there is none, no address is on it.
type Source struct {
	// Whose addresses: a provider that publishes them in a form that programs
	// can read.
	Provider string `json:"provider"`

	// Where the list is, if not where the provider publishes it: a mirror, in
	// the provider's own format. It must be https, or http on a loopback
	// address, and have no user, query or fragment. Default: the provider's.
	URL string `json:"url,omitempty"`

	// How often the list is fetched again, at least 1m. A list on disk that is
	// younger than this is not fetched again at the start. Default: 24h.
	Refresh gateway.Duration `json:"refresh,omitempty"`

	log  *zap.Logger
	list *list // held until Cleanup
}

// CaddyModule returns the Caddy module information.
func (*Source) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.ip_sources." + Module,
		New: func() caddy.Module { return new(Source) },
	}
}

// Provision joins the list, which it loads from disk if nobody has it yet. It
// does not wait for the network.
func (s *Source) Provision(ctx caddy.Context) error {
	if err := s.Validate(); err != nil {
		return err
	}
	s.log = ctx.Logger()
	provider, _ := verify.Lookup(s.Provider)
	p := place{provider: provider.Name, from: *provider.IPRanges, dir: directory()}
	if s.URL != "" && s.URL != p.from.URL {
		p.from.URL, p.mirror = s.URL, true
	}
	var err error
	s.list, err = join(p, s)
	return err
}

// Validate checks the options, and that the provider publishes a list.
func (s *Source) Validate() error {
	var problems []error
	if p, ok := verify.Lookup(s.Provider); !ok || p.IPRanges == nil {
		problems = append(problems, fmt.Errorf("provider %q does not publish its addresses for programs; these do: %s", s.Provider, publishers()))
	}
	if s.URL != "" && !acceptable(s.URL) {
		problems = append(problems, errors.New("url: it must be https (or http on a loopback address), and have no user, query or fragment"))
	}
	if s.Refresh != 0 && time.Duration(s.Refresh) < leastRefresh {
		problems = append(problems, fmt.Errorf("refresh: %v is shorter than 1m", s.Refresh))
	}
	return errors.Join(problems...)
}

// Cleanup leaves the list. It ends with the last that leaves.
func (s *Source) Cleanup() error {
	if s.list == nil {
		return nil // Provision failed before we had anything
	}
	return s.list.leave(s)
}

// GetIPRanges returns the provider's addresses as they are known now: none
// while they are not. It neither waits nor allocates, and may be called
// concurrently; the ranges must not be changed.
func (s *Source) GetIPRanges(*http.Request) []netip.Prefix { return *s.list.ranges.Load() }

// UnmarshalCaddyfile reads:
//
//	webhook_provider <provider> {
//		url     <url>
//		refresh <duration>
//	}
func (s *Source) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // consume module name
	first := *d
	if !d.AllArgs(&s.Provider) {
		return d.ArgErr()
	}
	for d.NextBlock(0) {
		if err := s.unmarshalOption(d); err != nil {
			return err
		}
	}
	if err := s.Validate(); err != nil {
		return first.WrapErr(err)
	}
	return nil
}

func (s *Source) unmarshalOption(d *caddyfile.Dispenser) error {
	var value string
	switch name := d.Val(); {
	case name != "url" && name != "refresh":
		return d.Errf("unrecognized option %q; have refresh, url", name)
	case name == "url" && s.URL != "", name == "refresh" && s.Refresh != 0:
		return d.Errf("option %q is given twice", name)
	case !d.AllArgs(&value):
		return d.ArgErr()
	case name == "url":
		s.URL = value
		return nil
	}
	refresh, err := gateway.ParseDuration(value)
	if err != nil {
		return d.WrapErr(err)
	}
	if refresh == 0 {
		return d.Err("refresh: a duration of zero is not possible here")
	}
	s.Refresh = refresh
	return nil
}

// refresh is how often this source wants the list to be fetched.
func (s *Source) refresh() time.Duration {
	if s.Refresh == 0 {
		return defaultRefresh
	}
	return time.Duration(s.Refresh)
}

// publishers are the names of the providers that publish a list.
func publishers() string {
	var names []string
	for _, p := range verify.Providers() {
		if p.IPRanges != nil {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, ", ")
}

// acceptable reports whether a list may be fetched from there. What it refuses
// could hold a secret, which would be logged and kept on disk, or be changed
// on its way.
func acceptable(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// Interface guards
var (
	_ caddy.Provisioner       = (*Source)(nil)
	_ caddy.Validator         = (*Source)(nil)
	_ caddy.CleanerUpper      = (*Source)(nil)
	_ caddyfile.Unmarshaler   = (*Source)(nil)
	_ caddyhttp.IPRangeSource = (*Source)(nil)
)
