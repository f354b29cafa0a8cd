package caddymodule

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// introduce makes the placeholders {webhook.*} known for the request:
//
//	{webhook.endpoint}     the endpoint's name
//	{webhook.provider}     the provider's name
//
// and, once the request is verified:
//
//	{webhook.id}           the provider's delivery id
//	{webhook.event}        the event's type
//	{webhook.attempt}      1 for the first attempt
//	{webhook.received_at}  when the event was received (RFC 3339)
//	{webhook.body.<path>}  a value of the JSON body, as data.items.0.id
func (h *Handler) introduce(r *http.Request) {
	ctx := r.Context()
	repl := ctx.Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	repl.Map(func(key string) (any, bool) {
		name, ours := strings.CutPrefix(key, "webhook.")
		if !ours {
			return nil, false
		}
		return h.placeholder(ctx, name)
	})
}

func (h *Handler) placeholder(ctx context.Context, name string) (any, bool) {
	switch name {
	case "endpoint":
		return h.Name, true
	case "provider":
		return h.gateway.Verifier().Provider().Name, true
	}
	e := eventOf(ctx)
	if e == nil {
		return nil, false
	}
	return eventPlaceholder(e, name)
}

func eventPlaceholder(e *gateway.Event, name string) (any, bool) {
	switch name {
	case "id":
		return e.ID, true
	case "event":
		return e.Type, true
	case "attempt":
		return e.Attempt, true
	case "received_at":
		return e.ReceivedAt.UTC().Format(time.RFC3339Nano), true
	}
	path, ofBody := strings.CutPrefix(name, "body.")
	if !ofBody {
		return nil, false
	}
	value, _ := e.Lookup(path) // what is not there is empty
	return value, true
}

var placeholders = regexp.MustCompile(`\{webhook\.([^{}]*)\}`)

// placeholderProblems reports placeholders of ours that do not exist: what is
// misspelt has no value for any event.
func placeholderProblems(templates []gateway.Template) (problems []error) {
	for _, t := range templates {
		for _, match := range placeholders.FindAllStringSubmatch(t.Text, -1) {
			if !exists(match[1]) {
				problems = append(problems, fmt.Errorf("%s: there is no placeholder %s, but {webhook.endpoint}, .provider, .id, .event, .attempt, .received_at and .body.<path>", t.Option, match[0]))
			}
		}
	}
	return problems
}

// exists reports whether there is a placeholder {webhook.<name>}.
func exists(name string) bool {
	switch name {
	case "endpoint", "provider":
		return true
	case "body.":
		return false
	}
	_, there := eventPlaceholder(new(gateway.Event), name)
	return there
}
