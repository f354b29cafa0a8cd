package gateway

import "net/http"

// hand gives the event to the application and its answer to the sender, with
// no store behind.
func (v *visit) hand() error {
	again := &bodyReader{rest: v.event.Body}
	defer func() { _ = again.Close() }() // it does not fail
	v.r.Body = again                     // for who looks at the body on the way, as placeholders do
	w := &answer{ResponseWriter: v.w}
	result := v.destinations[0].pass(v.r, v.event, w)
	v.outcome.Upstream, v.outcome.Status, v.outcome.Cause = result.Duration, w.status, result.Reason
	switch {
	case result.broken != nil:
		panic(result.broken) // as the route did: net/http breaks the sender's connection off
	case w.status == 0:
		return result.failure()
	}
	if result.Verdict == Accepted {
		v.admitted()
	}
	return nil
}

// failure is what the sender of an event is told whose attempt had no answer.
func (r Result) failure() *Failure {
	f := &Failure{Status: http.StatusBadGateway, Err: r.Err}
	switch {
	case r.Reason == ReasonTimeout:
		f.Status = http.StatusGatewayTimeout
	case r.Reason == ReasonStatus:
		f.Status = r.Status
	}
	return f
}

// An answer passes on what the application's route writes, and remembers the
// final status.
type answer struct {
	http.ResponseWriter
	status int // 0 until it is written
}

// WriteHeader remembers the first status that is not informational.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implies a 200, as everywhere in net/http.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what is beneath.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Status implements Answer.
func (a *answer) Status() int { return a.status }

// Beginning implements Answer: nothing is kept of what is passed on.
func (*answer) Beginning() []byte { return nil }
