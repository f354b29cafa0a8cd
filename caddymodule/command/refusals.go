package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const refusalsHelp = `
Lists requests that were refused, the latest first: when, where, why, from whom,
and what can be done about it. The latest are remembered, since the start of the
process.

With --json it prints one object, {"refusals":[...],"next":"..."}; next is there
if there are more than --limit.
` + apiHelp + `
Exit status:

	0  they were listed, though there may be none
	2  they could not be; standard error says why in one line
`

const refusalsExamples = `  $ caddy webhook refusals
  $ caddy webhook refusals --endpoint stripe --limit 5
  $ caddy webhook refusals --reason sig_bad --json`

func newRefusals() *cobra.Command {
	var o operator
	var l limits
	var endpoint, reason string
	cmd := &cobra.Command{
		Use:     "refusals [--endpoint <name>] [--reason <reason>] [--limit <n> | --all] [--address <address> | --config <path>] [--json]",
		Short:   "Lists requests that were refused, and what to do about it",
		Long:    refusalsHelp,
		Example: refusalsExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	o.register(cmd)
	l.register(cmd)
	cmd.Flags().StringVar(&endpoint, "endpoint", "", "at this endpoint")
	cmd.Flags().StringVar(&reason, "reason", "", "for this reason")
	_ = cmd.RegisterFlagCompletionFunc("reason", cobra.FixedCompletions(gateway.Reasons(), cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags alone
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		limit, err := l.limit()
		if err != nil {
			return err
		}
		if known := gateway.Reasons(); reason != "" && !slices.Contains(known, reason) {
			return fmt.Errorf("--reason: %q is not one of %s", reason, strings.Join(known, ", "))
		}
		c, err := o.dial()
		if err != nil {
			return err
		}
		pages := whenEmpty(c.Refusals(cmd.Context(), endpoint, reason, limit),
			func(r admin.Refusals) int { return len(r.Refusals) },
			func() { noteUnknown(cmd, c, endpoint, "") })
		w := cmd.OutOrStdout()
		if o.json {
			return mergePages(w, "refusals", pages)
		}
		return listRefusals(w, pages, time.Now())
	})
	return cmd
}

func listRefusals(w io.Writer, pages refusalPages, now time.Time) error {
	n, next, width := 0, "", widthOf(w)
	for page, err := range pages {
		if err != nil {
			return err
		}
		n, next = n+len(page.Value.Refusals), page.Value.Next
		for i := range page.Value.Refusals {
			printRefusal(w, &page.Value.Refusals[i], now, width)
		}
	}
	switch {
	case n == 0:
		printf(w, "no refusals\n")
	case next != "":
		printf(w, "there are more: see --limit and --all\n")
	}
	return nil
}

func printRefusal(w io.Writer, r *admin.Refusal, now time.Time, width int) {
	from := ""
	if r.Sender != "" {
		from = " from " + r.Sender
	}
	head := fmt.Sprintf("%s  %s: %d %s, %s %s%s, %s", ago(now, r.Time), r.Endpoint, r.Status, r.Reason,
		r.Method, r.Path, from, humanize.IBytes(uint64(max(r.Size, 0))))
	printf(w, "%s\n", printable(head))
	if r.Detail != "" {
		printf(w, "%s\n", fold(r.Detail, "    ", width))
	}
	if r.Advice != "" {
		printf(w, "%s\n", fold("→ "+r.Advice, "    ", width))
	}
}
