package command

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

const pauseHelp = `
Stops attempts in the background at a destination of an endpoint, or at --all of
them. Webhooks go on being taken in and stored; attempts under way are not broken
off. It stays so over reloads, until 'caddy webhook resume' or until the process
ends.

In mode proxy the application is still asked for new webhooks, while their senders
wait: what is held is what is delivered in the background.

A destination without a name of its own is called default, and is meant when none
is named. Where all have names, name one, or say --all.
` + apiHelp + `
Exit status:

	0  it is paused
	2  it is not, or there is no such destination; standard error says why in
	   one line
`

const pauseExamples = `  $ caddy webhook pause stripe
  $ caddy webhook pause orders billing
  $ caddy webhook pause orders --all`

const resumeHelp = `
Lets attempts at a destination of an endpoint, or at --all of them, go on after
'caddy webhook pause'. What has become due is attempted at once.

A destination without a name of its own is called default, and is meant when none
is named. Where all have names, name one, or say --all.
` + apiHelp + `
Exit status:

	0  it goes on
	2  it does not, or there is no such destination; standard error says why in
	   one line
`

const resumeExamples = `  $ caddy webhook resume stripe
  $ caddy webhook resume orders billing
  $ caddy webhook resume orders --all`

// A gate is the flags of pause and resume.
type gate struct {
	operator
	all  bool
	done string // what became of a destination
	turn func(c *client.Client, ctx context.Context, endpoint, destination string) (client.Answer[admin.Done], error)
}

func newPause() *cobra.Command {
	return (&gate{done: "is paused", turn: (*client.Client).Pause}).command(&cobra.Command{
		Use:     "pause <endpoint> [<destination> | --all] [--address <address> | --config <path>] [--json]",
		Short:   "Stops attempts at a destination; webhooks are taken in and wait",
		Long:    pauseHelp,
		Example: pauseExamples,
	})
}

func newResume() *cobra.Command {
	return (&gate{done: "goes on", turn: (*client.Client).Resume}).command(&cobra.Command{
		Use:     "resume <endpoint> [<destination> | --all] [--address <address> | --config <path>] [--json]",
		Short:   "Lets attempts at a paused destination go on",
		Long:    resumeHelp,
		Example: resumeExamples,
	})
}

func (g *gate) command(cmd *cobra.Command) *cobra.Command {
	cmd.Args = takes(1, 2)
	cmd.DisableFlagsInUseLine = true
	g.register(cmd)
	cmd.Flags().BoolVar(&g.all, "all", false, "all destinations of the endpoint")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		if g.all && len(args) == 2 {
			return errors.New("a destination and --all exclude each other")
		}
		c, err := g.dial()
		if err != nil {
			return err
		}
		destinations := append(args[1:], "default")[:1]
		if g.all {
			if destinations, err = destinationsOf(cmd.Context(), c, args[0]); err != nil {
				return err
			}
		}
		for _, name := range destinations {
			a, err := g.turn(c, cmd.Context(), args[0], name)
			switch w := cmd.OutOrStdout(); {
			case err != nil:
				return orNames(cmd.Context(), c, args[0], fmt.Errorf("%s/%s: %w", args[0], name, err))
			case g.json:
				err = printJSON(w, a.JSON)
			default:
				printf(w, "%s/%s %s\n", printable(args[0]), printable(name), g.done)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return cmd
}

// orNames adds the endpoint's destinations to an error if it is that there is no
// such one.
func orNames(ctx context.Context, c *client.Client, endpoint string, err error) error {
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Status != http.StatusNotFound {
		return err
	}
	names, failed := destinationsOf(ctx, c, endpoint)
	switch {
	case failed != nil:
		return failed
	case len(names) == 0:
		return err
	}
	return fmt.Errorf("%w; it has %s: name one, or say --all", err, strings.Join(names, ", "))
}

// destinationsOf returns the names of an endpoint's destinations.
func destinationsOf(ctx context.Context, c *client.Client, endpoint string) ([]string, error) {
	a, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range a.Value.Endpoints {
		if e.Name != endpoint {
			continue
		}
		var names []string
		for _, d := range e.Destinations {
			names = append(names, d.Name)
		}
		return names, nil
	}
	return nil, fmt.Errorf("there is no endpoint %q", endpoint)
}
