package caddymodule

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// facts says how requests are verified, as configured, and what else is known
// of the provider.
func facts(v *verify.Verifier) []admin.Fact {
	l := new(factList)
	for _, reading := range v.Describe(time.Now(), &verify.Request{Header: http.Header{}}) {
		l.scheme(reading)
	}
	l.provider(v.Provider())
	return l.all
}

// A factList is facts, each of them once.
type factList struct{ all []admin.Fact }

// add adds a fact, unless its value is empty.
func (l *factList) add(name, format string, args ...any) {
	fact := admin.Fact{Name: name, Value: fmt.Sprintf(format, args...)}
	if fact.Value != "" && !slices.Contains(l.all, fact) {
		l.all = append(l.all, fact)
	}
}

func (l *factList) scheme(r verify.Reading) {
	s := r.Scheme
	proof := s.Kind
	if s.Algorithm != "" {
		proof += "-" + s.Algorithm
	}
	l.add("Proof", "%s", proof)
	if s.Signature.Name != "" {
		l.add("Signature", "%s %s", s.Signature.In, s.Signature.Name)
	}
	l.add("Encoding", "%s", s.Signature.Encoding)
	l.add("Signed", "%s", signed(r))
	if s.Timestamp != nil {
		l.timestamp(s.Timestamp, r.Tolerance)
	}
	if s.BodyUnsigned {
		l.add("Body", "not signed")
	}
	l.add("Id", "%s", where(s.ID))
	l.add("Event", "%s", where(s.Event))
}

func (l *factList) timestamp(t *verify.Timestamp, tolerance time.Duration) {
	l.add("Timestamp", "%s", strings.TrimSpace(t.In+" "+t.Name))
	if tolerance > 0 {
		l.add("Tolerance", "%v", tolerance)
	} else {
		l.add("Tolerance", "any age")
	}
}

func (l *factList) provider(p *verify.Provider) {
	l.add("Confidence", "%s", p.Confidence)
	for _, h := range p.Handshakes {
		l.add("Handshake", "%s", h.Name)
	}
	if p.Patience > 0 {
		l.add("Waits", "%d s for an answer", p.Patience)
	}
	l.add("Retries", "%s", p.Retry)
	l.add("Addresses", "%s", p.IPList)
	l.add("Notes", "%s", p.Notes)
}

// signed is the template of what is signed. A text in it that may be somebody's
// secret is "…".
func signed(r verify.Reading) string {
	if len(r.Signed) == 0 {
		return r.Scheme.Canonical
	}
	var b strings.Builder
	for _, part := range r.Signed {
		switch {
		case part.Token != "":
			b.WriteString("{" + part.Token + "}")
		case part.Text != "":
			b.WriteString(part.Text)
		default:
			b.WriteString("…")
		}
	}
	return b.String()
}

// where says where a place is; "" if there is none.
func where(p *verify.Place) string {
	if p == nil || p.In == "none" {
		return ""
	}
	return p.In + " " + p.Name
}
