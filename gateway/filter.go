package gateway

import (
	"regexp"
	"strings"
)

// A Glob matches event types by patterns in which `*` stands for any run of
// characters (dots and slashes too) and `?` for any one. The zero Glob matches
// everything.
type Glob struct {
	pattern *regexp.Regexp
}

// NewGlob returns a Glob that matches what any of the patterns matches.
func NewGlob(patterns ...string) Glob {
	if len(patterns) == 0 {
		return Glob{}
	}
	alternatives := make([]string, len(patterns))
	for i, p := range patterns {
		p = regexp.QuoteMeta(p)
		p = strings.ReplaceAll(p, `\*`, `.*`)
		alternatives[i] = strings.ReplaceAll(p, `\?`, `.`)
	}
	return Glob{regexp.MustCompile(`^(?s:` + strings.Join(alternatives, "|") + `)$`)}
}

// Match reports whether the event type matches.
func (g Glob) Match(eventType string) bool {
	return g.pattern == nil || g.pattern.MatchString(eventType)
}
