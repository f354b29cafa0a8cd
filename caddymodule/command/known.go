package command

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

// noteUnknown says on standard error if no endpoint, or no destination, of that
// name is known: it may be misspelt. Where the API cannot tell, or a name is
// empty, it says nothing.
func noteUnknown(cmd *cobra.Command, c *client.Client, endpoint, destination string) {
	if endpoint == "" && destination == "" {
		return
	}
	a, err := c.Status(cmd.Context())
	if err != nil {
		return
	}
	if problem := unknownName(a.Value.Endpoints, endpoint, destination); problem != "" {
		printf(cmd.ErrOrStderr(), "%s: %s\n", cmd.CommandPath(), problem)
	}
}

// unknownName says which of the names is not among endpoints; "": both are. A
// destination without an endpoint may be any one's.
func unknownName(endpoints []admin.EndpointStatus, endpoint, destination string) string {
	found := false
	var names []string
	for _, e := range endpoints {
		if endpoint == "" || e.Name == endpoint {
			found = true
			for _, d := range e.Destinations {
				names = append(names, d.Name)
			}
		}
	}
	switch {
	case endpoint != "" && !found:
		return fmt.Sprintf("no endpoint %q is known, in the configuration or in the store", endpoint)
	case destination == "" || slices.Contains(names, destination):
		return ""
	case endpoint == "":
		return fmt.Sprintf("no destination %q is known, in the configuration or in the store", destination)
	}
	return fmt.Sprintf("endpoint %q has no destination %q, in the configuration or in the store; it has %s", endpoint, destination, strings.Join(names, ", "))
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
