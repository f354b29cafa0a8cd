package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// A Verdict is what an attempt means for its delivery.
type Verdict int

// The verdicts on an attempt. The zero Verdict is none.
const (
	Accepted Verdict = iota + 1 // the application answered 2xx
	Again                       // it failed in a way that may pass
	Final                       // it failed in a way that will not
	Canceled                    // we broke it off: as if it had not been made
)

// String is the verdict's name, for people and for labels of metrics.
func (v Verdict) String() string {
	return [...]string{"", "accepted", "again", "final", "canceled"}[v]
}

// Why an attempt failed.
const (
	ReasonNetwork  = "network"  // not reached, broken off, or without an answer
	ReasonTimeout  = "timeout"  // no answer in time: what the application did is not known
	ReasonStatus   = "status"   // it answered, and not with 2xx
	ReasonCanceled = "canceled" // we broke it off
)

// A Result is how one attempt ended.
type Result struct {
	Verdict    Verdict
	Status     int           // the application's; 0 when it gave none
	Reason     string        // one of the constants above; "" when Accepted
	Err        error         // more about it; may be nil
	RetryAfter time.Duration // what the application asked for; 0: nothing
	Answer     []byte        // the beginning of what it said
	Start      time.Time
	Duration   time.Duration

	// Probe says that the attempt was made to see whether a destination that
	// was down is up again: if it is not, that is no fault of the event.
	Probe bool

	broken any // what the route panicked with
}

// attempt is the result as the delivery's n-th attempt is remembered.
func (r Result) attempt(n int) Attempt {
	a := Attempt{Number: n, Start: r.Start, Duration: r.Duration, Status: r.Status, Reason: r.Reason, Answer: r.Answer}
	if r.Err != nil {
		a.Error = r.Err.Error()
	}
	return a
}

var (
	errTimeout  = fmt.Errorf("the application did not answer within timeout: %w", context.DeadlineExceeded)
	errNoStatus = errors.New("the route gave no status")
)

// run runs f; a panic of its is noted.
func (r *Result) run(f func() error) error {
	defer func() { r.broken = recover() }()
	return f()
}

// judge fills in what the attempt means, from how the route ended: its error,
// its panic, the status that it wrote and the state of its context.
func (r *Result) judge(ctx context.Context, err error, retry Retry) {
	var failure *Failure
	switch {
	case err == nil && r.broken == nil && r.Status/100 == 2: // whatever its context came to meanwhile
		r.Verdict = Accepted
		return
	case errors.Is(context.Cause(ctx), errTimeout):
		r.Status, r.Reason, r.Err = 0, ReasonTimeout, errTimeout
	case ctx.Err() != nil:
		r.Verdict, r.Status, r.Reason, r.Err = Canceled, 0, ReasonCanceled, context.Cause(ctx)
		return
	case r.broken != nil:
		r.Reason, r.Err = ReasonNetwork, brokenError(r.broken)
	case errors.As(err, &failure):
		r.blame(failure)
	case err != nil:
		r.Reason, r.Err = ReasonNetwork, err
	case r.Status == 0:
		r.Reason, r.Err = ReasonNetwork, errNoStatus
	default:
		r.Reason, r.Err = ReasonStatus, errors.New("the application answered "+strconv.Itoa(r.Status))
	}
	r.Verdict = Final
	if retry.again(r.Reason, r.Status) {
		r.Verdict = Again
	}
}

// blame takes the reason from a route that failed before it wrote anything.
func (r *Result) blame(f *Failure) {
	r.Err = f.Err
	switch f.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		r.Reason = ReasonNetwork
	case http.StatusGatewayTimeout:
		r.Reason = ReasonTimeout
	default:
		r.Reason, r.Status = ReasonStatus, f.Status
	}
}

// brokenError is the error for a route's panic.
func brokenError(value any) error {
	if value == http.ErrAbortHandler { //nolint:errorlint // it is panicked with, as it is
		return errors.New("the application's answer broke off")
	}
	return fmt.Errorf("panic: %v", value)
}
