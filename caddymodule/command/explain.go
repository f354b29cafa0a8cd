package command

import (
	"io"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/diagnose"
)

// An Explanation is what --explain adds to a verdict.
type Explanation struct {
	Scheme string           `json:"scheme"`
	Secret int              `json:"secret"` // by number from 1; 0: none
	Steps  []string         `json:"steps"`  // what was read and signed, in order
	Causes []diagnose.Cause `json:"causes"` // most likely first
}

func explain(c verify.Config, now time.Time, r *verify.Request) *Explanation {
	report := diagnose.Explain(c, now, r)
	return &Explanation{report.Scheme, report.Secret, report.Steps, append([]diagnose.Cause{}, report.Causes...)}
}

// write prints the explanation. Nil prints nothing.
func (e *Explanation) write(w io.Writer) {
	if e == nil {
		return
	}
	printf(w, "\nWhat was looked at:\n")
	for i, step := range e.Steps {
		printf(w, "  %d. %s\n", i+1, step)
	}
	if len(e.Causes) == 0 {
		return
	}
	printf(w, "\nWhat may have gone wrong, most likely first:\n")
	for _, c := range e.Causes {
		printf(w, "  - %s: %s\n", c.Name, c.Text)
	}
}
