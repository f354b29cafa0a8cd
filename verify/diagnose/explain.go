package diagnose

import (
	"errors"
	"fmt"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// An explainer is one request on its way to being explained.
type explainer struct {
	config   verify.Config
	provider *verify.Provider // nil: unknown
	verifier *verify.Verifier // nil: config is not usable
	now      time.Time
	request  *verify.Request

	readings []verify.Reading
	err      error // at the request's own time: the clock apart
	left     int   // verifications
	hashed   int   // bytes
	cut      bool  // not all was tried
	report   Report
}

func (e *explainer) step(format string, a ...any) {
	e.report.Steps = append(e.report.Steps, fmt.Sprintf(format, a...))
}

// cause adds a cause, once.
func (e *explainer) cause(name, format string, a ...any) {
	for _, c := range e.report.Causes {
		if c.Name == name {
			return
		}
	}
	e.report.Causes = append(e.report.Causes, Cause{name, fmt.Sprintf(format, a...)})
}

// explainRequest is for a configuration that is usable.
func (e *explainer) explainRequest() {
	e.readings = e.verifier.Describe(e.now, e.request)
	e.describe()
	e.left--
	res, err := e.verifier.Verify(e.now, e.request)
	e.report.Valid, e.report.Err = err == nil, err
	// What cannot be read is no news: the error, if any, is said already.
	e.report.ID, e.report.Event, _ = e.verifier.Identify(e.request, &res, true)
	if err == nil {
		e.accepted(&res)
		return
	}
	if e.err = err; errors.Is(err, verify.ErrStale) || errors.Is(err, verify.ErrFuture) {
		_, e.err = e.attempt(e.verifier, e.request, len(e.config.Secrets))
	}
	e.step("%s", e.outcome())
	if e.err != nil {
		e.search()
	}
	e.clock()
}

// explainConfig is for a configuration that is not usable. A secret with a
// newline, say, may verify without it.
func (e *explainer) explainConfig(err error) {
	e.report.Err, e.err = err, err
	e.step("The configuration cannot be used: %v.", err)
	if e.provider == nil {
		e.cause("configuration", "There is no such provider in the catalogue.")
		return
	}
	for _, group := range []func() bool{e.secrets, e.addresses, e.settings, e.placeholder} {
		if group() {
			return
		}
	}
	e.cause("configuration", "The configuration must be put right first: %v.", err)
}

// search tries the usual causes, in the order of their likelihood and price,
// until one group of them has an answer: a signature has one cause.
func (e *explainer) search() {
	groups := []func() bool{e.secrets, e.headers, e.schemes, e.providers, e.settings, e.addresses, e.timestamps, e.bodies}
	for _, group := range groups {
		if group() {
			return
		}
	}
	if e.cut {
		e.step("Not everything was tried: the body is large (%d bytes).", len(e.request.Body))
	}
	e.fallback()
}
