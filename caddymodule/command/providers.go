package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const providersHelp = `
Lists the providers whose webhooks can be verified. With a name it shows all
that is known about that provider, with a Caddyfile to start from; with a part
of a name or title, the list of those that have it.

The columns are the name to use in a configuration, the title, how requests are
proved genuine, how well that is known, and which options are required.

With --json it prints the catalogue's entries: an array of them, or the one
that was named.

Exit status:

	0  something was found
	2  there is no such provider; standard error says so in one line
`

const providersExamples = `  $ caddy webhook providers
  $ caddy webhook providers stripe
  $ caddy webhook providers git
  $ caddy webhook providers --json stripe`

func newProviders() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "providers [<name>]",
		Short:   "Lists the providers, or shows one with a Caddyfile for it",
		Long:    providersHelp,
		Example: providersExamples,
		Args:    takes(0, 1),

		DisableFlagsInUseLine: true,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the catalogue's entries")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		text := strings.Join(args, "")
		if p, ok := verify.Lookup(text); ok {
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), p)
			}
			showProvider(cmd.OutOrStdout(), p)
			return nil
		}
		found := search(text)
		switch {
		case len(found) == 0:
			return fmt.Errorf("there is no provider like %q", text)
		case asJSON:
			return writeJSON(cmd.OutOrStdout(), found)
		}
		return listProviders(cmd.OutOrStdout(), found)
	})
	return cmd
}

func listProviders(w io.Writer, ps []*verify.Provider) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printf(t, "NAME\tTITLE\tPROOF\tCONFIDENCE\tNEEDS\n")
	for _, p := range ps {
		printf(t, "%s\t%s\t%s\t%s\t%s\n", p.Name, p.Title, strings.Join(kinds(p), ", "), p.Confidence, strings.Join(required(p), ", "))
	}
	return t.Flush()
}

// kinds returns how a provider's schemes prove a request, without repetition.
func kinds(p *verify.Provider) []string {
	var all []string
	for _, s := range p.Schemes {
		kind := s.Kind
		if s.Algorithm != "" {
			kind += "-" + s.Algorithm
		}
		if !slices.Contains(all, kind) {
			all = append(all, kind)
		}
	}
	return all
}

// required returns the options that the schemes in use need.
func required(p *verify.Provider) []string {
	var all []string
	for _, s := range chosen(p, nil) {
		for _, name := range s.Requires {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
		if nameless(s) {
			all = append(all, "header")
		}
	}
	return all
}

// nameless reports whether only the option header says where the proof is.
func nameless(s *verify.Scheme) bool {
	return s.Signature.Name == "" && slices.Contains(s.Configurable, "header")
}

// showProvider prints one entry.
func showProvider(w io.Writer, p *verify.Provider) {
	printf(w, "%s (%s)\n", p.Title, strings.Join(append([]string{p.Name}, p.Aliases...), ", "))
	field := func(name, value string) {
		if value != "" {
			printf(w, "  %-12s%s\n", name, value)
		}
	}
	for _, s := range p.Schemes {
		field("scheme", describeScheme(s))
	}
	if len(p.Default) > 0 {
		field("used", strings.Join(p.Default, " and ")+", unless the option scheme says otherwise")
	} else if len(p.Schemes) > 1 {
		field("used", p.Schemes[0].Name+", unless the option scheme says otherwise")
	}
	field("id", describeID(p))
	field("event", describePlace(p.Event))
	field("confidence", p.Confidence)
	for _, d := range p.Docs {
		field("docs", d)
	}
	for _, h := range p.Handshakes {
		field("handshake", h.Name)
	}
	if p.MaxBody > 0 {
		field("largest", fmt.Sprintf("%d bytes", p.MaxBody))
	}
	if p.Patience > 0 {
		field("waits", fmt.Sprintf("%d s for an answer", p.Patience))
	}
	field("retries", p.Retry)
	field("addresses", p.IPList)
	field("notes", p.Notes)
	printf(w, "\nCaddyfile:\n\n%s", snippet(p))
}

func describeScheme(s *verify.Scheme) string {
	text := s.Name + ": " + s.Kind
	if s.Algorithm != "" {
		text += "-" + s.Algorithm
	}
	if s.Signature.Name != "" {
		in := s.Signature.In
		if in == "" {
			in = "header"
		}
		text += ", " + in + " " + s.Signature.Name
	}
	if s.Timestamp != nil {
		text += ", with the time"
	}
	if s.BodyUnsigned {
		text += ", body not signed"
	}
	if len(s.Requires) > 0 {
		text += ", needs " + strings.Join(s.Requires, ", ")
	}
	return text
}

func describePlace(p *verify.Place) string {
	if p == nil || p.In == "none" {
		return ""
	}
	return p.In + " " + p.Name
}

// describeID says where the delivery id is, and whether it proves anything.
func describeID(p *verify.Provider) string {
	place := describePlace(p.ID)
	if place == "" || p.IDSigned() {
		return place
	}
	return place + " (not covered by the signature)"
}
