// Package gateway turns requests into events and events into deliveries.
//
// A Gateway is one endpoint: the pipeline that every request to it goes
// through. It knows net/http and no particular server; what it needs of the
// server it runs in is the Server interface.
//
// The promise: once a sender has its 2xx, the application accepted the event
// (it answered 2xx), or the event is stored durably and will be attempted until
// it is accepted or, by policy, a dead letter; or it was one that the
// configuration told us to ignore, or one that had been let in before.
package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/internal/failpoint"
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

	// Admit makes the event known to the placeholders of the request, which
	// the server may ask for when it has been served: in its access log.
	Admit(r *http.Request, e *Event)
}

// Parts are what a Gateway shares with others, or is given from outside. All
// but Durable, Sources, Log, Confirmer and Tracer are required.
type Parts struct {
	Server   Server
	Routes   []NamedRoute         // the endpoint's destinations; without a store exactly one
	Durable  bool                 // there is a store: nothing is let in until Open
	Seen     *Seen                // outlives the Gateway
	Budget   *Budget              // shared by all endpoints
	Limiters []*ratelimit.Limiter // one for each of the Config's RateLimits
	Sources  []IPSource           // allow these too
	Observer Observer
	Now      func() time.Time
	Random   func() float64 // from 0 up to 1, for the wait before a retry
	// Log is told what becomes of subscriptions that are confirmed after the
	// request. Nil: nobody is.
	Log *slog.Logger
	// Confirmer makes the calls for it. Nil: a client of the package's own.
	Confirmer *http.Client
	Tracer    Tracer // nil: nothing is traced
}

// A NamedRoute is a destination's, as the configuration has it.
type NamedRoute struct {
	Name string // unique in the endpoint
	Route
}

// A Backing is what makes an endpoint durable. It may be used concurrently.
type Backing struct {
	Journal Journal
	Lanes   []Lane  // one for each of the endpoint's Destinations
	Status  *Status // nil: senders cannot ask what became of their events

	// Err is why the store is not open yet: events are refused with it, as if
	// the store itself had said so. Then there is nothing else here.
	Err error
}

// A Gateway is one endpoint. But for Open it does not change, and it may be used
// concurrently.
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

	statusLimiter *ratelimit.Limiter // by who asks

	destinations []*Destination
	backing      atomic.Pointer[Backing]
	opened       chan struct{} // closed by the first Open
	opening      sync.Once
	Parts
}

// New returns the gateway that c describes. The error names every option that
// is wrong, and never contains a secret.
func New(c Config, parts Parts) (*Gateway, error) {
	given := c
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", c.Name, err)
	}
	if err := given.CheckStoreless(); err != nil && !parts.Durable {
		return nil, fmt.Errorf("endpoint %q: %w", c.Name, err)
	}
	wanted := c.verifyConfig()
	wanted.Log = parts.Log
	v, err := verify.New(wanted)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: verify: %w", c.Name, err)
	}
	g := &Gateway{config: c, verifier: v, events: NewGlob(c.Events...), limits: newLimits(c.RateLimits, parts.Limiters), Parts: parts}
	g.opened = make(chan struct{})
	g.reads = make(map[string]bool)
	for _, name := range v.Headers() {
		g.reads[name] = true
	}
	g.needsJSON = c.needsJSON(v)
	g.handshakes = newHandshakes(v)
	g.statusLimiter = newStatusLimiter()
	g.keySigned = signedKey(c.Idempotency.Key, v)
	g.allowlist.sources = parts.Sources
	g.allowlist.ranges, _ = parsePrefixes(c.AllowIPs) // Validate saw it
	if c.Accept != "" {
		g.accept, _ = CompileCondition(c.Accept) // Validate saw it
	}
	if g.destinations, err = c.destinations(parts); err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", c.Name, err)
	}
	return g, nil
}

// Destinations are where the endpoint's events go, in the configuration's order.
func (g *Gateway) Destinations() []*Destination { return g.destinations }

// Open lets events in, which b makes durable; until then requests wait a moment
// and are refused, and so they are, at once, without b again.
func (g *Gateway) Open(b *Backing) {
	failpoint.Hit("reload")
	g.backing.Store(b)
	g.opening.Do(func() { close(g.opened) })
}

// Verifier returns what verifies the endpoint's requests.
func (g *Gateway) Verifier() *verify.Verifier { return g.verifier }

// Close stops what verification does in the background. Requests that are
// still being served are refused if they need it.
func (g *Gateway) Close() { g.verifier.Close() }
