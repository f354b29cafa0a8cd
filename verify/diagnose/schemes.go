package diagnose

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// schemes tries the provider's other schemes.
func (e *explainer) schemes() bool {
	for _, s := range e.provider.Schemes {
		if e.uses(s.Name) || s.Kind == "none" {
			continue
		}
		if !e.tryOptions("scheme", s.Name) && !e.tryScheme(e.provider.Name, s) {
			continue
		}
		e.cause("other_scheme", "The request is signed as the provider's scheme %s says (%s), which is not among those that are accepted (%s). Set the option scheme to %s%s.",
			s.Name, method(defaulted(s)), strings.Join(e.schemeNames(), ", "), s.Name, e.weaker(s))
		return true
	}
	return false
}

func (e *explainer) uses(scheme string) bool { return slices.Contains(e.schemeNames(), scheme) }

func (e *explainer) schemeNames() []string {
	var names []string
	for _, d := range e.readings {
		if !slices.Contains(names, d.Scheme.Name) {
			names = append(names, d.Scheme.Name)
		}
	}
	return names
}

// strength ranks schemes by what a thief of one request could do.
func strength(s *verify.Scheme) int {
	switch {
	case s.Kind == "none":
		return 0
	case s.Kind == "token" || s.Kind == "basic":
		return 1
	case s.BodyUnsigned:
		return 2
	case s.Algorithm == "sha1" || s.Kind == "hash":
		return 3
	case s.Timestamp == nil && s.Kind != "jwt":
		return 4
	}
	return 5
}

// weaker warns of a scheme that is weaker than the configured one.
func (e *explainer) weaker(s *verify.Scheme) string {
	if strength(s) < strength(e.readings[0].Scheme) {
		return "; it is weaker than " + e.readings[0].Scheme.Name + ", so rather have the sender sign that way"
	}
	return ""
}

// tryScheme tries a scheme of any provider, with the options that it needs.
func (e *explainer) tryScheme(provider string, s *verify.Scheme) bool {
	c := verify.Config{Provider: provider, Secrets: e.config.Secrets, Options: map[string]string{"scheme": s.Name}}
	for _, name := range slices.Concat(s.Requires, s.Optional) {
		if value := e.config.Options[name]; value != "" {
			c.Options[name] = value
		}
	}
	_, ok := e.tryConfig(c)
	return ok
}

// A match is a provider whose signature a request carries.
type match struct {
	provider *verify.Provider
	scheme   *verify.Scheme
	score    int // headers of the provider that are there
}

// maxMatches bounds the other providers that are tried.
const maxMatches = 40

// providers tries the other providers whose signature's header is there, those
// first that most headers speak for.
func (e *explainer) providers() bool {
	for i, m := range e.matches() {
		if i == maxMatches {
			break
		}
		if e.tryScheme(m.provider.Name, m.scheme) {
			e.cause("other_provider", "The request verifies as one of %s (provider %s, scheme %s), not of %s. Change the provider.", m.provider.Title, m.provider.Name, m.scheme.Name, e.provider.Title)
			return true
		}
	}
	return false
}

func (e *explainer) matches() []match {
	var all []match
	for _, p := range verify.Providers() {
		if p == e.provider {
			continue
		}
		for _, s := range p.Schemes {
			if n := e.score(p, s); n > 0 {
				all = append(all, match{p, s, n})
			}
		}
	}
	// Stable: the provider's own order, and the generic ones last.
	slices.SortStableFunc(all, func(a, b match) int {
		if a.provider.Generic != b.provider.Generic {
			return cmp.Compare(generic(a), generic(b))
		}
		return cmp.Compare(b.score, a.score)
	})
	return all
}

func generic(m match) int {
	if m.provider.Generic {
		return 1
	}
	return 0
}

// score counts the provider's headers in the request; 0 without a signature.
func (e *explainer) score(p *verify.Provider, s *verify.Scheme) int {
	g := &s.Signature
	if s.Kind == "none" || s.Kind == "mtls" || g.In != "" && g.In != "header" {
		return 0
	}
	if !slices.ContainsFunc(append([]string{g.Name}, g.AltNames...), e.there) {
		return 0
	}
	n := 1
	if !p.Generic && g.Name == "Authorization" {
		n = 0 // anyone's: something else must speak for the provider
	}
	for _, place := range []*verify.Place{p.ID, p.Event, s.ID, s.Event} {
		if place != nil && place.In == "header" && e.there(place.Name) {
			n++
		}
	}
	for _, name := range s.RequiredHeaders {
		if e.there(name) {
			n++
		}
	}
	return n
}

func (e *explainer) there(header string) bool {
	return header != "" && e.request.Header.Get(header) != ""
}

// defaulted is a scheme of the catalogue with what its sentence needs.
func defaulted(s *verify.Scheme) *verify.Scheme {
	c := *s
	c.Signature.In = cmp.Or(c.Signature.In, "header")
	return &c
}

// similar names what the request carries instead of the expected signature.
func (e *explainer) similar() string {
	var names, providers []string
	for _, name := range slices.Sorted(keysOf(e.request.Header)) {
		if likely.MatchString(name) && name != e.signatureHeader() && len(names) < maxCandidates {
			names = append(names, http.CanonicalHeaderKey(name))
		}
	}
	for _, m := range e.matches() {
		if !m.provider.Generic && !slices.Contains(providers, m.provider.Title) && len(providers) < 3 {
			providers = append(providers, m.provider.Title)
		}
	}
	if len(names) == 0 {
		return ""
	}
	text := fmt.Sprintf(" There is %s instead", strings.Join(names, ", "))
	if len(providers) > 0 {
		text += ", as " + strings.Join(providers, " or ") + " sends it"
	}
	return text + "."
}
