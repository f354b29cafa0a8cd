package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// snippet returns a Caddyfile for a provider that works once its secrets are
// in the environment and what begins with "your-" is filled in.
func snippet(p *verify.Provider) string {
	var b strings.Builder
	b.WriteString("hooks.example.com {\n")
	for _, text := range slices.Concat(p.Docs, notes(p), hints(p)) {
		b.WriteString("\t# " + text + "\n")
	}
	for line := range strings.Lines(p.Snippet()) {
		b.WriteString("\t" + line)
	}
	return b.String() + "}\n"
}

// notes say what to know before it is used.
func notes(p *verify.Provider) []string {
	var all []string
	s := chosen(p, nil)[0]
	switch {
	case s.Kind == "none":
		all = append(all, "Nothing is verified: anyone who knows the address can send.")
	case s.KeySource != nil:
		all = append(all, "The provider publishes its keys; they are fetched.")
	case slices.Contains([]string{"rsa", "ecdsa", "ed25519"}, s.Kind):
		all = append(all, "The secret is the provider's public key.")
	case s.Kind == "basic":
		all = append(all, "The secret is user:password.")
	}
	if s.Kind != "none" {
		all = append(all, "A second secret on the same line is accepted too, for rotation.")
	}
	if p.IPRanges != nil {
		all = append(all, "It publishes its addresses; to let in no others add: allow_ips provider")
	} else if p.IPList != "" {
		all = append(all, "The provider's addresses, for allow_ips: "+p.IPList)
	}
	if p.Patience > 0 {
		all = append(all, fmt.Sprintf("The provider waits %d s for an answer.", p.Patience))
	}
	for _, h := range p.Handshakes {
		all = append(all, "Answered when the address is tried out: "+h.Name)
	}
	return append(all, wrap(p.Notes)...)
}

// hints are the other schemes and options.
func hints(p *verify.Provider) []string {
	var all []string
	schemes := chosen(p, nil)
	for _, s := range p.Schemes {
		if !slices.Contains(schemes, s) {
			all = append(all, "In verify { ... }, instead: scheme "+describeScheme(s))
		}
	}
	for _, name := range schemes[0].Optional {
		if !slices.Contains(p.NeededOptions(), name) {
			all = append(all, fmt.Sprintf("In verify { ... }, %s <value>: optional", name))
		}
	}
	return all
}

// wrap breaks a text into lines of about 90 characters.
func wrap(text string) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+len(word) > 90 {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
