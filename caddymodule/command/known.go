package command

import (
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

// noteUnknown says on standard error if no endpoint of that name is known: it
// may be misspelt. When the API cannot tell, it says nothing.
func noteUnknown(cmd *cobra.Command, c *client.Client, endpoint string) {
	if endpoint == "" {
		return
	}
	a, err := c.Status(cmd.Context())
	named := func(e admin.EndpointStatus) bool { return e.Name == endpoint }
	if err != nil || slices.ContainsFunc(a.Value.Endpoints, named) {
		return
	}
	printf(cmd.ErrOrStderr(), "%s: no endpoint %q is known, in the configuration or in the store\n", cmd.CommandPath(), endpoint)
}

// whenEmpty yields pages as they come and, if there was nothing on them, calls
// note at their end.
func whenEmpty[T any](pages iter.Seq2[client.Answer[T], error], size func(T) int, note func()) iter.Seq2[client.Answer[T], error] {
	return func(yield func(client.Answer[T], error) bool) {
		n := 0
		for page, err := range pages {
			n += size(page.Value)
			if !yield(page, err) || err != nil {
				return
			}
		}
		if n == 0 {
			note()
		}
	}
}
