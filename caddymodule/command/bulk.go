package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

// bulkHelp is what the help of replay and of discard have in common.
const bulkHelp = filterHelp + `
What the filters select is first counted, and with --dry-run only that. Then it
goes through them once, 500 at a time, with progress if standard error is a
terminal (or with --progress). Ctrl-C stops it after the step under way and
says how many are done.

With --json it prints {"count":1,"more":false}: how many were changed, and
whether it was stopped early.
` + apiHelp

// A bulk is the flags of commands that change many deliveries, or some.
type bulk struct {
	operator
	filter
	change                     client.Change
	done                       string // what the change makes of deliveries, as "replayed"
	always                     bool   // ask also for ids, and where there is nobody to ask
	all, dryRun, yes, progress bool
}

func (b *bulk) register(cmd *cobra.Command) {
	b.operator.register(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&b.dryRun, "dry-run", false, "only count what filters select")
	flags.BoolVar(&b.yes, "yes", false, "do not ask")
	flags.BoolVar(&b.progress, "progress", false, "show progress also where standard error is not a terminal")
	cmd.RunE = runs(func(cmd *cobra.Command, ids []string) error {
		query, err := b.query(time.Now())
		if err != nil {
			return err
		}
		if err := b.check(cmd, ids); err != nil {
			return err
		}
		c, err := b.dial()
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
		defer stop()
		if len(ids) > 0 {
			return b.some(ctx, cmd, c, ids)
		}
		return b.many(ctx, cmd, c, query)
	})
}

// check reports what the command line says twice, or not at all.
func (b *bulk) check(cmd *cobra.Command, ids []string) error {
	filtered := b.chosen(cmd)
	switch {
	case b.all && cmd.Flags().Changed("state"):
		return errors.New("--all-dead and --state exclude each other")
	case len(ids) > 0 && b.all:
		return errors.New("ids and --all-dead exclude each other")
	case len(ids) > 0 && filtered:
		return errors.New("ids and filters exclude each other")
	case len(ids) > 0 && b.dryRun:
		return errors.New("ids and --dry-run exclude each other: it counts what filters select")
	case len(ids) == 0 && !b.all && !filtered:
		return errors.New("say which: ids, or a filter; see --help")
	}
	return nil
}

// chosen reports whether a filter was given.
func (b *bulk) chosen(cmd *cobra.Command) bool {
	for _, name := range []string{"endpoint", "destination", "state", "event", "id", "search", "since", "until"} {
		if cmd.Flags().Changed(name) {
			return true
		}
	}
	return false
}

// some changes the deliveries of the ids, one after the other, and returns
// errNo if one of them could not be.
func (b *bulk) some(ctx context.Context, cmd *cobra.Command, c *client.Client, ids []string) error {
	if b.always {
		if err := b.confirm(cmd, len(ids)); err != nil {
			return err
		}
	}
	count := 0
	for i, id := range ids {
		if ctx.Err() != nil {
			return b.finish(cmd, count, len(ids)-i)
		}
		// One that has begun is seen to its end: Ctrl-C counts between them.
		_, err := c.One(cmd.Context(), b.change, id)
		var refused *client.Error
		switch {
		case errors.As(err, &refused):
			printf(cmd.ErrOrStderr(), "%s: %s\n", cmd.CommandPath(), printable(about(id, err).Error()))
		case err != nil:
			return err
		default:
			count++
		}
	}
	if err := b.finish(cmd, count, 0); err != nil || count == len(ids) {
		return err
	}
	return errNo
}

// many changes the deliveries that the query selects.
func (b *bulk) many(ctx context.Context, cmd *cobra.Command, c *client.Client, query client.Query) error {
	selection := query.Selection()
	selection.DryRun = true
	counted, err := c.Many(ctx, b.change, selection)
	if err != nil {
		return err
	}
	total := counted.Value.Count
	if total == 0 {
		noteUnknown(cmd, c, query.Endpoint, query.Destination)
	}
	switch {
	case b.dryRun && b.json:
		return printJSON(cmd.OutOrStdout(), counted.JSON)
	case b.dryRun:
		printf(cmd.OutOrStdout(), "%s would be %s\n", plural(total), b.done)
		return nil
	}
	if total > 0 {
		if err := b.confirm(cmd, total); err != nil {
			return err
		}
	}
	count, err := b.steps(ctx, cmd, c, query, total)
	switch {
	case ctx.Err() != nil:
		return b.finish(cmd, count, max(total-count, 1))
	case err != nil:
		return fmt.Errorf("%w; %s before", err, b.said(count))
	}
	return b.finish(cmd, count, 0)
}

// steps lists the deliveries page by page and changes those that are on it.
// Each is met once, so that one which is dead again at once is left alone. It
// returns how many were changed.
func (b *bulk) steps(ctx context.Context, cmd *cobra.Command, c *client.Client, query client.Query, total int) (int, error) {
	p := b.meter(cmd.ErrOrStderr(), total)
	defer p.clear()
	count := 0
	for page, err := range c.Deliveries(ctx, query, 0) {
		if err != nil {
			return count, err
		}
		if len(page.Value.Deliveries) == 0 {
			continue
		}
		// A step that has begun is seen to its end: Ctrl-C counts between them.
		changed, err := c.Many(cmd.Context(), b.change, step(page.Value.Deliveries, query))
		if err != nil {
			return count, err
		}
		count += changed.Value.Count
		p.set(min(count, total))
		if ctx.Err() != nil {
			return count, nil
		}
	}
	return count, nil
}

// step selects the deliveries of a page, as long as they are still in the
// state that the query wants.
func step(page []admin.Delivery, query client.Query) admin.Selection {
	s := admin.Selection{State: query.State, Limit: client.PageSize}
	for i := range page {
		s.IDs = append(s.IDs, page[i].ID)
	}
	return s
}

// finish says how many were changed, and how many were not for it was stopped;
// then it returns errNo.
func (b *bulk) finish(cmd *cobra.Command, count, left int) error {
	w := cmd.OutOrStdout()
	switch {
	case b.json:
		if err := writeJSON(w, admin.Changed{Count: count, More: left > 0}); err != nil {
			return err
		}
	case left > 0:
		printf(w, "stopped: %s, %s are left\n", b.said(count), humanize.Comma(int64(left)))
	default:
		printf(w, "%s\n", b.said(count))
	}
	if left > 0 {
		return errNo
	}
	return nil
}

func (b *bulk) said(count int) string { return plural(count) + " " + b.done }

func plural(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return humanize.Comma(int64(n)) + " deliveries"
}

// meter is where progress is shown; nil: nowhere.
func (b *bulk) meter(w io.Writer, total int) *bar {
	if total == 0 || !b.progress && !terminal(w) {
		return nil
	}
	return &bar{w: w, total: total}
}
