package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const healthHelp = `
Says in one line whether the gateway is ready, for a container's health check:
it is when the admin API answers and the store works, or is off. A store that is
full and endpoints that do badly make it degraded, not unready: a restart would
not help. webhook_health judges by the same rule.

With --json it prints {"ready":true,"text":"..."}.
` + apiHelp + `
Exit status:

	0  ready
	1  not ready, or no Caddy answers
	2  the command line is not usable; standard error says why in one line
`

const healthExamples = `  $ caddy webhook health
  HEALTHCHECK CMD ["caddy", "webhook", "health"]`

func newHealth() *cobra.Command {
	var o operator
	cmd := &cobra.Command{
		Use:     "health [--address <address> | --config <path> [--adapter <name>]] [--json]",
		Short:   "Says whether the gateway is ready, for health checks of containers",
		Long:    healthHelp,
		Example: healthExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	o.register(cmd)
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		ready, text := o.ready(cmd.Context())
		w := cmd.OutOrStdout()
		if o.json {
			if err := writeJSON(w, map[string]any{"ready": ready, "text": text}); err != nil {
				return err
			}
		} else {
			printf(w, "%s\n", printable(text))
		}
		if !ready {
			return errNo
		}
		return nil
	})
	return cmd
}

// ready reports whether the gateway is, and says so in one line.
func (o *operator) ready(ctx context.Context) (bool, string) {
	c, err := o.dial()
	if err != nil {
		return false, err.Error()
	}
	a, err := c.Status(ctx)
	if err != nil {
		return false, err.Error()
	}
	return readiness(&a.Value)
}

func readiness(s *admin.Status) (bool, string) {
	store := strings.TrimSuffix("the store is "+s.Store.State+": "+s.Store.Error, ": ")
	switch {
	case !works(s.Store.State):
		return false, store
	case s.Store.State == gateway.Full.String():
		return true, "ready, but " + store
	case s.Health != healthy:
		return true, "ready, but " + s.Health + ": " + strings.Join(s.Reasons, " ")
	}
	return true, "ready"
}

// works is gateway.Health.Works by a state's name. One that is not known does
// not.
func works(state string) bool {
	for h := gateway.Ready; h <= gateway.Closed; h++ {
		if h.String() == state {
			return h.Works()
		}
	}
	return state == "off"
}
