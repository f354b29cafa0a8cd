package diagnose

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const (
	// maxVerifications bounds the work for one request.
	maxVerifications = 200
	// maxHashed bounds the bytes of body that are verified, over all tries.
	maxHashed = 256 << 20
	// maxRewritten is the largest body, in bytes, that is written anew. Larger
	// ones are only trimmed.
	maxRewritten = 1 << 20
)

var errEnough = errors.New("enough was tried")

// attempt verifies r at the time at which it says it was sent, so that the
// clock does not hide what else is wrong.
// It hashes the body once for each of the secrets.
func (e *explainer) attempt(v *verify.Verifier, r *verify.Request, secrets int) (verify.Result, error) {
	cost := len(r.Body) * max(1, secrets)
	if e.left <= 0 || e.hashed+cost > maxHashed {
		e.cut = true
		return verify.Result{}, errEnough
	}
	e.left, e.hashed = e.left-1, e.hashed+cost
	return v.Verify(e.sent(v, r), r)
}

// sent is when r was sent, as it says; now if it does not.
func (e *explainer) sent(v *verify.Verifier, r *verify.Request) time.Time {
	for _, d := range v.Describe(e.now, r) {
		if d.Err == nil && !d.Sent.IsZero() {
			return d.Sent
		}
	}
	return e.now
}

// try reports whether a changed request verifies.
func (e *explainer) try(change func(*verify.Request)) bool {
	if e.verifier == nil {
		return false
	}
	r := *e.request
	if r.Header = r.Header.Clone(); r.Header == nil {
		r.Header = http.Header{}
	}
	change(&r)
	_, err := e.attempt(e.verifier, &r, len(e.config.Secrets))
	return err == nil
}

// tryConfig reports whether the request verifies with another configuration,
// and with which secret. One without secrets is not tried: each attempt would
// fetch the provider's keys anew.
func (e *explainer) tryConfig(c verify.Config) (verify.Result, bool) {
	if len(c.Secrets) == 0 {
		return verify.Result{}, false
	}
	v, err := verify.New(c)
	if err != nil {
		return verify.Result{}, false
	}
	defer v.Close()
	if v.CheckHeader(e.sent(v, e.request), e.request.Header) != nil {
		return verify.Result{}, false // it costs nothing
	}
	res, err := e.attempt(v, e.request, len(c.Secrets))
	return res, err == nil && v.Authenticates()
}

// withOptions is the configuration with some options changed; "" removes one.
func (e *explainer) withOptions(pairs ...string) verify.Config {
	c := e.config
	c.Options = maps.Clone(c.Options)
	if c.Options == nil {
		c.Options = map[string]string{}
	}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] == "" {
			delete(c.Options, pair[0])
			continue
		}
		c.Options[pair[0]] = pair[1]
	}
	return c
}

// tryOptions is tryConfig for withOptions.
func (e *explainer) tryOptions(pairs ...string) bool {
	_, ok := e.tryConfig(e.withOptions(pairs...))
	return ok
}
