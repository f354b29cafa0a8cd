package gateway

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const (
	handshakeRate    = 10   // a second, for each sender
	handshakeBurst   = 20   //
	handshakeSenders = 1024 // remembered; the longest unseen start anew
)

// handshakes are what an endpoint needs to answer its provider's handshakes.
type handshakes struct {
	allow string // of Allow: the methods of webhooks and handshakes
	// limiter counts by sender: with one bucket for all, a stranger who asks
	// all the time would have the provider's own handshakes refused.
	limiter    *ratelimit.Limiter
	confirming chan struct{} // holds one value for each call under way
}

// setRequest is what is known of the request for verification.
func (v *visit) setRequest(body []byte) {
	v.request = verify.Request{Method: v.r.Method, URI: v.Server.RequestURI(v.r), Header: v.r.Header, Body: body, Client: client(v.r), Sender: v.outcome.Sender}
}

func newHandshakes(v *verify.Verifier) handshakes {
	return handshakes{
		allow:      strings.Join(slices.Concat([]string{http.MethodPost}, v.Provider().Methods, v.HandshakeMethods()), ", "),
		limiter:    &ratelimit.Limiter{Rate: handshakeRate, Burst: handshakeBurst, Size: handshakeSenders},
		confirming: make(chan struct{}, confirmAtOnce),
	}
}

// notAllowed refuses a request of a method that is none of ours.
func (v *visit) notAllowed() error {
	return &Refusal{Status: http.StatusMethodNotAllowed, Reason: ReasonMethod, Header: http.Header{"Allow": {v.handshakes.allow}}}
}

// checkGreeting deals with requests whose method is not one of a webhook:
// handshakes, or nothing.
func (v *visit) checkGreeting() error {
	if v.webhookMethod() {
		return nil
	}
	v.setRequest(nil)
	if v.r.ContentLength > 0 || !v.verifier.MayBeHandshake(&v.request) {
		return v.notAllowed()
	}
	if err := v.readBody(); err != nil { // HTTP/3 cannot tell before that there is none
		return err
	}
	var accepted *verify.Result
	proof, err := v.verifier.Verify(v.now, &v.request)
	if err == nil {
		accepted = &proof
	}
	if greeting := v.greet(accepted); greeting != nil || v.answered {
		return greeting
	}
	if err != nil {
		return refuse(err)
	}
	return v.notAllowed()
}

// mayGreet reports whether a POST that CheckHeader refuses with err is to be
// read all the same, because it may be a handshake that is not signed.
func (v *visit) mayGreet(err error) bool {
	if !errors.Is(err, verify.ErrMissing) || v.r.ContentLength > verify.MaxHandshake {
		return false
	}
	v.setRequest(nil)
	v.stranger = v.verifier.MayBeHandshake(&v.request)
	return v.stranger
}

// maxBody is how much of the body is read.
func (v *visit) maxBody() int64 {
	if !v.webhookMethod() {
		return 0
	}
	if v.stranger {
		return min(v.config.MaxBody, verify.MaxHandshake)
	}
	return v.config.MaxBody
}

// greet answers the request if it is a handshake, and sets answered. The
// result is nil when the request was not verified.
func (v *visit) greet(proof *verify.Result) error {
	a, err := v.verifier.Handshake(&v.request, proof)
	if a == nil && err == nil {
		return nil
	}
	// Even those that fail count, or tokens could be guessed at any rate.
	if d := v.handshakes.limiter.Take(v.now, ratelimit.Key(v.outcome.Sender.String())); !d.OK {
		return &Refusal{Status: http.StatusTooManyRequests, Reason: ReasonRateLimited, Wait: max(d.Wait, time.Second)}
	}
	if err != nil {
		return refuseHandshake(err)
	}
	if a.Confirm != "" && !v.confirm(a.Confirm) {
		return &Refusal{Status: http.StatusServiceUnavailable, Reason: ReasonBusy, Wait: time.Second}
	}
	v.outcome.Name, v.outcome.Status = OutcomeHandshake, a.Status
	v.outcome.Handshake, v.outcome.Err = a.Name, a.Problem
	v.answered = true
	h := v.w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	if a.Status != http.StatusNoContent { // Twitch wants the length
		h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	v.w.WriteHeader(a.Status)
	_, _ = v.w.Write(a.Body) // the provider may be gone; it will try again
	return nil
}

func refuseHandshake(err error) *Refusal {
	switch {
	case errors.Is(err, verify.ErrHandshakeToken):
		return &Refusal{Status: http.StatusForbidden, Reason: ReasonSigBad, Err: err}
	case errors.Is(err, verify.ErrHandshakeTopic):
		return &Refusal{Status: http.StatusNotFound, Reason: ReasonMalformed, Err: err}
	}
	return &Refusal{Status: http.StatusBadRequest, Reason: ReasonMalformed, Err: err}
}
