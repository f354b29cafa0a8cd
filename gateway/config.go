package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A Config is one endpoint: who may send to it, what it accepts, and how the
// application is asked. It is the only copy of an endpoint's options: the
// Caddyfile and JSON both end here.
type Config struct {
	// The endpoint's name: unique, and part of logs, metrics and every event's
	// identity. 1 to 64 letters, digits, `_` and `-`. Required.
	Name string `json:"name"`

	// Who sends, and how that is proven. There is no default: an endpoint that
	// wants no check has to say provider `none`.
	Verify verify.Config `json:"verify"`

	// Addresses, CIDR ranges and `private_ranges` that may send. An allowlist
	// never replaces verification: cloud addresses are shared.
	// Default: any address.
	AllowIPs []string `json:"allow_ips,omitempty"`

	// Limits on how often senders may post; all of them apply.
	// Default: none.
	RateLimits []RateLimit `json:"rate_limits,omitempty"`

	// Keep the bodies of refused requests in memory, for an operator to look at:
	// at most 64 KiB of each, and 16 MiB in all, the latest. They come from
	// strangers, and may hold anything.
	// Default: false.
	KeepRefusedBodies bool `json:"keep_refused_bodies,omitempty"`

	// The largest body accepted, in bytes.
	// Default: what the provider's entry says, else 1 MiB.
	MaxBody int64 `json:"max_body,omitempty"`

	// How long a sender may take to send its body.
	// Default: 10s.
	BodyTimeout Duration `json:"body_timeout,omitempty"`

	// Event types wanted, as globs where `*` is any run of characters and `?`
	// any one. Others are answered 200 and ignored.
	// Default: all.
	Events []string `json:"events,omitempty"`

	// A CEL condition over event, id, endpoint, provider, headers, query and
	// body; events for which it is false are answered 200 and ignored.
	// Default: accept all.
	Accept string `json:"accept,omitempty"`

	// How repeated deliveries of one event are recognised.
	Idempotency Idempotency `json:"idempotency,omitzero"`

	// What happens to an admitted event: `proxy` hands it to the application and
	// the application's answer back to the sender, and stores it if that fails;
	// `store` stores it, answers, and delivers it then.
	// Default: proxy.
	Mode string `json:"mode,omitempty"`

	// Mode proxy: how long a sender is kept waiting for the application. After
	// it the event is stored and answered, while the attempt goes on.
	// Default: four fifths of the provider's patience where that is known, else
	// 8s; never more than `timeout`.
	AckWithin Duration `json:"ack_within,omitempty"`

	// What happens to verified events over a rate limit: `defer` stores them,
	// due when the limit allows, and `reject` answers 429. Limits that are
	// checked before verification always reject.
	// Default: defer, or reject without a store.
	OverLimit string `json:"over_limit,omitempty"`

	// The status of the answer to an event that was stored: 200 or 202.
	// Default: 200, since some providers take nothing else.
	Respond int `json:"respond,omitempty"`

	// Tell the senders of stored events, in the header Location, where they can
	// ask what became of them, and answer them there. Of several destinations
	// the first one counts. Needs a store.
	// Default: false.
	StatusURL bool `json:"status_url,omitempty"`

	// How long the application may take to answer.
	// Default: 30s.
	Timeout Duration `json:"timeout,omitempty"`

	// When a failed delivery is attempted again, and when it is given up.
	Retry Retry `json:"retry,omitzero"`

	// When a destination counts as down.
	Breaker Breaker `json:"breaker,omitzero"`

	// The most attempts at once, for each destination. An event that finds no
	// place is stored and waits.
	// Default: 64 for stored events; those that are proxied are not counted.
	InFlight int `json:"in_flight,omitempty"`

	// The most attempts in a time, for each destination, as `100/1s`.
	// Default: no bound.
	Pace ratelimit.Policy `json:"pace,omitzero"`

	// Events for which this placeholder has the same value are delivered one
	// after the other, in the order in which they were received. Only mode store.
	// Default: no order.
	Order string `json:"order,omitempty"`

	// A secret with which each attempt is signed for the application, in the
	// form of Standard Webhooks: base64 of 24 bytes or more, with or without
	// `whsec_` in front.
	// Default: not signed.
	Sign SignSecret `json:"sign,omitempty"`
}

// A RateLimit bounds how often one key may send.
type RateLimit struct {
	// How many, in what time, and how many at once: `50/1s burst 100`.
	// Default burst: as many as the window allows. Required.
	Limit ratelimit.Policy `json:"limit"`

	// What is counted separately, as placeholders: `{client_ip}`,
	// `{webhook.event}`. IPv6 addresses count by their /64. Keys that need
	// nothing from the verified event are counted before the body is read.
	// Default: one bucket for the endpoint, counted after verification.
	Per string `json:"per,omitempty"`
}

// early reports whether the limit can be checked before the body is read.
func (l RateLimit) early() bool {
	rest := strings.NewReplacer("{webhook.endpoint}", "", "{webhook.provider}", "").Replace(l.Per)
	return l.Per != "" && !strings.Contains(rest, "{webhook.")
}

// Idempotency says how an endpoint recognises an event that it has seen.
type Idempotency struct {
	// Never refuse a repeated delivery.
	// Default: false.
	Off bool `json:"off,omitempty"`

	// What identifies a delivery, as placeholders: `{webhook.body.delivery_id}`.
	// Where the signature does not cover it, the signature is added to it.
	// Default: the provider's delivery id where the signature covers it, else
	// the signature itself (an id that anyone can change proves nothing).
	Key string `json:"key,omitempty"`

	// How long a delivery is remembered.
	// Default: 7d.
	TTL Duration `json:"ttl,omitempty"`
}

// The values of Mode.
const (
	ModeProxy = "proxy" // ask the application first and hand its answer back
	ModeStore = "store" // store first
)

// The values of OverLimit.
const (
	OverLimitDefer  = "defer"
	OverLimitReject = "reject"
)

const (
	defaultMaxBody  = 1 << 20
	maxMaxBody      = 1 << 30
	defaultPatience = 10 * time.Second // GitHub's; few providers say theirs
)

// WithDefaults returns a copy of c in which every option has a value. The
// provider's own maximum applies where the configuration gives none.
func (c Config) WithDefaults() Config {
	if p, ok := verify.Lookup(c.Verify.Provider); ok && c.MaxBody == 0 {
		c.MaxBody = p.MaxBody
	}
	setDefault(&c.MaxBody, defaultMaxBody)
	setDefault(&c.BodyTimeout, Duration(10*time.Second))
	if !c.Idempotency.Off {
		setDefault(&c.Idempotency.TTL, Duration(7*24*time.Hour))
	}
	setDefault(&c.Mode, ModeProxy)
	setDefault(&c.OverLimit, OverLimitDefer)
	setDefault(&c.Respond, http.StatusOK)
	setDefault(&c.Timeout, Duration(30*time.Second))
	setDefault(&c.AckWithin, min(c.Timeout, c.patience()*4/5))
	c.Retry = c.Retry.WithDefaults()
	c.Breaker = c.Breaker.WithDefaults()
	return c
}

// patience is how long the provider waits for an answer.
func (c Config) patience() Duration {
	if p, ok := verify.Lookup(c.Verify.Provider); ok && p.Patience > 0 {
		return Duration(p.Patience) * Duration(time.Second)
	}
	return Duration(defaultPatience)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// CheckName reports what cannot be the name of an endpoint or a destination.
func CheckName(name string) error {
	if !validName.MatchString(name) {
		return fmt.Errorf("%q is not 1 to 64 letters, digits, _ and -", name)
	}
	return nil
}

// Validate reports every problem of c, by option. It does not look at the
// secrets, which are known only when their placeholders are replaced: New does.
func (c Config) Validate() error {
	var problems []error
	report := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	if err := CheckName(c.Name); err != nil {
		problems = append(problems, fmt.Errorf("name: %w", err))
	}
	report(c.MaxBody < 0 || c.MaxBody > maxMaxBody, "max_body: %d is not between 1 and %d bytes", c.MaxBody, maxMaxBody)
	report(c.BodyTimeout < 0, "body_timeout: %v is negative", c.BodyTimeout)
	report(c.Timeout < 0, "timeout: %v is negative", c.Timeout)
	problems = append(problems, c.deliveryProblems()...)
	report(c.Idempotency.Off && (c.Idempotency.Key != "" || c.Idempotency.TTL != 0), "idempotency: off goes with neither a key nor a ttl")
	report(c.Idempotency.TTL < 0 || c.Idempotency.TTL != 0 && c.Idempotency.TTL < Duration(time.Minute), "idempotency: ttl %v is shorter than 1m", c.Idempotency.TTL)
	for i, l := range c.RateLimits {
		report(slices.Contains(c.RateLimits[:i], l), "rate_limit: the same limit is given twice")
		if err := l.Limit.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("rate_limit: %w", err))
		}
	}
	problems = append(problems, c.templateProblems()...)
	for _, glob := range c.Events {
		report(glob == "", "events: an empty name matches nothing")
	}
	if err := c.verifyConfig().Validate(); err != nil {
		problems = append(problems, fmt.Errorf("verify: %w", err))
	}
	if _, err := parsePrefixes(c.AllowIPs); err != nil {
		problems = append(problems, err)
	}
	if c.Accept != "" {
		if _, err := CompileCondition(c.Accept); err != nil {
			problems = append(problems, fmt.Errorf("accept: %w", err))
		}
	}
	return errors.Join(problems...)
}
