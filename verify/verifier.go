package verify

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Request is what a sender sent, as far as a signature can cover it.
type Request struct {
	Method string
	URI    string      // path and query as received, before any rewrite
	Header http.Header // keys in canonical form, as net/http reads them
	Body   []byte      // the exact bytes
}

// A Config names a provider, the secrets, and what differs from its entry in
// the catalogue.
type Config struct {
	// Provider is a name or an alias from the catalogue, or one of the generic
	// entries hmac, token, bearer, basic and none. Required, no default.
	Provider string `json:"provider"`
	// Secrets are the keys, tokens, "user:password" or public keys that any
	// request may be verified with, newest first. Required for every provider
	// but none, which takes none. Default: none.
	Secrets []string `json:"secrets,omitempty"`
	// Options change the provider's scheme, see Options. Default: none.
	Options map[string]string `json:"options,omitempty"`
}

// A Verifier checks the requests of one provider. It may be used concurrently.
// The zero Verifier refuses everything.
type Verifier struct {
	provider  *Provider
	checkers  []*checker
	id, event *place
	idSigned  bool
}

// A Result says how a request was verified.
type Result struct {
	// Scheme is the name of the provider's scheme that accepted it.
	Scheme string
	// Secret is the index in Config.Secrets of the one that matched; 0 for none.
	Secret int

	mac  [maxDigest]byte
	size int
}

// MAC returns the decoded signature that matched. It is empty for schemes
// that sign nothing: token, basic and none. It is valid as long as r is.
func (r *Result) MAC() []byte { return r.mac[:r.size] }

// New returns a Verifier, or every problem of c by name. No error contains a
// secret.
func New(c Config) (*Verifier, error) {
	p, schemes, err := c.schemes()
	if err != nil {
		return nil, err
	}
	v := &Verifier{provider: p}
	if err := v.compile(schemes, c.Secrets); err != nil {
		return nil, fmt.Errorf("provider %s: %w", p.Name, err)
	}
	return v, nil
}

// errUnknownProvider does not name it: it may be a secret in the wrong place.
var errUnknownProvider = errors.New("unknown provider")

// Validate reports the problems of the provider and the options, by name. It
// does not look at the secrets.
func (c Config) Validate() error {
	_, _, err := c.schemes()
	return err
}

// schemes returns the schemes that the options choose and change.
func (c Config) schemes() (*Provider, []*Scheme, error) {
	p, ok := Lookup(c.Provider)
	if !ok {
		return nil, nil, errUnknownProvider
	}
	schemes, err := p.configure(c.Options)
	for i := 0; err == nil && i < len(schemes); i++ {
		err = schemes[i].check()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("provider %s: %w", p.Name, err)
	}
	return p, schemes, nil
}

func (v *Verifier) compile(schemes []*Scheme, secrets []string) error {
	keys, err := newKeys(schemes, secrets, v.provider.leastSecret())
	if err != nil {
		return err
	}
	for i, s := range schemes {
		v.checkers = append(v.checkers, newChecker(s, keys[i]))
	}
	v.locate()
	return nil
}

// newKeys returns the keys of each scheme. With several schemes a secret may
// be of use to only some of them.
func newKeys(schemes []*Scheme, secrets []string, least int) ([][]*key, error) {
	keys := make([][]*key, len(schemes))
	if schemes[0].Kind == "none" {
		if len(secrets) > 0 {
			return nil, errors.New("takes no secrets")
		}
		return keys, nil
	}
	if len(secrets) == 0 {
		return nil, errors.New("a secret is required")
	}
	var all []error
	for n, secret := range secrets {
		var first error
		used := false
		for i, s := range schemes {
			k, err := newKey(s, n, secret, least)
			switch {
			case err == nil:
				keys[i], used = append(keys[i], k), true
			case first == nil:
				first = err
			}
		}
		if !used {
			all = append(all, fmt.Errorf("secret %d %w", n+1, first))
		}
	}
	for i, s := range schemes {
		if len(keys[i]) == 0 && all == nil {
			all = append(all, fmt.Errorf("no secret is of use to scheme %s", s.Name))
		}
	}
	return keys, errors.Join(all...)
}

// Provider returns the catalogue's entry. It must not be changed.
func (v *Verifier) Provider() *Provider { return v.provider }

var errNoScheme = fmt.Errorf("no scheme configured: %w", ErrMismatch)

// CheckHeader refuses what can be refused before the body is read: a missing,
// repeated or malformed signature, token or required header, and a timestamp
// that is missing, malformed, old or ahead. Nil does not mean authentic.
func (v *Verifier) CheckHeader(now time.Time, h http.Header) error {
	var failed refusal
	for _, c := range v.checkers {
		var in input
		err := c.read(now, h, &in)
		if err == nil {
			return nil
		}
		failed.note(c, h, err)
	}
	return failed.get()
}

// Verify checks a request completely, including all that CheckHeader checks.
// With several schemes any may accept; otherwise the error is that of the
// first one whose signature is there.
func (v *Verifier) Verify(now time.Time, r *Request) (res Result, err error) {
	var failed refusal
	for _, c := range v.checkers {
		if err = c.verify(now, r, &res); err == nil {
			return res, nil
		}
		failed.note(c, r.Header, err)
	}
	return Result{}, failed.get()
}

// A refusal chooses among the errors of several schemes.
type refusal struct {
	err     error
	applied bool
}

func (f *refusal) note(c *checker, h http.Header, err error) {
	if f.applied {
		return
	}
	f.applied = c.applies(h)
	if f.err == nil || f.applied {
		f.err = err
	}
}

func (f *refusal) get() error {
	if f.err == nil {
		return errNoScheme
	}
	return f.err
}

// Headers returns the canonical names of all headers that decide anything,
// sorted.
func (v *Verifier) Headers() []string {
	var names []string
	add := func(f *field) {
		if f != nil {
			names = append(names, f.names...)
		}
	}
	for _, c := range v.checkers {
		add(c.header)
		if c.stamp != nil {
			add(c.stamp.field)
		}
		for _, f := range c.required {
			add(f)
		}
		for i := range c.content {
			add(c.content[i].header)
		}
		if c.absent != "" {
			names = append(names, c.absent)
		}
	}
	for _, p := range []*place{v.id, v.event} {
		if p != nil && p.header != "" {
			names = append(names, p.header)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return slices.Compact(names)
}
