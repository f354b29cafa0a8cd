package verify

import (
	"fmt"
	"slices"
	"strings"
)

// Snippet returns an endpoint that verifies the provider, for a site of a
// Caddyfile: tabs, no empty lines, a newline at the end. Once the environment
// has the secret it loads; values that begin with "your-" and addresses are to
// be replaced.
func (p *Provider) Snippet() string {
	var b strings.Builder
	fmt.Fprintf(&b, "webhook_gateway /%[1]s %[1]s {\n\tverify %[1]s", p.Name)
	if secret := p.exampleSecret(); secret != "" {
		b.WriteString(" " + secret)
	}
	if needed := p.NeededOptions(); len(needed) > 0 {
		b.WriteString(" {\n")
		for _, name := range needed {
			fmt.Fprintf(&b, "\t\t%s %s\n", name, p.exampleValue(name))
		}
		b.WriteString("\t}")
	}
	b.WriteString("\n\tto app:3000\n}\n")
	return b.String()
}

// NeededOptions returns the options without which the default schemes verify
// nothing or a handshake of the provider is not answered, in the order of
// [Options]. Nil: the secret is enough.
func (p *Provider) NeededOptions() []string {
	var needed []string
	for _, s := range p.DefaultSchemes() {
		needed = append(needed, s.Requires...)
		if slices.Contains(s.Configurable, "header") && s.Signature.Name == "" {
			needed = append(needed, "header")
		}
	}
	for _, h := range p.Handshakes {
		needed = append(needed, h.Requires...)
		if h.Token != nil {
			needed = append(needed, h.Token.Option)
		}
		if h.Topic != nil {
			needed = append(needed, "topic")
		}
	}
	var sorted []string
	for _, o := range options {
		if slices.Contains(needed, o.Name) {
			sorted = append(sorted, o.Name)
		}
	}
	return sorted
}

// DefaultSchemes returns the schemes that are used when the option scheme
// names none. They must not be changed.
func (p *Provider) DefaultSchemes() []*Scheme {
	if len(p.Default) == 0 {
		return p.Schemes[:1]
	}
	var schemes []*Scheme
	for _, name := range p.Default {
		s, _ := p.scheme(name) // decodeProvider has seen it
		schemes = append(schemes, s)
	}
	return schemes
}

// IDSigned reports whether the default schemes sign the delivery id, see
// [Verifier.IDSigned].
func (p *Provider) IDSigned() bool {
	schemes, err := p.choose(nil)
	if err != nil {
		return false
	}
	v := &Verifier{provider: p}
	for _, s := range schemes {
		s.KeySource = nil // nothing is fetched to answer this
		// The variants differ in the hash, not in what is signed.
		c, err := newChecker(s.variants()[0], []*key{{}}, nil)
		if err != nil {
			return false
		}
		v.checkers = append(v.checkers, c)
	}
	return v.IDSigned()
}

// PublicKeys reports whether the secrets of the scheme are public keys.
func (s *Scheme) PublicKeys() bool { return s.public() }

// exampleSecret is what stands for the secret in a Caddyfile; "" for none.
func (p *Provider) exampleSecret() string {
	variable := strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_"))
	switch s := p.DefaultSchemes()[0]; {
	case s.Kind == "none" || s.KeySource != nil:
		return ""
	case s.Kind == "mtls":
		return "sender.example.com"
	case s.PublicKeys():
		return "{env." + variable + "_PUBLIC_KEY}"
	}
	return "{env." + variable + "_SECRET}"
}

// exampleValue is a value of an option, of the right form.
func (p *Provider) exampleValue(option string) string {
	switch option {
	case "url", "aud":
		return "https://hooks.example.com/" + p.Name
	case "base_url":
		return "https://hooks.example.com"
	case "email":
		return "pusher@project.iam.gserviceaccount.com"
	case "header":
		return "X-Signature"
	}
	return "your-" + strings.ReplaceAll(option, "_", "-")
}
