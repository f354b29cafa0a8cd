package activity

import (
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// A Happening is one thing that happens. Its kinds:
//
//	new        a request was answered: its event is stored, or the application took it
//	refused    a request was turned away
//	attempt    an attempt failed
//	delivered  the application took a delivery
//	dead       a delivery was given up
//
// Each is told once. A delivery that is stored is new when its sender is
// answered and delivered when that is in the store, one for each destination,
// which may be before. An event that the application took while the sender
// waited, and that was not stored for it, is new and delivered at once, and has
// no Delivery; so has one that it refused for good then, which is dead only.
// Duplicates, handshakes and what is filtered are no happenings.
//
// An attempt that a sender waited for has neither Delivery nor Reference,
// unless there is no store; what is delivered in the background has no
// Reference. The texts of an event are cut off at 256 bytes.
type Happening struct {
	Kind        string // new, attempt, delivered, dead or refused
	Time        time.Time
	Endpoint    string
	Destination string // new: the first one; refused: none
	Delivery    int64  // 0: it has no id (yet)
	Reference   string // the event's
	Type        string // the event's
	Status      int    // new, refused: of the answer; else the application's, 0 when it gave none
	Reason      string // refused, attempt, dead: why
	Duration    time.Duration
}

// The kinds of a Happening.
const (
	kindNew       = "new"
	kindRefused   = "refused"
	kindAttempt   = "attempt"
	kindDelivered = "delivered"
	kindDead      = "dead"
)

// longestText is how much is told of a text of the event's, in bytes.
const longestText = 256

// short is a copy of the beginning: listeners may keep it for long.
func short(s string) string {
	return strings.ToValidUTF8(strings.Clone(s[:min(len(s), longestText)]), "")
}

// tellRequest tells how a request went, and its attempt if nobody else does.
func (l *Log) tellRequest(o *gateway.Outcome, at time.Time) {
	h := Happening{
		Time: at, Endpoint: o.Endpoint, Destination: o.Destination, Delivery: o.Delivery,
		Reference: short(o.ID), Type: short(o.Type), Status: o.Status, Duration: o.Total,
	}
	if o.Refused {
		h.Kind, h.Destination, h.Reason = kindRefused, "", o.Name
		l.listeners.tell(h)
		return
	}
	switch o.Name {
	case gateway.OutcomeDelivered, gateway.OutcomeQueued, gateway.OutcomeDeferred:
		h.Kind = kindNew
		l.listeners.tell(h)
	case gateway.OutcomeFailed:
		if o.Delivery != 0 { // it is stored for other destinations
			h.Kind = kindNew
			l.listeners.tell(h)
		}
	}
	l.tellLive(o, h)
}

// tellLive tells what came of the attempt that the sender waited for, unless a
// delivery.Observer is told.
func (l *Log) tellLive(o *gateway.Outcome, h Happening) {
	h.Duration = o.Upstream
	switch {
	case o.Name == gateway.OutcomeDelivered && o.Delivery == 0:
		h.Kind = kindDelivered
	case o.Dead:
		h.Kind, h.Reason = kindDead, o.Cause
	case o.Name == gateway.OutcomeFailed && !o.Durable:
		h.Kind, h.Reason = kindAttempt, o.Cause
	default:
		return
	}
	if h.Reason != "" && h.Reason != gateway.ReasonStatus {
		h.Status = 0 // the sender's is ours
	}
	l.listeners.tell(h)
}

// tellFailure tells of an attempt that failed.
func (l *Log) tellFailure(a delivery.Attempt, at time.Time) {
	h := Happening{
		Kind: kindAttempt, Time: at, Endpoint: a.Address.Endpoint, Destination: a.Address.Destination,
		Status: a.Result.Status, Reason: a.Result.Reason, Duration: a.Result.Duration,
	}
	if a.Delivery != nil {
		h.name(a.Delivery)
	}
	l.listeners.tell(h)
}

// tellEnd tells what became of a delivery.
func (l *Log) tellEnd(a gateway.Address, d *gateway.Delivery, at time.Time) {
	last := d.LastAttempt
	h := Happening{
		Kind: kindDelivered, Time: at, Endpoint: a.Endpoint, Destination: a.Destination,
		Status: last.Status, Reason: last.Reason, Duration: last.Duration,
	}
	if d.State == gateway.Dead {
		h.Kind = kindDead
	}
	h.name(d)
	l.listeners.tell(h)
}

// name says which delivery it is, and of which event if that is known.
func (h *Happening) name(d *gateway.Delivery) {
	h.Delivery = d.ID
	if d.Event != nil {
		h.Reference, h.Type = short(d.Event.Reference()), short(d.Event.Type)
	}
}
