package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
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
	{"content", "what is signed, from {body} {ts} {method} {path} {h:Name} and literal text. Default: {body}", setContent},
	{"timestamp", "where the signed timestamp is: header <name>, or signature <key>. Default: none", setTimestamp},
	{"unit", "how the timestamp is written: s, ms (since 1970), rfc3339 or http-date. Default: s", setUnit},
	{"tolerance", "how far the timestamp may be from now, either way: 1s to 24h. Default: 5m", setTolerance},
	{"id", "where the delivery id is: header <name>, or json <path>. Default: the provider's", setID},
	{"event", "where the event type is: header <name>, or json <path>. Default: the provider's", setEvent},
}

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
	names := []string{p.Schemes[0].Name}
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
	if !slices.Contains(s.Configurable, name) {
		return fmt.Errorf("scheme %s cannot be changed in this", s.Name)
	}
	return nil
}

func setHeader(s *Scheme, v string) error {
	s.Signature.Header, s.Signature.AltNames = v, nil
	return nil
}

func setAlgorithm(s *Scheme, v string) error {
	if s.Signature.Prefix == s.Algorithm+"=" {
		s.Signature.Prefix = v + "="
	}
	s.Algorithm = v
	return nil
}

func setEncoding(s *Scheme, v string) error {
	s.Signature.Encoding = v
	return nil
}

func setPrefix(s *Scheme, v string) error {
	s.Signature.Prefix, s.Signature.Parse = v, "prefix"
	return nil
}

func setSignatures(s *Scheme, v string) error {
	g := Signature{Header: s.Signature.Header, AltNames: s.Signature.AltNames, Encoding: s.Signature.Encoding}
	words := strings.Fields(v)
	switch {
	case len(words) == 1 && words[0] == "raw":
		g.Parse = "raw"
	case len(words) == 2 && words[0] == "list":
		g.Parse, g.Version = "versioned_list", words[1]
	case len(words) >= 2 && len(words) <= 4 && words[0] == "kv":
		g.Parse, g.SigKey = "kv", words[1]
		if len(words) > 2 {
			s.Timestamp = &Timestamp{In: "signature", Name: words[2]}
		}
		if len(words) > 3 {
			g.PairSep = words[3]
		}
	default:
		return errors.New("is neither raw, nor list <version>, nor kv <key> [<timestamp key> [<separator>]]")
	}
	if s.Signature.Prefix != "" && g.Parse != "raw" {
		return errors.New("prefix and a list exclude each other")
	}
	if g.Parse == "raw" {
		g.Parse, g.Prefix = s.Signature.Parse, s.Signature.Prefix
	}
	s.Signature = g
	return nil
}

func setKey(s *Scheme, v string) error {
	s.Key.Decode, s.Key.LenientPadding = v, v == "base64"
	return nil
}

func setKeyPrefix(s *Scheme, v string) error {
	s.Key.StripPrefix = v
	return nil
}

func setContent(s *Scheme, v string) error {
	s.Content = v
	return nil
}

func setTimestamp(s *Scheme, v string) error {
	words := strings.Fields(v)
	if len(words) != 2 || words[0] != "header" && words[0] != "signature" {
		return errors.New("is neither header <name> nor signature <key>")
	}
	if s.Timestamp != nil && (s.Timestamp.In != words[0] || s.Timestamp.Name != words[1]) {
		return errors.New("differs from the timestamp key of the option signatures")
	}
	s.Timestamp = &Timestamp{In: words[0], Name: words[1]}
	return nil
}

func setUnit(s *Scheme, v string) error {
	s.Timestamp.Unit = v
	return nil
}

func setTolerance(s *Scheme, v string) error {
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a duration such as 5m", v)
	case d%time.Second != 0 || d <= 0 || d > maxTolerance*time.Second:
		return fmt.Errorf("%s is not a whole number of seconds from 1s to 24h", v)
	}
	s.Timestamp.Tolerance = int64(d / time.Second)
	return nil
}

func setID(s *Scheme, v string) (err error) {
	s.ID, err = parsePlace(v)
	return err
}

func setEvent(s *Scheme, v string) (err error) {
	s.Event, err = parsePlace(v)
	return err
}

func parsePlace(v string) (*Place, error) {
	words := strings.Fields(v)
	if len(words) != 2 || words[0] != "header" && words[0] != "json" {
		return nil, errors.New("is neither header <name> nor json <path>")
	}
	p := &Place{In: words[0], Name: words[1]}
	return p, p.check()
}
