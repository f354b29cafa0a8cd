package verify

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

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
	// Log is told when a provider's keys cannot be fetched. Nil: nobody is.
	Log *slog.Logger `json:"-"`
}

// A Verifier checks the requests of one provider. It may be used concurrently.
// The zero Verifier refuses everything.
type Verifier struct {
	provider *Provider
	checkers []*checker

	handshaker *handshaker // nil: the provider has no handshake
}

// A Result says how a request was verified.
type Result struct {
	// Scheme is the name of the provider's scheme that accepted it.
	Scheme string
	// Secret is the index in Config.Secrets of the one that matched; 0 for none.
	Secret int

	mac     [maxDigest]byte
	size    int
	checker *checker
}

// accept notes the key that verified a request, and what stands for the
// signed text.
func (r *Result) accept(k *key, proof []byte) {
	r.Secret, r.size = k.index, copy(r.mac[:], proof)
}

// cover adds the body to what stands for the signed text.
func (r *Result) cover(body []byte) {
	h := sha256.New()
	h.Write(r.MAC())
	h.Write(body)
	r.size = copy(r.mac[:], h.Sum(nil))
}

// MAC stands for what was signed: the MAC, or a hash of the text, where that
// was signed with a private key or may be signed several times. It is empty for schemes that only say who sends:
// token, basic, mtls, none, and a jwt that does not name the body. It is valid as long as r is.
func (r *Result) MAC() []byte { return r.mac[:r.size] }

// New returns a Verifier, or every problem of c by name. No error contains a
// secret.
func New(c Config) (*Verifier, error) {
	p, schemes, err := c.schemes()
	if err != nil {
		return nil, err
	}
	c = p.SecretOption.take(c)
	v := &Verifier{provider: p, handshaker: newHandshaker(p, c)}
	if err := v.compile(schemes, c); err != nil {
		v.Close()
		return nil, fmt.Errorf("provider %s: %w", p.Name, err)
	}
	for _, c := range v.checkers {
		if c.remote != nil {
			c.remote.vet = v.handshaker.vetTopic
		}
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
		err = errors.Join(schemes[i].check(), schemes[i].complete())
	}
	if err != nil {
		return nil, nil, fmt.Errorf("provider %s: %w", p.Name, err)
	}
	return p, schemes, nil
}

func (v *Verifier) compile(schemes []*Scheme, config Config) error {
	keys, err := newKeys(schemes, config.Secrets, v.provider.leastSecret(), v.provider.SecretOption.given(config))
	if err != nil {
		return err
	}
	for i, s := range schemes {
		for _, s := range s.variants() {
			c, err := newChecker(s, keys[i][s.Algorithm], config.Log)
			if err != nil {
				return err
			}
			v.checkers = append(v.checkers, c)
		}
	}
	return nil
}

// Provider returns the catalogue's entry. It must not be changed.
func (v *Verifier) Provider() *Provider { return v.provider }

// Authenticates reports whether every scheme proves something: kind none does
// not.
func (v *Verifier) Authenticates() bool {
	return !slices.ContainsFunc(v.checkers, func(c *checker) bool { return c.Kind == "none" })
}

var errNoScheme = fmt.Errorf("no scheme configured: %w", ErrMismatch)

// CheckHeader refuses what can be refused before the body is read: a missing,
// repeated or malformed signature, token or required header, and a timestamp
// that is missing, malformed, old or ahead. Nil does not mean authentic.
func (v *Verifier) CheckHeader(now time.Time, h http.Header) error {
	var failed refusal
	for _, c := range v.checkers {
		err := c.checkHeader(now, h)
		if err == nil {
			return nil
		}
		failed.note(c, h, err)
	}
	return failed.get()
}

// Verify checks a request completely, including all that CheckHeader checks.
// With several schemes any may accept; otherwise the error is that of the one
// that got furthest. An error that is ErrUnavailable is no judgement.
func (v *Verifier) Verify(now time.Time, r *Request) (res Result, err error) {
	var failed refusal
	for _, c := range v.checkers {
		if err = c.verify(now, r, &res); err == nil {
			err = v.handshaker.vet(c, r)
		}
		if err == nil {
			res.Scheme, res.checker = c.Name, c
			if c.SignatureRepeats {
				res.cover(r.Body)
			}
			return res, nil
		}
		failed.note(c, r.Header, err)
		res = Result{}
	}
	return Result{}, failed.get()
}

// Close stops the fetching of keys. The Verifier must not be used any more.
func (v *Verifier) Close() {
	for _, c := range v.checkers {
		c.remote.close()
	}
}

// A refusal chooses among the errors of several schemes: those that a request
// is meant for come first.
type refusal struct {
	applied, other furthest
}

func (f *refusal) note(c *checker, h http.Header, err error) {
	if c.applies(h) {
		f.applied.note(err)
	} else {
		f.other.note(err)
	}
}

func (f *refusal) get() error {
	switch {
	case f.applied.err != nil:
		return f.applied.err
	case f.other.err != nil:
		return f.other.err
	}
	return errNoScheme
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
		for _, s := range append([]*source{c.signature}, c.more...) {
			if s != nil {
				add(s.field)
			}
		}
		if c.stamp != nil {
			add(c.stamp.field)
		}
		for _, f := range c.required {
			add(f)
		}
		for _, e := range c.exact {
			add(e.field)
		}
		for _, t := range c.contents {
			for i := range t {
				add(t[i].header)
			}
		}
		if c.absent != "" {
			names = append(names, c.absent)
		}
		for _, p := range []*place{c.id, c.event} {
			if p != nil && p.in == "header" {
				names = append(names, p.names...)
			}
		}
	}
	slices.SortFunc(names, strings.Compare)
	return slices.Compact(names)
}
