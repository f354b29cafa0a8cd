package command

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

const deliveriesHelp = `
Lists deliveries, the newest first: their ids, when their events were received,
where they go, the events' types and the provider's ids of them, and how the
last attempt went. 'caddy webhook show' has all about one.
` + filterHelp + `
With --json it prints one object, {"deliveries":[...],"next":"..."}; next is
there if there are more than --limit.
` + apiHelp + `
Exit status:

	0  they were listed, though there may be none
	2  they could not be; standard error says why in one line
`

const deliveriesExamples = `  $ caddy webhook deliveries
  $ caddy webhook deliveries --endpoint stripe --state dead,pending --since 24h
  $ caddy webhook deliveries --search cus_123 --limit 10
  $ caddy webhook deliveries --state dead --all --json > dead.json`

const defaultLimit = 50

func newDeliveries() *cobra.Command {
	var o operator
	var f filter
	var l limits
	cmd := &cobra.Command{
		Use:     "deliveries [<filters>] [--limit <n> | --all] [--address <address> | --config <path>] [--json]",
		Aliases: []string{"list"},
		Short:   "Lists deliveries, filtered",
		Long:    deliveriesHelp,
		Example: deliveriesExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	o.register(cmd)
	f.register(cmd, "", "pending, delivering, delivered, dead")
	l.register(cmd)
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		now := time.Now()
		limit, err := l.limit()
		if err != nil {
			return err
		}
		query, err := f.query(now)
		if err != nil {
			return err
		}
		c, err := o.dial()
		if err != nil {
			return err
		}
		pages := whenEmpty(c.Deliveries(cmd.Context(), query, limit),
			func(d admin.Deliveries) int { return len(d.Deliveries) },
			func() { noteUnknown(cmd, c, query.Endpoint, query.Destination) })
		w := cmd.OutOrStdout()
		if o.json {
			return mergePages(w, "deliveries", pages)
		}
		return listDeliveries(w, pages, now)
	})
	return cmd
}

// limits are the flags that say how much is listed.
type limits struct {
	most int
	all  bool
}

func (l *limits) register(cmd *cobra.Command) {
	cmd.Flags().IntVar(&l.most, "limit", defaultLimit, "how many at most")
	cmd.Flags().BoolVar(&l.all, "all", false, "all of them, whatever --limit says")
}

// limit returns how many are listed at most; 0: all.
func (l *limits) limit() (int, error) {
	switch {
	case l.all:
		return 0, nil
	case l.most < 1:
		return 0, errors.New("--limit: must be 1 or more")
	}
	return l.most, nil
}

// listDeliveries prints a table, page by page.
func listDeliveries(w io.Writer, pages deliveryPages, now time.Time) error {
	t := &table{cut: 4, width: widthOf(w)}
	t.add("ID", "RECEIVED", "DESTINATION", "EVENT", "REFERENCE", "STATE", "ATTEMPTS", "LAST")
	n, next := 0, ""
	for page, err := range pages {
		if err != nil {
			return err
		}
		n, next = n+len(page.Value.Deliveries), page.Value.Next
		for i := range page.Value.Deliveries {
			d := &page.Value.Deliveries[i]
			t.add(d.ID, ago(now, d.ReceivedAt), d.Endpoint+"/"+d.Destination, orDash(d.Event), d.Reference, d.State, strconv.Itoa(d.Attempts), lastOf(d))
		}
		if len(page.Value.Deliveries) > 0 {
			if err := t.print(w); err != nil {
				return err
			}
		}
	}
	switch {
	case n == 0:
		printf(w, "no deliveries\n")
	case next != "":
		printf(w, "there are more: see --limit and --all\n")
	}
	return nil
}

// lastOf says in a word how the last attempt went.
func lastOf(d *admin.Delivery) string {
	if d.LastAttempt == nil {
		return "-"
	}
	return outcomeOf(d.LastAttempt)
}

func outcomeOf(a *admin.Attempt) string {
	switch {
	case a.Status == 0:
		return orDash(a.Reason)
	case a.Reason == "" || a.Reason == "status":
		return strconv.Itoa(a.Status)
	}
	return fmt.Sprintf("%d %s", a.Status, a.Reason)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
