package gateway

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// Serve takes one request through the pipeline, or answers what became of an
// event. The error is a *Refusal or a *Failure; in both cases nothing has been
// written yet.
func (g *Gateway) Serve(w http.ResponseWriter, r *http.Request) error {
	if token, asked := g.statusToken(r); asked {
		return g.serveStatus(w, r, token)
	}
	v := visits.Get().(*visit)
	defer func() {
		*v = visit{} // the pool keeps no request alive
		visits.Put(v)
	}()
	*v = visit{Gateway: g, w: w, r: r, now: g.Now()}
	v.outcome = Outcome{
		Endpoint: g.config.Name, Provider: g.verifier.Provider().Name, Start: v.now,
		Durable: g.Durable, Destination: g.destinations[0].Destination, Request: r, KeepBody: g.config.KeepRefusedBodies,
	}
	v.traceRequest()
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
	span    Span // nil: nobody traces the request
	err     error

	backing  *Backing // nil: there is no store
	accepted bool     // somebody is responsible for the event

	deferred  time.Duration // until the limits allow the event to be delivered
	unclaimed bool          // nothing tells the event from the next one like it
	stranger  bool          // without a signature, so at most a handshake
	answered  bool          // a handshake
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
	return v.admit()
}

// end reports how the visit went and gives back what it held.
func (v *visit) end() {
	defer v.release()
	v.outcome.Total = v.Now().Sub(v.now)
	v.outcome.finish(v.event, v.err)
	v.traced()
	if v.body != nil { // else it is lent to an attempt that goes on
		v.outcome.Body = v.body.bytes
	}
	v.Observer.Observe(&v.outcome)
}

// release gives the memory of the body back. Nobody reads it any more.
func (v *visit) release() {
	if v.body != nil {
		v.body.release()
	}
	if v.event != nil {
		v.event.Body = nil // Caddy may ask for placeholders later, when it writes its access log
	}
}

// answer writes the gateway's own answer: providers want exactly that status,
// and some a text of their own.
func (v *visit) answer(outcome string, status int, body string) error {
	v.outcome.Name, v.outcome.Status = outcome, status
	kind := "application/json"
	body += "\n"
	if ack := v.verifier.Provider().Ack; ack != "" {
		kind, body = "text/plain; charset=utf-8", ack
	}
	v.w.Header().Set("Content-Type", kind)
	v.w.WriteHeader(status)
	_, err := v.w.Write([]byte(body))
	_ = err // the sender is gone; it will send again and hear the same
	return nil
}
