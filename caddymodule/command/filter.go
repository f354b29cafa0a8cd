package command

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const filterHelp = `
Filters: --endpoint, --destination (of the endpoint), --state (pending,
delivering, delivered or dead), --event (its type, exactly), --id (the
provider's id of the event, exactly), --search (a part of id, type or body,
whatever its case), --since and --until (when it was received: an instant as
2026-01-31T12:00:00Z, or how long ago, as 90m, 24h or 7d).
`

// A filter is the flags that select deliveries.
type filter struct {
	client.Query
	since, until string
}

func (f *filter) register(cmd *cobra.Command, state, states string) {
	flags := cmd.Flags()
	flags.StringVar(&f.Endpoint, "endpoint", "", "of this endpoint")
	flags.StringVar(&f.Destination, "destination", "", "to this destination of the endpoint")
	flags.StringVar(&f.State, "state", state, "in this state: "+states)
	flags.StringVar(&f.Event, "event", "", "of events of this type")
	flags.StringVar(&f.ID, "id", "", "of the event with this id of the provider's")
	flags.StringVar(&f.Search, "search", "", "of events with this text in id, type or body")
	flags.StringVar(&f.since, "since", "", "received since then: an instant, or 24h or 7d ago")
	flags.StringVar(&f.until, "until", "", "received before then")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(strings.Split(states, ", "), cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags alone
}

// query returns what the flags say at now.
func (f *filter) query(now time.Time) (client.Query, error) {
	q := f.Query
	var err, err2 error
	q.Since, err = instant(now, "--since", f.since)
	q.Until, err2 = instant(now, "--until", f.until)
	return q, errors.Join(err, err2)
}

// instant reads an instant, or how long before now it is. Empty is zero.
func instant(now time.Time, flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	d, err := gateway.ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %q is neither an instant, as 2026-01-31T12:00:00Z, nor how long ago, as 24h or 7d", flag, text)
	}
	return now.Add(-time.Duration(d)), nil
}
