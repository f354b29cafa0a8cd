package gateway

import (
	"errors"
	"net/http"
	"net/netip"
	"time"
)

// How requests end other than by a refusal: constants, because each is also a
// label of a metric.
const (
	OutcomeDelivered = "delivered" // the application answered 2xx
	OutcomeFailed    = "failed"    // it answered anything else, or nothing
	OutcomeFiltered  = "filtered"  // verified, and not wanted
	OutcomeDuplicate = "duplicate" // accepted before
	OutcomeHandshake = "handshake" // the provider's, answered
	OutcomeQueued    = "queued"    // stored, to be delivered
	OutcomeDeferred  = "deferred"  // over a limit: stored, to be delivered when it allows
)

// Outcomes lists every name that an Outcome can have.
func Outcomes() []string {
	return append([]string{
		OutcomeDelivered, OutcomeFailed, OutcomeFiltered, OutcomeDuplicate, OutcomeHandshake, OutcomeQueued, OutcomeDeferred,
	}, Reasons()...)
}

// Reasons lists every reason of a Refusal.
func Reasons() []string {
	return []string{
		ReasonMethod, ReasonEarlyData, ReasonIPDenied, ReasonRateLimited, ReasonTooLarge, ReasonBodyTimeout, ReasonBodyBroken,
		ReasonSigMissing, ReasonSigRepeated, ReasonSigBad, ReasonSigTooMany, ReasonTSMissing, ReasonTSBad, ReasonTSStale, ReasonTSFuture,
		ReasonMalformed, ReasonInFlight, ReasonBusy, ReasonNotReady, ReasonStoreFull, ReasonStoreFailed,
	}
}

// An Outcome is how one request went: what the log and the metrics are told.
type Outcome struct {
	Endpoint string
	Provider string
	Name     string // one of the Outcome constants, or the Reason of a refusal
	Status   int    // of the answer; 0 when the application's broke off
	Refused  bool
	Err      error // of a refusal or a failure; has no secrets; may be nil

	ID     string // the event's reference; "" when it did not become one
	Type   string // the event's type
	Sender netip.Addr
	Secret int // which secret matched, counted from 0

	Durable     bool   // there is a store: attempts, and what they come to, are told to a delivery.Observer
	Destination string // the first one, whose answer a sender gets
	Delivery    int64  // to that destination, when the event was stored to be delivered; else 0
	Cause       string // why the attempt failed that the sender waited for: the Reason of its Result; "" if it did not
	Dead        bool   // the application refused for good while the sender waited; a dead letter is kept

	Handshake string // which one was answered: a name from the catalogue

	ConditionFailed bool // accept met a missing field or a wrong type

	Start    time.Time
	Verify   time.Duration // spent on the signature
	Upstream time.Duration // spent in the application
	Total    time.Duration

	Request  *http.Request // as it came; only until Observe returns
	Body     []byte        // what was read of it; only until Observe returns, its memory is used again; nil if nothing, or if an attempt has it
	KeepBody bool          // the endpoint lets the bodies of refused requests be kept
}

// An Observer is told how each request went. It is called once for each, on
// the request's goroutine, and must not keep the Outcome, Request or Body.
type Observer interface {
	Observe(*Outcome)
}

// finish completes the outcome from how the visit ended.
func (o *Outcome) finish(e *Event, err error) {
	if e != nil {
		o.ID, o.Type = e.Reference(), e.Type
	}
	if err != nil {
		o.Err = err
	}
	if errors.Is(err, errBrokenOff) {
		o.Status = 0
	}
	var refusal *Refusal
	var failure *Failure
	if errors.As(err, &failure) {
		o.Status, o.Err = failure.Status, failure.Err
	}
	switch {
	case errors.As(err, &refusal):
		o.Name, o.Status, o.Refused, o.Err = refusal.Reason, refusal.Status, true, refusal.Err
	case o.Name != "":
	case err == nil && o.Status/100 == 2:
		o.Name = OutcomeDelivered
	default:
		o.Name = OutcomeFailed
	}
}

// A Failure is an application that did not answer: not reached, too slow, or
// without a route to it.
type Failure struct {
	Status int // for the sender
	Err    error
}

// Error says what happened, for the log only.
func (f *Failure) Error() string { return "webhook not delivered: " + f.Err.Error() }

// Unwrap returns what happened.
func (f *Failure) Unwrap() error { return f.Err }
