package gateway

import (
	"encoding/hex"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// An Event is one verified, admitted webhook, with all that it takes to make
// the same request again. Its fields must not be changed. Body is nil when the
// request has ended: its memory is pooled. What has been looked up in it by
// then stays known.
type Event struct {
	Key        Key    // among all events of all endpoints
	Proof      Key    // another: what a replay of its request has, whatever the Key; zero: there is none
	ID         string // the provider's delivery id; "" when it sends none
	Type       string // the provider's event type; "" when it sends none
	Endpoint   string // name of the endpoint that received it
	Provider   string // catalogue name of who sent it
	Attempt    int    // of the delivery that it is seen in: 1 for the first
	ReceivedAt time.Time
	Sender     netip.Addr // zero when unknown
	Trace      string     // the span under which it was received, as a W3C traceparent; "" when nobody traced it

	Method     string
	Target     string // path and query, as the endpoint got them
	Host       string
	RemoteAddr string // the peer's, as "ip:port"
	TLS        bool   // it came over TLS
	Header     http.Header
	Body       []byte

	json document
}

// Keys are the Key, and the Proof if there is one.
func (e *Event) Keys() []Key {
	if e.Proof == (Key{}) {
		return []Key{e.Key}
	}
	return []Key{e.Key, e.Proof}
}

// shell is the event without its body, for who stays behind when another
// goroutine works with e.
func (e *Event) shell() *Event {
	shell := &Event{
		Key: e.Key, Proof: e.Proof, ID: e.ID, Type: e.Type, Endpoint: e.Endpoint, Provider: e.Provider, Attempt: e.Attempt, ReceivedAt: e.ReceivedAt, Sender: e.Sender,
		Method: e.Method, Target: e.Target, Host: e.Host, RemoteAddr: e.RemoteAddr, TLS: e.TLS, Header: e.Header, Trace: e.Trace,
	}
	shell.json.adopt(&e.json)
	return shell
}

// RawQuery is the query of the Target, without the question mark.
func (e *Event) RawQuery() string {
	_, query, _ := strings.Cut(e.Target, "?")
	return query
}

// Reference is the name under which the application and the log know the
// event: the provider's id or, where it sends none, one made from the key.
func (e *Event) Reference() string {
	if e.ID != "" {
		return e.ID
	}
	return hex.EncodeToString(e.Key[:16])
}

// Lookup returns the value at a dotted path of the JSON body ("data.items.0.id")
// as text, and whether there is one. Objects and arrays are given as JSON.
func (e *Event) Lookup(path string) (string, bool) { return e.json.lookup(e.Body, path) }

// Names of the headers that tell the application what it received. A stranger's
// headers of these names never reach it.
const (
	headerPrefix     = "Webhook-Gateway-"
	headerEventID    = headerPrefix + "Event-Id"
	headerAttempt    = headerPrefix + "Attempt"
	headerReceivedAt = headerPrefix + "Received-At"
	headerEndpoint   = headerPrefix + "Endpoint"
	headerProvider   = headerPrefix + "Provider"
	headerEvent      = headerPrefix + "Event"
)

// stamp replaces all Webhook-Gateway-* headers of h with those of the event.
func (e *Event) stamp(h http.Header) {
	for name := range h {
		if reserved(name) {
			delete(h, name)
		}
	}
	values := [...]string{e.Reference(), strconv.Itoa(e.Attempt), e.ReceivedAt.UTC().Format(time.RFC3339Nano), e.Endpoint, e.Provider, e.Type}
	for i, name := range [...]string{headerEventID, headerAttempt, headerReceivedAt, headerEndpoint, headerProvider, headerEvent} {
		if values[i] != "" && sendable(values[i]) {
			h[name] = values[i : i+1 : i+1]
		}
	}
}

// reserved reports whether a header's name is one of ours. Underscore and dot
// spellings are too: CGI-like applications cannot tell them from ours.
func reserved(name string) bool {
	if len(name) < len(headerPrefix) {
		return false
	}
	for i := range len(headerPrefix) {
		c := name[i]
		if c == '_' || c == '.' {
			c = '-'
		}
		if c|0x20 != headerPrefix[i]|0x20 {
			return false
		}
	}
	return true
}

// sendable reports whether s, which may come from a body, can be a header's
// value without breaking the header (RFC 9110, section 5.5).
func sendable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}
