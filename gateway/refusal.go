package gateway

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// Why a request was turned away: constants, because each is also a label of a
// metric. Nothing from a request ever becomes one.
const (
	ReasonMethod      = "method"
	ReasonEarlyData   = "early_data"
	ReasonIPDenied    = "ip_denied"
	ReasonRateLimited = "rate_limited"
	ReasonTooLarge    = "too_large"
	ReasonBodyTimeout = "body_timeout"
	ReasonBodyBroken  = "body_broken"
	ReasonSigMissing  = "sig_missing"
	ReasonSigRepeated = "sig_ambiguous"
	ReasonSigBad      = "sig_bad"
	ReasonSigTooMany  = "sig_too_many"
	ReasonTSMissing   = "ts_missing"
	ReasonTSBad       = "ts_bad"
	ReasonTSStale     = "ts_stale"
	ReasonTSFuture    = "ts_future"
	ReasonMalformed   = "malformed"
	ReasonInFlight    = "in_flight"
	ReasonBusy        = "busy"
	ReasonNotReady    = "not_ready"
	ReasonStoreFull   = "store_full"
	ReasonStoreFailed = "store_failed"
)

// A Refusal is a request turned away before it became an event. What the
// sender sees (Status and a fixed title) and what the log sees (Reason, Err)
// are different texts, so that nobody can probe for the right signature.
type Refusal struct {
	Status int           // of the answer
	Reason string        // one of the Reason constants
	Wait   time.Duration // for Retry-After; 0 sends none
	Header http.Header   // more headers of the answer; may be nil
	Err    error         // for the log only; may be nil
}

// Error says the reason and, for the log, what caused it.
func (r *Refusal) Error() string {
	if r.Err == nil {
		return "webhook refused: " + r.Reason
	}
	return "webhook refused: " + r.Reason + ": " + r.Err.Error()
}

// Unwrap returns what caused the refusal.
func (r *Refusal) Unwrap() error { return r.Err }

// SetHeader puts the headers of the answer into h: Retry-After, Allow, the
// RateLimit fields, and Connection where the body was not read to its end.
func (r *Refusal) SetHeader(h http.Header) {
	for name, values := range r.Header {
		h[name] = values
	}
	if r.Wait > 0 {
		h.Set("Retry-After", ratelimit.RetryAfter(r.Wait))
	}
}

// Respond writes the whole answer: problem details (RFC 9457) with a title
// that depends on nothing but the status.
func (r *Refusal) Respond(w http.ResponseWriter) {
	h := w.Header()
	r.SetHeader(h)
	h["Content-Type"] = problemType
	w.WriteHeader(r.Status)
	_, _ = w.Write(problem(r.Status)) // the sender may be gone; there is nobody to tell
}

var problemType = []string{"application/problem+json"}

// problems are the bodies of answers made before, by status.
var problems sync.Map

func problem(status int) []byte {
	if body, ok := problems.Load(status); ok {
		return body.([]byte)
	}
	body := []byte(`{"title":` + strconv.Quote(http.StatusText(status)) + `,"status":` + strconv.Itoa(status) + "}\n")
	problems.Store(status, body)
	return body
}

// refusals maps what verify can find wrong to what the sender is told.
var refusals = []struct {
	err    error
	status int
	reason string
}{
	{verify.ErrMismatch, http.StatusUnauthorized, ReasonSigBad}, // first: the most frequent
	{verify.ErrMissing, http.StatusUnauthorized, ReasonSigMissing},
	{verify.ErrAmbiguous, http.StatusUnauthorized, ReasonSigRepeated},
	{verify.ErrTooMany, http.StatusUnauthorized, ReasonSigTooMany},
	{verify.ErrNoTimestamp, http.StatusUnauthorized, ReasonTSMissing},
	{verify.ErrBadTimestamp, http.StatusUnauthorized, ReasonTSBad},
	{verify.ErrStale, http.StatusUnauthorized, ReasonTSStale},
	{verify.ErrFuture, http.StatusUnauthorized, ReasonTSFuture},
	{verify.ErrBadID, http.StatusBadRequest, ReasonMalformed},
	{verify.ErrNotJSON, http.StatusBadRequest, ReasonMalformed},
	{verify.ErrAmbiguousID, http.StatusBadRequest, ReasonMalformed},
	{verify.ErrUnavailable, http.StatusServiceUnavailable, ReasonNotReady},
}

// keysWait is when a sender may try again that could not be verified because
// the provider's keys could not be fetched.
const keysWait = 30 * time.Second

// refuse turns an error of verify into a Refusal. Whatever is not in the
// table is a bad signature: fail closed.
func refuse(err error) *Refusal {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			refusal := &Refusal{Status: r.status, Reason: r.reason, Err: err}
			if r.reason == ReasonNotReady {
				refusal.Wait = keysWait
			}
			return refusal
		}
	}
	return &Refusal{Status: http.StatusUnauthorized, Reason: ReasonSigBad, Err: err}
}

// ReasonOf returns the reason by which a gateway refuses what verify returned:
// "" for nil.
func ReasonOf(err error) string {
	if err == nil {
		return ""
	}
	return refuse(err).Reason
}
