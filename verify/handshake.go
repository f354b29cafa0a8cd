package verify

import (
	"errors"
	"net/http"
)

// Why a handshake is refused. Test with [errors.Is].
var (
	// ErrBadHandshake: the challenge is not one that the provider sends.
	ErrBadHandshake = errors.New("handshake malformed")
	// ErrHandshakeToken: the token shown with it is not the configured one.
	ErrHandshakeToken = errors.New("handshake token mismatch")
	// ErrHandshakeTopic: it is about a topic that the option topic does not
	// want.
	ErrHandshakeTopic = errors.New("handshake for an unwanted topic")
)

const (
	// MaxHandshake is the largest body of a handshake, in bytes, where the
	// body says that it is one.
	MaxHandshake = 64 << 10
	// maxChallenge is the longest challenge that is given back, in bytes.
	maxChallenge = 4096
)

// A Handshake is a request by which a provider makes sure that an address
// wants its webhooks, and the answer that says so. It is data; unknown fields
// and values are errors when it is loaded. Answering changes nothing here, so
// a stranger who asks learns only what the provider's protocol tells anyone.
type Handshake struct {
	// Name tells handshakes apart in the log.
	Name string `json:"name"`
	// Signed: only a request that has been verified is one, by what its body
	// says. Others are answered unverified as well, if they carry no signature
	// or token at all: one that does is always judged by it, and a POST that
	// was verified is not one by its headers or query alone.
	Signed bool `json:"signed,omitempty"`
	// When says which requests are meant.
	When Trigger `json:"when,omitzero"`
	// Challenge is the text that the answer refers to. Nil: none.
	Challenge *Challenge `json:"challenge,omitempty"`
	// Token is the secret that the request shows. Nil: none.
	Token *TokenCheck `json:"token,omitempty"`
	// Topic is what the request is about, held against the option topic. Nil:
	// nothing.
	Topic *TopicCheck `json:"topic,omitempty"`
	// Requires lists the options without which the handshake is not answered.
	Requires []string `json:"requires,omitempty"`
	// Proof is computed for the answer. Nil: nothing is.
	Proof *Proof `json:"proof,omitempty"`
	// Confirm is the address that has to be called. Nil: none.
	Confirm *Confirmation `json:"confirm,omitempty"`
	// Answer is what the provider expects.
	Answer Reply `json:"answer"`
}

// bare reports whether nothing in the body of a POST tells that it is this
// handshake: in a request that was verified, what does may be a stranger's.
func (h *Handshake) bare() bool {
	w, c := h.When, h.Challenge
	inBody := w.EmptyBody || len(w.JSON) > 0 || len(w.Form) > 0 || c != nil && (c.In == "json" || c.In == "form")
	return w.method() == http.MethodPost && !inBody
}

// A Trigger says which requests are a handshake: those for which everything
// in it holds. A wanted value is exact; "*" is any that is not empty, and ""
// means that there must be none.
type Trigger struct {
	// Method is POST, GET, HEAD or OPTIONS. Default: POST.
	Method string `json:"method,omitempty"`
	// Query, Header, JSON and Form are wanted values by parameter, header,
	// dotted path and field.
	Query  map[string]string `json:"query,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	JSON   map[string]string `json:"json,omitempty"`
	Form   map[string]string `json:"form,omitempty"`
	// EmptyBody: there is no body.
	EmptyBody bool `json:"empty_body,omitempty"`
}

// A Challenge is a text that the provider chose: at most 4096 bytes of
// printable ASCII and spaces, so that it cannot be anything but text in the
// answer. A request without it is not the handshake.
type Challenge struct {
	// In is query, header, json or form, Name the name or the path there.
	In   string `json:"in"`
	Name string `json:"name"`
	// Pattern is a regular expression, from ^ to $, that it must match; what
	// does not is answered 400. Default: any.
	Pattern string `json:"pattern,omitempty"`
}

// A TokenCheck compares a query parameter with an option, in constant time.
type TokenCheck struct {
	Query string `json:"query"`
	// Option that has the token. Without it, any secret of the endpoint is.
	Option string `json:"option"`
}

// A TopicCheck holds a topic against the option topic, as a subscriber must
// (W3C WebSub, section 5.3; the guide to verifying messages of AWS SNS).
type TopicCheck struct {
	// In is query or json, Name the parameter or the path.
	In   string `json:"in"`
	Name string `json:"name"`
	// Leaving: the handshake ends a subscription, so only topics that the
	// option does not list are let go, and none if it lists none.
	Leaving bool `json:"leaving,omitempty"`
	// Events name their topic at the same place and are refused for others.
	Events bool `json:"events,omitempty"`
}

// A Proof shows that we know a secret.
type Proof struct {
	// Algorithm is hmac-sha256 or hmac-sha1, with the secret that verified the
	// request, or else the first; or sha256, a plain hash.
	Algorithm string `json:"algorithm"`
	// Key says how the secret becomes the key. Default: its bytes.
	Key Key `json:"key,omitzero"`
	// Encoding is hex or base64. Default: hex.
	Encoding string `json:"encoding,omitempty"`
	// Content is what it is computed over, as the body of a Reply, with {url}
	// for the endpoint's public address too.
	// Default: {challenge}.
	Content string `json:"content,omitempty"`
}

// A Confirmation is an https address in the request that has to be called.
type Confirmation struct {
	// JSON is the path of the address.
	JSON string `json:"json"`
	// HostPattern is a regular expression, from ^ to $, for its host.
	HostPattern string `json:"host_pattern"`
}

// A Reply is the answer to a handshake. Headers and Body are text with the
// tokens {challenge}, {challenge:json} (quoted), {proof}, {header:Name} (of
// the request, "" without one) and {option:name}; a brace that no lower-case
// letter follows is text.
type Reply struct {
	// Status is 200 or 204. Default: 200.
	Status int `json:"status,omitempty"`
	// Type is application/json or text/plain. Default: none, and no body.
	Type string `json:"type,omitempty"`
	// Headers that come out empty are left out.
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}
