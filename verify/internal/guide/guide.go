// Package guide writes docs/PROVIDERS.md from the catalogue, so that what the
// document says is what the code does.
package guide

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

//go:generate go run ./write ../../../docs/PROVIDERS.md

//go:embed intro.md
var intro string

//go:embed adding.md
var adding string

// generic is the order of the sections about ways of signing.
var generic = []string{"hmac", "token", "bearer", "basic", "mtls", "none"}

// Markdown writes the document about these providers. The same providers make
// the same document, in whatever order they come.
func Markdown(w io.Writer, providers []*verify.Provider) error {
	providers = slices.Clone(providers)
	slices.SortFunc(providers, func(a, b *verify.Provider) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	b.WriteString(intro)
	overview(&b, providers)
	b.WriteString("\n## Any sender\n")
	for _, name := range generic {
		for _, p := range providers {
			if p.Name == name {
				section(&b, p)
			}
		}
	}
	b.WriteString("\n## Sender by sender\n")
	for _, p := range providers {
		if !slices.Contains(generic, p.Name) {
			section(&b, p)
		}
	}
	b.WriteString("\n" + adding)
	_, err := w.Write(b.Bytes())
	return err
}

func overview(b *bytes.Buffer, providers []*verify.Provider) {
	b.WriteString("\n## Overview\n\n")
	b.WriteString("| `verify` | who | proof | besides the secret | handshake | delivery id | facts from |\n|---|---|---|---|---|---|---|\n")
	for _, p := range providers {
		names := fmt.Sprintf("[`%s`](#%[1]s)", p.Name)
		for _, alias := range p.Aliases {
			names += ", " + code(alias)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", names, p.Title, proofs(p), orDash(codes(p.NeededOptions())),
			yes(len(p.Handshakes) > 0), deliveryID(p), p.Confidence)
	}
}

// proofs is how the default schemes verify, each way once.
func proofs(p *verify.Provider) string {
	var all []string
	for _, s := range p.DefaultSchemes() {
		if text := proof(s); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, ", ")
}

func deliveryID(p *verify.Provider) string {
	switch {
	case !slices.ContainsFunc(p.DefaultSchemes(), func(s *verify.Scheme) bool { return known(idOf(p, s)) }):
		return "none"
	case p.IDSigned():
		return "signed"
	}
	return "unsigned"
}

// idOf and eventOf are the places that count for a scheme.
func idOf(p *verify.Provider, s *verify.Scheme) *verify.Place {
	if s.ID != nil {
		return s.ID
	}
	return p.ID
}

func eventOf(p *verify.Provider, s *verify.Scheme) *verify.Place {
	if s.Event != nil {
		return s.Event
	}
	return p.Event
}

func known(p *verify.Place) bool { return p != nil && p.In != "none" }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "–"
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func code(s string) string { return "`" + strings.ReplaceAll(s, "\n", `\n`) + "`" }

func codes(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, code(name))
	}
	return strings.Join(all, ", ")
}
