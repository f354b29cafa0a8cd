package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

const tailHelp = `
Shows what happens from now on, a line for each: a webhook that was taken in
(new), an attempt, a delivery that is delivered or dead, a request that was
refused. Who reads too slowly misses some.

A reload of the configuration ends the stream: it connects again and says so on
standard error. Ctrl-C ends it.

With --json it prints one object for each, as the API's stream has it.
` + apiHelp + `
Exit status:

	0  it was ended by Ctrl-C
	2  there is nothing to listen to; standard error says why in one line
`

const tailExamples = `  $ caddy webhook tail
  $ caddy webhook tail --endpoint stripe --kind dead,refused
  $ caddy webhook tail --json | grep --line-buffered evt_123`

// happenings are the kinds of them.
var happenings = []string{"new", "attempt", "delivered", "dead", "refused"}

// A follower is the flags of tail.
type follower struct {
	operator
	endpoint string
	kinds    []string
	wait     time.Duration // before it connects again
}

func newTail() *cobra.Command {
	f := follower{wait: time.Second}
	cmd := &cobra.Command{
		Use:     "tail [--endpoint <name>] [--kind <kinds>] [--address <address> | --config <path>] [--json]",
		Short:   "Shows what happens, as it happens",
		Long:    tailHelp,
		Example: tailExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.endpoint, "endpoint", "", "at this endpoint")
	cmd.Flags().StringSliceVar(&f.kinds, "kind", nil, "of these kinds: "+strings.Join(happenings, ", "))
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(happenings, cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags alone
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		for _, kind := range f.kinds {
			if !slices.Contains(happenings, kind) {
				return fmt.Errorf("--kind: %q is not one of %s", kind, strings.Join(happenings, ", "))
			}
		}
		c, err := f.dial()
		if err != nil {
			return err
		}
		noteUnknown(cmd, c, f.endpoint, "") // it may come with a reload
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
		defer stop()
		return f.follow(ctx, c, cmd.OutOrStdout(), cmd.ErrOrStderr())
	})
	return cmd
}

// follow prints what happens until the context ends. The first connection must
// come about; those after it are tried again and again.
func (f *follower) follow(ctx context.Context, c *client.Client, out, errs io.Writer) error {
	stream, err := c.Stream(ctx, f.endpoint)
	for {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		err = f.print(stream, out)
		_ = stream.Close() // it has ended
		if errors.Is(err, errGone) {
			return nil
		}
		if ctx.Err() == nil {
			printf(errs, "the stream has ended: connecting again\n")
			stream, err = f.reconnect(ctx, c)
		}
	}
}

// reconnect returns a new stream, or an error when the context has ended.
func (f *follower) reconnect(ctx context.Context, c *client.Client) (*client.Stream, error) {
	for {
		stream, err := c.Stream(ctx, f.endpoint)
		if err == nil || ctx.Err() != nil {
			return stream, err
		}
		select {
		case <-time.After(f.wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

var errGone = errors.New("nobody reads what is printed")

// print prints what a stream says until it ends.
func (f *follower) print(s *client.Stream, w io.Writer) error {
	for {
		a, err := s.Next()
		if err != nil {
			return err
		}
		h := &a.Value
		switch {
		case len(f.kinds) > 0 && !slices.Contains(f.kinds, h.Kind):
		case f.json:
			err = printJSON(w, a.JSON)
		default:
			_, err = fmt.Fprintln(w, describeHappening(h))
		}
		if err != nil {
			return errGone
		}
	}
}

func describeHappening(h *admin.Happening) string {
	where := h.Endpoint
	if h.Destination != "" {
		where += "/" + h.Destination
	}
	parts := []string{h.Time.Local().Format("15:04:05"), fmt.Sprintf("%-9s", h.Kind), where}
	if h.Delivery != "" {
		parts = append(parts, "#"+h.Delivery)
	}
	parts = append(parts, h.Event, h.Reference)
	if h.Status != 0 {
		parts = append(parts, fmt.Sprint(h.Status))
	}
	parts = append(parts, h.Reason)
	if h.Duration != 0 {
		parts = append(parts, took(h.Duration))
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return printable(strings.Join(parts, "  "))
}
