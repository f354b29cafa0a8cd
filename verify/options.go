package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Option changes a provider's scheme. Options are applied in the order of
// the table.
type Option struct {
	Name        string
	Description string

	set func(*Scheme, string) error
}

// options is the one table of options.
var options = []Option{
	{"scheme", "which of the provider's schemes to accept; several are separated by spaces. Default: the first of the provider", nil},
	{"header", "the header that carries the signature or token. Default: the provider's; hmac has none", setHeader},
	{"algorithm", "the hash of the HMAC: sha1, sha256, sha384 or sha512. Default: sha256", setAlgorithm},
	{"encoding", "how the signature is written: hex, base64 or base64url. Default: hex", setEncoding},
	{"prefix", "text that must be before the signature, as sha256=. Default: none", setPrefix},
	{"signatures", "the form of the header: raw; list <version> (v1,<sig> v1,<sig>); kv <key> [<timestamp key> [<separator>]] (t=<ts>,v1=<sig>). Default: raw", setSignatures},
	{"key", "how the secret becomes the key: utf8 (as it is), hex or base64. Default: utf8", setKey},
	{"key_prefix", "text removed from a secret that begins with it, as whsec_. Default: none", setKeyPrefix},
	{"content", "what is signed, from {body} {ts} {method} {path} {uri} (with the query) {h:Name} and literal text. Default: {body}", setContent},
	{"timestamp", "where the signed timestamp is: header <name>, or signature <key>. Default: none", setTimestamp},
	{"unit", "how the timestamp is written: s, ms (since 1970), rfc3339 or http-date. Default: s", setUnit},
	{"tolerance", "how far the timestamp may be from now, either way: 1s to 24h. Default: 5m", setTolerance},
	{"id", "where the delivery id is: header <name>, or json <path>. Default: the provider's", setID},
	{"parameter", "the query parameter that carries the token. Default: the provider's", setParameter},
	{"url", "the public address that the provider calls, as it is registered there; only scheme and host is enough when the path is the same there. Default: none", setURL},
	{"base_url", "the address of the app, as it is registered at the provider. Default: none", setURLOf("base_url")},
	{"aud", "the audience that the provider's token must name. Default: none", set("aud")},
	{"email", "the service account that the provider's token must name. Default: none", set("email")},
	{"webhook_id", "the id of the subscription at the provider. Default: none", set("webhook_id")},
	{"public_key", "the id of the API key that signs, as the provider shows it. Default: none", set("public_key")},
	{"application_key", "the key of the application at the provider. Default: none", set("application_key")},
	{"topic", "the topics whose messages are wanted, separated by spaces; * alone means any, but then no subscription of Amazon SNS is confirmed. Default: any, where it is not required", setTopic},
	{"verify_token", "the token that the provider shows when it tries the address out. Default: any of the secrets", set("verify_token")},
	{"verification_token", "the token for the provider's challenge. Default: none", set("verification_token")},
	{"keys", "the https URL or the file with the provider's public keys, when no secret gives them. Default: the provider's own URL", set("keys")},
	{"event", "where the event type is: header <name>, or json <path>. Default: the provider's", setEvent},
}

// account are the options that belong to the user's account at the provider.
var account = []string{"url", "base_url", "aud", "email", "webhook_id", "public_key", "application_key", "topic", "verify_token", "verification_token", "keys"}

// Account reports whether an option's value belongs to the user's account at
// the provider, so that it may come from the environment as secrets do.
func (o Option) Account() bool { return slices.Contains(account, o.Name) }

// Options returns all options in the order in which they are applied.
func Options() []Option { return slices.Clone(options) }

// OptionNames returns the names of all options, sorted.
func OptionNames() []string {
	var names []string
	for _, o := range options {
		names = append(names, o.Name)
	}
	slices.Sort(names)
	return names
}

// optionNames is what option consults: the table itself refers to functions
// that a scheme's check must not depend on.
var optionNames = OptionNames()

func option(name string) (string, bool) { return name, slices.Contains(optionNames, name) }

// configure returns the schemes that opts choose, changed as they say.
func (p *Provider) configure(opts map[string]string) ([]*Scheme, error) {
	schemes, err := p.choose(opts)
	if err != nil {
		return nil, err
	}
	var all []error
	for name := range opts {
		if _, ok := option(name); !ok {
			all = append(all, fmt.Errorf("unknown option %q; there are %s", name, strings.Join(optionNames, ", ")))
		}
	}
	slices.SortFunc(all, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	for _, o := range options {
		if value, given := opts[o.Name]; given && o.set != nil {
			if err := o.apply(schemes, value); err != nil {
				all = append(all, fmt.Errorf("option %s: %w", o.Name, err))
			}
		}
	}
	for i, s := range schemes {
		schemes[i] = s.withDefaults()
	}
	return schemes, errors.Join(all...)
}

// choose returns copies of the schemes that the option scheme names.
func (p *Provider) choose(opts map[string]string) ([]*Scheme, error) {
	names := p.Default
	if len(names) == 0 {
		names = []string{p.Schemes[0].Name}
	}
	if list, given := opts["scheme"]; given {
		names = strings.Fields(list)
	}
	if len(names) == 0 {
		return nil, errors.New("option scheme: is empty")
	}
	var schemes []*Scheme
	for i, name := range names {
		s, ok := p.scheme(name)
		if !ok || slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("option scheme: %q is repeated or not one of %s", name, p.schemeNames())
		}
		s = s.withDefaults()
		if s.ID == nil {
			s.ID = p.ID
		}
		if s.Event == nil {
			s.Event = p.Event
		}
		schemes = append(schemes, s)
	}
	return schemes, nil
}

func (p *Provider) schemeNames() string {
	var names []string
	for _, s := range p.Schemes {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// apply changes all the schemes that allow it, of which there must be one.
func (o *Option) apply(schemes []*Scheme, value string) error {
	if strings.TrimSpace(value) == "" {
		return errors.New("is empty")
	}
	refused := error(nil)
	applied := false
	for _, s := range schemes {
		if err := s.allows(o.Name); err != nil {
			refused = err
			continue
		}
		applied = true
		if err := o.set(s, value); err != nil {
			return err
		}
	}
	if !applied {
		return refused
	}
	return nil
}

func (s *Scheme) allows(name string) error {
	switch {
	case name == "id", name == "event":
		return nil
	case name == "tolerance" || name == "unit":
		if s.Timestamp == nil {
			return fmt.Errorf("scheme %s has no timestamp", s.Name)
		}
		if name == "tolerance" {
			return nil
		}
	}
	if !slices.Contains(slices.Concat(s.Configurable, s.Requires, s.Optional), name) {
		return fmt.Errorf("is of no use to scheme %s", s.Name)
	}
	return nil
}
