package gateway

import (
	"fmt"
	"regexp"
	"slices"
)

// A Template is an option's text with placeholders.
type Template struct{ Option, Text string }

// Templates are those that tell events apart. Options that are not given have
// none.
func (c Config) Templates() []Template {
	all := []Template{{"idempotency", c.Idempotency.Key}, {"order", c.Order}}
	for _, l := range c.RateLimits {
		all = append(all, Template{"rate_limit", l.Per})
	}
	return slices.DeleteFunc(all, func(t Template) bool { return t.Text == "" })
}

var placeholder = regexp.MustCompile(`\{[^{}]+\}`)

// templateProblems reports templates that are the same for all events: with
// such a key, each event but the first would count as a repeat.
func (c Config) templateProblems() (problems []error) {
	for _, t := range c.Templates() {
		if !placeholder.MatchString(t.Text) {
			problems = append(problems, fmt.Errorf("%s: %q is the same for all events; placeholders are written in braces, as {webhook.id}", t.Option, t.Text))
		}
	}
	if key := c.Idempotency.Key; placeholder.MatchString(key) && !slices.ContainsFunc(placeholder.FindAllString(key, -1), differs) {
		problems = append(problems, fmt.Errorf("idempotency: %q is the same for all events: each but the first would count as a repeat; add what differs, as {webhook.id}", key))
	}
	return problems
}

// same are the placeholders that have one value for all events of an endpoint.
// Limits and orders may be by them: those are for all events alike.
var same = regexp.MustCompile(`^\{(webhook\.(endpoint|provider|attempt)|(env|file|system)\..*)\}$`)

func differs(placeholder string) bool { return !same.MatchString(placeholder) }
