package guide

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// section writes what a user must know to receive from p.
func section(b *bytes.Buffer, p *verify.Provider) {
	fmt.Fprintf(b, "\n### %s\n\n**%s.**", p.Name, p.Title)
	if len(p.Aliases) > 0 {
		fmt.Fprintf(b, " Also: %s.", codes(p.Aliases))
	}
	if p.Notes != "" {
		b.WriteString(" " + p.Notes)
	}
	fmt.Fprintf(b, "\n\n```caddyfile\n%s```\n\n", p.Snippet())
	defaults := p.DefaultSchemes()
	for _, s := range defaults {
		if len(defaults) > 1 {
			fmt.Fprintf(b, "Scheme %s, accepted by default:\n\n", code(s.Name))
		}
		scheme(b, p, s)
		if len(defaults) > 1 {
			b.WriteString("\n")
		}
	}
	others(b, p, defaults)
	handshakes(b, p)
	sender(b, p)
	facts(b, p)
	b.WriteString(generics[p.Name])
}

// item writes one line of a list, unless there is nothing to say.
func item(b *bytes.Buffer, name, text string) {
	if text != "" {
		fmt.Fprintf(b, "- %s: %s\n", name, text)
	}
}

// scheme lists the facts about one scheme.
func scheme(b *bytes.Buffer, p *verify.Provider, s *verify.Scheme) {
	item(b, "Proof", describe(s))
	item(b, "Secret", secret(s))
	item(b, "Signed", signed(s))
	if s.URLAsCalled {
		item(b, "Address", "signed with the query of each call, so `url` needs none")
	}
	if s.URLDecoded != "" {
		item(b, "Escapes", "in the address signed as what they stand for: `"+s.URLDecoded+"`")
	}
	item(b, "Timestamp", timestamp(s))
	item(b, "Needed as well", codes(headers(s)))
	item(b, "Mind", strings.Join(weaknesses(s), "; "))
	item(b, "Options", options(p, s))
	item(b, "Delivery id", place(idOf(p, s)))
	item(b, "Event type", place(eventOf(p, s)))
}

// others lists the schemes that the option scheme has to name.
func others(b *bytes.Buffer, p *verify.Provider, defaults []*verify.Scheme) {
	for _, s := range p.Schemes {
		if slices.Contains(defaults, s) {
			continue
		}
		text := describe(s)
		if content := signed(s); content != "" {
			text += "; signs " + content
		}
		if takes := secret(s); takes != secret(defaults[0]) {
			text += "; secret: " + takes
		}
		if len(s.Requires) > 0 {
			text += "; needs the options " + codes(s.Requires)
		}
		if weak := weaknesses(s); len(weak) > 0 {
			text += ". Weaker: " + strings.Join(weak, "; ")
		}
		item(b, "Instead, with "+code("scheme "+s.Name), text)
	}
}

func handshakes(b *bytes.Buffer, p *verify.Provider) {
	var all []string
	for _, h := range p.Handshakes {
		method := h.When.Method
		if method == "" {
			method = "POST"
		}
		text := method + " " + code(h.Name)
		if h.Signed {
			text += " (once verified)"
		}
		if h.Confirm != nil {
			text += ", by calling the address in it"
		}
		all = append(all, text)
	}
	item(b, "Handshake, answered by the gateway", strings.Join(all, "; "))
}

// sender lists how the provider's side behaves.
func sender(b *bytes.Buffer, p *verify.Provider) {
	if p.Patience > 0 {
		item(b, "Waits for an answer", span(int64(p.Patience)))
	}
	item(b, "Without an answer", p.Retry)
	if p.MaxBody > 0 {
		item(b, "Largest body", fmt.Sprintf("%d MiB", p.MaxBody>>20))
	}
	switch {
	case p.IPRanges != nil:
		item(b, "Addresses", fmt.Sprintf("<%s>; `allow_ips provider` admits only them", p.IPRanges.URL))
	case p.IPList != "":
		item(b, "Addresses", fmt.Sprintf("<%s>; to be listed in `allow_ips`, where `provider` does not work", p.IPList))
	}
}

func facts(b *bytes.Buffer, p *verify.Provider) {
	var links []string
	for _, url := range p.Docs {
		links = append(links, "<"+url+">")
	}
	text := p.Confidence
	if len(links) > 0 {
		text += "; " + strings.Join(links, ", ")
	}
	item(b, "Facts", text)
}
