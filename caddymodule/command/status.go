package command

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

const statusHelp = `
Shows how the gateway does: its health and why it is not better, the store, the
last hour, and each endpoint with its destinations: what waits for them, what
is dead, whether they are paused, and whether the breaker counts them as down.

With --json it prints the API's answer to GET /webhook_gateway/status.
` + apiHelp + `
Exit status:

	0  healthy
	1  degraded
	2  nothing can be said: no Caddy answers, or it has no gateway; standard
	   error says why in one line
`

const statusExamples = `  $ caddy webhook status
  $ caddy webhook status --config /etc/caddy/Caddyfile
  $ caddy webhook status --json --address unix//run/caddy/admin.sock`

const healthy = "healthy" // admin.Status.Health

func newStatus() *cobra.Command {
	var o operator
	cmd := &cobra.Command{
		Use:     "status [--address <address> | --config <path> [--adapter <name>]] [--json]",
		Short:   "Shows how the gateway does, endpoint by endpoint",
		Long:    statusHelp,
		Example: statusExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	o.register(cmd)
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		c, err := o.dial()
		if err != nil {
			return err
		}
		a, err := c.Status(cmd.Context())
		if err != nil {
			return err
		}
		w := cmd.OutOrStdout()
		if o.json {
			err = printJSON(w, a.JSON)
		} else {
			err = printStatus(w, &a.Value, time.Now())
		}
		if err == nil && a.Value.Health != healthy {
			return errNo
		}
		return err
	})
	return cmd
}

func printStatus(w io.Writer, s *admin.Status, now time.Time) error {
	printf(w, "%s\n", printable(s.Health))
	for _, reason := range s.Reasons {
		printf(w, "%s\n", fold(reason, "  ", widthOf(w)))
	}
	printf(w, "store      %s\n", printable(describeStore(&s.Store)))
	printf(w, "last hour  %s\n", describeHour(&s.Hour))
	if len(s.Endpoints) == 0 {
		printf(w, "there are no endpoints\n")
		return nil
	}
	printf(w, "\n")
	t := &table{}
	t.add("ENDPOINT", "DESTINATION", "MODE", "HEALTH", "ACCEPTED", "REFUSED", "PENDING", "DELIVERED", "DEAD", "OLDEST", "BREAKER", "")
	for i := range s.Endpoints {
		addEndpoint(t, &s.Endpoints[i], now)
	}
	return t.print(w)
}

// addEndpoint adds a row for each destination. What counts for the endpoint is
// in the first one.
func addEndpoint(t *table, e *admin.EndpointStatus, now time.Time) {
	row := []string{e.Name, "", e.Mode, e.Health, humanize.Comma(e.Hour.Accepted), humanize.Comma(e.Hour.Refused)}
	if len(e.Destinations) == 0 {
		t.add(append(row, "", "", "", "", "", "")...)
	}
	for i := range e.Destinations {
		d := &e.Destinations[i]
		if i > 0 {
			row = []string{e.Name, "", "", "", "", ""}
		}
		row[1] = d.Name
		oldest := "-"
		if d.Oldest != nil {
			oldest = ago(now, *d.Oldest)
		}
		t.add(append(row, humanize.Comma(d.Pending+d.Delivering), humanize.Comma(d.Delivered), humanize.Comma(d.Dead), oldest, d.Breaker, remarks(d))...)
	}
}

// remarks says what is unusual about a destination.
func remarks(d *admin.DestinationStatus) string {
	var all []string
	if d.Paused {
		all = append(all, "paused")
	}
	if !d.Configured {
		all = append(all, "not in the configuration")
	}
	return strings.Join(all, ", ")
}

func describeStore(s *admin.StoreStatus) string {
	if s.State == "off" {
		return s.State
	}
	text := fmt.Sprintf("%s; events: %s (%s), unsettled: %s; ", s.State, humanize.Comma(s.Events), humanize.IBytes(uint64(max(s.Bytes, 0))), humanize.Comma(s.Unsettled))
	if s.Disk != nil {
		text += fmt.Sprintf("free: %s; ", humanize.IBytes(uint64(s.Disk.Free)))
	}
	text += s.Path
	if s.Error != "" {
		text += ": " + s.Error
	}
	return text
}

func describeHour(c *admin.Counts) string {
	text := fmt.Sprintf("%s accepted, %s refused; %s delivered, %s attempts failed, %s dead",
		humanize.Comma(c.Accepted), humanize.Comma(c.Refused), humanize.Comma(c.Delivered), humanize.Comma(c.Failed), humanize.Comma(c.Dead))
	if c.Accepted > 0 {
		text += fmt.Sprintf("; answered in %s (p50), %s (p95), %s (p99)", took(c.P50), took(c.P95), took(c.P99))
	}
	return text
}
