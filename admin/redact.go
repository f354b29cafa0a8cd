package admin

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// redacted stands for a value that is not shown.
const redacted = "[redacted]"

// Names of headers and parameters that hold secrets or signatures. Rather too
// many than too few: a name that has one of the telling parts anywhere, or one
// of the telling words between its punctuation.
var (
	tellingParts = []string{"token", "secret", "signature", "passw", "auth", "hmac", "key", "cookie", "credential", "session", "jwt"}
	tellingWords = []string{"sig", "sign", "mac", "hash", "pass", "pwd", "code", "sid", "cert", "verification"}
	harmless     = []string{"idempotency-key", "x-idempotency-key", "i-twilio-idempotency-token", "idempotency_key"}
)

// Secret reports whether the value of a header or a parameter of the name is
// redacted, whatever the endpoint.
func Secret(name string) bool { return redactor{}.secret(name) }

// A redactor knows which names hold secrets.
type redactor struct {
	names []string // besides those that tell it, in lower case
}

// redactor returns the one for an endpoint's events: what its configuration
// names as the place of the signature is redacted too.
func (s *System) redactor(endpoint string) redactor {
	for _, e := range s.Endpoints {
		if e.Name == endpoint {
			return redactor{e.signatures()}
		}
	}
	return redactor{}
}

// signatures are where the endpoint's options say that the signature is.
func (e *Endpoint) signatures() (names []string) {
	var config struct {
		Verify struct {
			Options map[string]string `json:"options"`
		} `json:"verify"`
	}
	if json.Unmarshal(e.Config, &config) != nil {
		return nil // it has no options that are ours
	}
	for _, option := range []string{"header", "parameter"} {
		if name := config.Verify.Options[option]; name != "" {
			names = append(names, strings.ToLower(name))
		}
	}
	return names
}

// catalogued are the names of what any provider signs with, in lower case.
var catalogued = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, p := range verify.Providers() {
		for _, s := range p.Schemes {
			g := s.Signature
			for _, name := range slices.Concat([]string{g.Name, g.AltQuery}, g.AltNames, g.MoreNames) {
				names[strings.ToLower(name)] = true
			}
		}
	}
	delete(names, "")
	return names
})

// secret reports whether the name is one of a secret.
func (r redactor) secret(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	switch {
	case catalogued()[name], slices.Contains(r.names, name):
		return true
	case slices.Contains(harmless, name), strings.HasSuffix(name, "timestamp"):
		return false
	}
	contains := func(part string) bool { return strings.Contains(name, part) }
	telling := func(word string) bool { return slices.Contains(tellingWords, word) }
	return slices.ContainsFunc(tellingParts, contains) || slices.ContainsFunc(strings.FieldsFunc(name, punctuation), telling)
}

func punctuation(c rune) bool { return strings.ContainsRune("-_.[]", c) }

// header is a header's value as it may be shown. One that is an address may
// have a query.
func (r redactor) header(name, value string) string {
	if r.secret(name) {
		return redacted
	}
	return r.target(value)
}

// target redacts the values in the query of an address. A value that looks like
// an address itself may have a query too.
func (r redactor) target(target string) string {
	path, query, found := strings.Cut(target, "?")
	if !found {
		return target
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, valued := strings.Cut(pair, "=")
		if !valued {
			continue
		}
		plain, err := url.QueryUnescape(name)
		if err != nil || r.secret(plain) {
			pairs[i] = name + "=" + redacted
		} else {
			pairs[i] = name + "=" + r.target(value)
		}
	}
	return path + "?" + strings.Join(pairs, "&")
}
