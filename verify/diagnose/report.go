package diagnose

import (
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A Report says what became of a request, and why.
type Report struct {
	Valid bool
	// Err is why not, as verify says it; nil if Valid. Test with errors.Is.
	Err error
	// Scheme is the name of the scheme that accepted the request; "": none.
	Scheme string
	// Secret is the number of the secret that matched, from 1; 0 for none, and
	// for schemes without configured secrets.
	Secret int
	// ID and Event are what the request says. Nobody vouches for it unless
	// Valid.
	ID, Event string
	// Steps say what was read and what was signed: sentences, in order.
	Steps []string
	// Causes are what is wrong, most likely first; none if Valid.
	Causes []Cause
}

// A Cause is one thing that is wrong. Most are certain: with it put right, the
// request verifies.
type Cause struct {
	// Name is short and stays the same over versions, as json_rewritten.
	Name string `json:"name"`
	// Text says what is wrong and what to do, for people.
	Text string `json:"text"`
}

// Explain verifies r at now and says what it found. It does at most 200
// verifications, and fewer of large bodies. It may fetch a provider's public
// keys, as verify does, when c has none. It does not change c or r.
func Explain(c verify.Config, now time.Time, r *verify.Request) Report {
	e := &explainer{config: c, now: now, request: r, left: maxVerifications}
	e.provider, _ = verify.Lookup(c.Provider)
	v, err := verify.New(c)
	if err != nil {
		e.explainConfig(err)
	} else {
		defer v.Close()
		e.verifier = v
		e.explainRequest()
	}
	return e.redacted()
}

// minRedacted is the length in bytes from which on a secret is looked for in
// what is said: a shorter one is in every other word.
const minRedacted = 6

// redacted is the report without the secrets, should the request repeat one
// where nobody expects it.
func (e *explainer) redacted() Report {
	var pairs []string
	for _, secret := range e.config.Secrets {
		if len(secret) >= minRedacted {
			pairs = append(pairs, secret, "[secret]")
		}
	}
	clean := strings.NewReplacer(pairs...)
	r := e.report
	r.ID, r.Event = clean.Replace(r.ID), clean.Replace(r.Event)
	for i := range r.Steps {
		r.Steps[i] = clean.Replace(r.Steps[i])
	}
	for i := range r.Causes {
		r.Causes[i].Text = clean.Replace(r.Causes[i].Text)
	}
	return r
}
