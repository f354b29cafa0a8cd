package verify

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Provider is who sends webhooks: an entry of the catalogue. It is shared
// and must not be changed.
type Provider struct {
	// Name is what a config says; Aliases are other names for the same.
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	// Title is the name for people.
	Title string `json:"title"`
	// Generic entries are no company but a way of signing; people make up
	// their secrets, so short ones are refused.
	Generic bool `json:"generic,omitempty"`
	// Docs are the pages the facts come from.
	Docs []string `json:"docs,omitempty"`
	// Confidence is how well the facts are known: verified in SDK source,
	// docs, project specification or standard.
	Confidence string `json:"confidence"`
	// Notes say what a user should know.
	Notes string `json:"notes,omitempty"`
	// Schemes: the first is used unless Default or the option scheme names
	// others.
	Schemes []*Scheme `json:"schemes"`
	// Default lists the schemes that are used together when the option scheme
	// names none: equally strong ones that the provider sends side by side.
	Default []string `json:"default,omitempty"`
	// Methods are those of the provider's webhooks besides POST.
	Methods []string `json:"methods,omitempty"`
	// ID and Event are where the delivery id and the event type are. Nil
	// when there is none.
	ID    *Place `json:"id,omitempty"`
	Event *Place `json:"event,omitempty"`
	// Handshakes are the requests by which the provider tries an address out.
	Handshakes []*Handshake `json:"handshakes,omitempty"`
	// SecretOption tells secrets that are the value of an option from the
	// others. Nil: none are.
	SecretOption *SecretOption `json:"secret_option,omitempty"`
	// Sample is a body as the provider sends it, for trying things out.
	Sample *Sample `json:"sample,omitempty"`
	// Ack is the text that the provider wants for an answer; "": any 2xx will do.
	Ack string `json:"ack,omitempty"`
	// MaxBody is the largest body the provider sends, in bytes; 0: not known.
	MaxBody int64 `json:"max_body,omitempty"`
	// Patience is how many seconds the sender waits for an answer; 0: not known.
	Patience int `json:"patience_s,omitempty"`
	// Retry says what the sender does when it gets none; "": not known.
	Retry string `json:"retry,omitempty"`
	// IPList is the page or file that lists the sender's addresses, IPRanges
	// the file in a form that a program can read.
	IPList   string    `json:"ip_list,omitempty"`
	IPRanges *IPRanges `json:"ip_ranges,omitempty"`
}

// IPRanges is where a provider publishes the addresses that it sends from.
type IPRanges struct {
	URL string `json:"url"`
	// Format is json or text (one range a line).
	Format string `json:"format"`
	// Paths lead to arrays of ranges in the JSON; "*" goes through every
	// element or member.
	Paths []string `json:"paths,omitempty"`
}

// A SecretOption says which secrets are the value of an option, for a provider
// of whom people have that first and the key later.
type SecretOption struct {
	Option string `json:"option"`
	// Pattern is a regular expression, from ^ to $, for the secrets.
	Pattern string `json:"pattern"`
}

// A Sample is what a provider might send.
type Sample struct {
	// Event is its type, where the event is in a header.
	Event string `json:"event,omitempty"`
	// ContentType of Body. Default: application/json.
	ContentType string `json:"content_type,omitempty"`
	// Headers that the provider sends and a Signer could not know.
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body"`
}

//go:embed providers/*.json
var files embed.FS

// catalogue is read once, when first asked for. A broken file is a mistake in
// this package that its tests find.
var catalogue = sync.OnceValue(func() []*Provider {
	ps, err := loadCatalogue(files)
	if err != nil {
		panic(err)
	}
	return ps
})

func loadCatalogue(fsys fs.FS) ([]*Provider, error) {
	names, err := fs.Glob(fsys, "providers/*.json")
	if err != nil {
		return nil, err
	}
	var ps []*Provider
	var all []error
	taken := map[string]bool{}
	for _, name := range names {
		p, err := loadProvider(fsys, name)
		if err != nil {
			all = append(all, fmt.Errorf("%s: %w", name, err))
			continue
		}
		for _, n := range append([]string{p.Name}, p.Aliases...) {
			if taken[n] {
				all = append(all, fmt.Errorf("%s: name %q is taken", name, n))
			}
			taken[n] = true
		}
		ps = append(ps, p)
	}
	slices.SortFunc(ps, func(a, b *Provider) int { return strings.Compare(a.Name, b.Name) })
	return ps, errors.Join(all...)
}

func loadProvider(fsys fs.FS, name string) (*Provider, error) {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	p, err := decodeProvider(b)
	if err == nil && p.Name+".json" != path.Base(name) {
		err = fmt.Errorf("name %q differs from the file's", p.Name)
	}
	return p, err
}

// decodeProvider reads and checks one provider's file.
func decodeProvider(b []byte) (*Provider, error) {
	p := new(Provider)
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(p); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("more than one value in the file")
	}
	if p.Name == "" || p.Title == "" || p.Confidence == "" || len(p.Schemes) == 0 {
		return nil, errors.New("name, title, confidence and schemes are required")
	}
	seen := map[string]bool{}
	for _, s := range p.Schemes {
		if s.Name == "" || seen[s.Name] {
			return nil, fmt.Errorf("scheme %q: the name is missing or taken", s.Name)
		}
		seen[s.Name] = true
		s = s.withDefaults()
		if p.Generic && slices.Contains(s.Configurable, "header") && s.Signature.Name == "" {
			s.Signature.Name = "Required-By-Option"
		}
		if err := s.check(); err != nil {
			return nil, fmt.Errorf("scheme %s: %w", s.Name, err)
		}
	}
	for _, name := range p.Default {
		if !seen[name] {
			return nil, fmt.Errorf("default: there is no scheme %q", name)
		}
	}
	if o := p.SecretOption; o != nil {
		if _, err := regexp.Compile(o.Pattern); err != nil || !slices.Contains(account, o.Option) {
			return nil, fmt.Errorf("secret_option: %q is no such option, or its pattern is none", o.Option)
		}
	}
	return p, errors.Join(p.ID.check(), p.Event.check(), p.checkHandshakes())
}

// Providers returns the catalogue, sorted by name.
func Providers() []*Provider { return slices.Clone(catalogue()) }

// Lookup finds a provider by name or alias.
func Lookup(name string) (*Provider, bool) {
	for _, p := range catalogue() {
		if p.Name == name || slices.Contains(p.Aliases, name) {
			return p, true
		}
	}
	return nil, false
}

// leastSecret is the fewest bytes of a secret.
func (p *Provider) leastSecret() int {
	if p.Generic {
		return minSecret
	}
	return 1
}

func (p *Provider) scheme(name string) (*Scheme, bool) {
	for _, s := range p.Schemes {
		if s.Name == name {
			return s, true
		}
	}
	return nil, false
}
