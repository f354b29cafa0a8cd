// Package gateway turns requests into events and events into deliveries.
//
// A Gateway is one endpoint: the pipeline that every request to it goes
// through. It knows net/http and no particular server; what it needs of the
// server it runs in is the Server interface.
//
// The promise: once a sender has its 2xx, the application accepted the event
// (it answered 2xx), or the event was one that the configuration told us to
// ignore, or it had been accepted before.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A Server is what a gateway asks of the server it runs in.
type Server interface {
	// ClientIP is the sender's address; the zero Addr when it is not known.
	ClientIP(*http.Request) netip.Addr

	// RequestURI is the path and query as the sender wrote them, before any
	// rewrite: signatures may cover it.
	RequestURI(*http.Request) string

	// Expand replaces the placeholders in a template of the configuration, and
	// reports whether each of them has a value. The event is nil before
	// verification. What a placeholder stands for is never expanded again.
	Expand(template string, r *http.Request, e *Event) (text string, complete bool)

	// Deliver hands an event to the application and the application's answer
	// to w. An error is a *Failure, and means that nothing was written.
	Deliver(w http.ResponseWriter, r *http.Request, e *Event) error
}

// Parts are what a Gateway shares with others, or is given from outside. All
// but Sources, Log and Confirmer are required.
type Parts struct {
	Server   Server
	Seen     *Seen                // outlives the Gateway
	Budget   *Budget              // shared by all endpoints
	Limiters []*ratelimit.Limiter // one for each of the Config's RateLimits
	Sources  []IPSource           // allow these too
	Observer Observer
	Now      func() time.Time
	// Log is told what becomes of subscriptions that are confirmed after the
	// request. Nil: nobody is.
	Log *slog.Logger
	// Confirmer makes the calls for it. Nil: a client of the package's own.
	Confirmer *http.Client
}

// A Gateway is one endpoint. It does not change and may be used concurrently.
type Gateway struct {
	config     Config
	verifier   *verify.Verifier
	allowlist  allowlist
	events     Glob
	accept     *Condition // nil accepts all
	limits     limits
	reads      map[string]bool // canonical names of the headers that verification reads
	needsJSON  bool            // the configuration looks into the body
	handshakes handshakes
	keySigned  bool          // every part of a custom idempotency key is covered by the signature
	serial     atomic.Uint64 // tells events apart that nothing else does
	Parts
}

// New returns the gateway that c describes. The error names every option that
// is wrong, and never contains a secret.
func New(c Config, parts Parts) (*Gateway, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", c.Name, err)
	}
	wanted := c.verifyConfig()
	wanted.Log = parts.Log
	v, err := verify.New(wanted)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: verify: %w", c.Name, err)
	}
	g := &Gateway{config: c, verifier: v, events: NewGlob(c.Events...), limits: newLimits(c.RateLimits, parts.Limiters), Parts: parts}
	g.reads = make(map[string]bool)
	for _, name := range v.Headers() {
		g.reads[name] = true
	}
	g.needsJSON = c.needsJSON(v)
	g.handshakes = newHandshakes(v)
	g.keySigned = signedKey(c.Idempotency.Key, v)
	g.allowlist.sources = parts.Sources
	g.allowlist.ranges, _ = parsePrefixes(c.AllowIPs) // Validate saw it
	if c.Accept != "" {
		g.accept, _ = CompileCondition(c.Accept) // Validate saw it
	}
	return g, nil
}

// Verifier returns what verifies the endpoint's requests.
func (g *Gateway) Verifier() *verify.Verifier { return g.verifier }

// Close stops what verification does in the background. Requests that are
// still being served are refused if they need it.
func (g *Gateway) Close() { g.verifier.Close() }

// Serve takes one request through the pipeline. The error is a *Refusal or a
// *Failure; in both cases nothing has been written yet.
func (g *Gateway) Serve(w http.ResponseWriter, r *http.Request) error {
	v := visits.Get().(*visit)
	defer func() {
		*v = visit{} // the pool keeps no request alive
		visits.Put(v)
	}()
	*v = visit{Gateway: g, w: w, r: r, now: g.Now()}
	v.outcome = Outcome{Endpoint: g.config.Name, Provider: g.verifier.Provider().Name, Start: v.now}
	v.err = errBrokenOff // unless run returns: the answer may break off with a panic
	defer v.end()
	v.err = v.run()
	v.hangUp()
	return v.err
}

// hangUp closes the connection of a sender that waits for a 100 before it
// sends its body, when the answer is a refusal: net/http would wait with it,
// for a body that does not come.
func (v *visit) hangUp() {
	var refusal *Refusal
	if v.body == nil && v.r.ProtoMajor == 1 && v.r.Header.Get("Expect") != "" && errors.As(v.err, &refusal) {
		v.w.Header().Set("Connection", "close")
	}
}

var errBrokenOff = errors.New("the application's answer broke off")

// A visit is one request on its way through the pipeline.
type visit struct {
	*Gateway
	w       http.ResponseWriter
	r       *http.Request
	now     time.Time
	body    *body
	request verify.Request
	proof   verify.Result
	event   *Event
	outcome Outcome
	err     error

	unclaimed bool // nothing tells the event from the next one like it
	stranger  bool // without a signature, so at most a handshake
	answered  bool // a handshake
}

// visits are used again: a kilobyte for each request adds up.
var visits = sync.Pool{New: func() any { return new(visit) }}

// run is the pipeline. Cheap checks come first, and nothing before the
// signature leaves a trace that a stranger could use.
func (v *visit) run() error {
	for _, check := range [...]func(*visit) error{
		(*visit).checkMethod,
		(*visit).checkSender,
		(*visit).checkEarlyLimits,
		(*visit).checkGreeting,
		(*visit).checkHeaders,
		(*visit).readBody,
		(*visit).verify,
		(*visit).identify,
	} {
		if err := check(v); err != nil || v.answered {
			return err
		}
	}
	if wanted, err := v.wanted(); !wanted {
		return err
	}
	if err := v.checkLimits(); err != nil {
		return err
	}
	return v.once(v.proxy)
}

// end gives back what the visit held and reports how it went.
func (v *visit) end() {
	if v.body != nil {
		v.body.release()
	}
	if v.event != nil {
		v.event.Body = nil // Caddy may ask for placeholders later, when it writes its access log
	}
	v.outcome.Total = v.Now().Sub(v.now)
	v.outcome.finish(v.event, v.err)
	v.Observer.Observe(&v.outcome)
}

// once runs deliver if the event has not been accepted before and nobody else
// is delivering it. The claim is confirmed when the application answered 2xx,
// and released on every other exit, so that the provider's retry is welcome.
func (v *visit) once(deliver func() (accepted bool, err error)) error {
	if v.config.Idempotency.Off || v.unclaimed {
		_, err := deliver()
		return err
	}
	switch v.Seen.Claim(v.now, v.event.key) {
	case Ours:
	case Done:
		return v.answer(OutcomeDuplicate, `{"status":"already_processed"}`)
	default: // it may yet fail, so it is too early to say yes
		return &Refusal{Status: http.StatusConflict, Reason: ReasonInFlight, Wait: time.Second}
	}
	accepted := false
	defer func() {
		if accepted {
			v.Seen.Confirm(v.Now(), v.event.key, time.Duration(v.config.Idempotency.TTL))
		} else {
			v.Seen.Release(v.event.key)
		}
	}()
	var err error
	accepted, err = deliver()
	return err
}

// proxy hands the event to the application, and its answer to the sender. A
// sender that hangs up does not cancel it: what the application did counts.
func (v *visit) proxy() (accepted bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), time.Duration(v.config.Timeout))
	defer cancel()
	reader, again := &bodyReader{rest: v.event.Body}, &bodyReader{rest: v.event.Body}
	defer func() { _, _ = reader.Close(), again.Close() }() // neither fails
	v.r.Body = again                                        // for who looks at the body on the way, as placeholders do
	w := &answer{ResponseWriter: v.w}
	start := v.Now()
	defer func() {
		v.outcome.Upstream = v.Now().Sub(start)
		v.outcome.Status = w.status
	}()
	err = v.Server.Deliver(w, v.forward(ctx, reader), v.event)
	return err == nil && w.status/100 == 2, err
}

// forward is the request for the application: the sender's own bytes and
// headers, framed anew, with the event's facts in place of a stranger's.
func (v *visit) forward(ctx context.Context, body *bodyReader) *http.Request {
	r := v.r.WithContext(ctx)
	v.event.stamp(r.Header)
	r.Header.Del("Upgrade")
	r.Header.Del("Expect")      // the body is here: nobody waits for a 100
	r.Header.Del("Incremental") // nor for its beginning, which is why Caddy would not buffer it
	r.Body, r.ContentLength = body, int64(len(v.event.Body))
	r.TransferEncoding, r.Trailer = nil, nil
	if len(v.event.Body) == 0 {
		r.Body = http.NoBody
	}
	return r
}

// answer writes the gateway's own 200: providers want exactly that status, and
// some a text of their own.
func (v *visit) answer(outcome, body string) error {
	v.outcome.Name, v.outcome.Status = outcome, http.StatusOK
	kind := "application/json"
	body += "\n"
	if ack := v.verifier.Provider().Ack; ack != "" {
		kind, body = "text/plain; charset=utf-8", ack
	}
	v.w.Header().Set("Content-Type", kind)
	_, err := v.w.Write([]byte(body))
	_ = err // the sender is gone; it will send again and hear the same
	return nil
}
