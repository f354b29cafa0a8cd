package admin

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/activity"
)

// maxShown is how many bytes of an event's body are part of an answer.
const maxShown = 1 << 20

func deliveryOf(d *gateway.Delivery) Delivery {
	shown := Delivery{
		ID: formatID(d.ID), EventID: formatID(d.EventID), Reference: d.Event.Reference(), Event: d.Event.Type,
		Endpoint: d.Address.Endpoint, Destination: d.Address.Destination, Provider: d.Event.Provider,
		State: d.State.String(), ReceivedAt: d.ReceivedAt, Attempts: d.Attempt,
	}
	if d.State == gateway.Pending {
		shown.Due = optional(d.Due)
	}
	if d.LastAttempt.Number > 0 {
		last := attemptOf(d.LastAttempt)
		shown.LastAttempt = &last
	}
	return shown
}

func attemptOf(a gateway.Attempt) Attempt {
	return Attempt{
		Number: a.Number, Start: a.Start, Duration: a.Duration.Seconds(), Status: a.Status,
		Reason: a.Reason, Error: a.Error, Answer: text(a.Answer),
	}
}

// requestOf is the event's request, without its secrets.
func requestOf(e *gateway.Event, r redactor) Request {
	shown := Request{
		Method: e.Method, Target: r.target(e.Target), Host: e.Host, Sender: sender(e.Sender), TLS: e.TLS,
		Headers: headers(e.Header, r), Size: len(e.Body),
	}
	body := e.Body
	if len(body) > maxShown {
		body, shown.Cut = wholeRunes(body[:maxShown]), true
	}
	if utf8.Valid(body) {
		shown.Body = string(body)
	} else {
		shown.Base64 = base64.StdEncoding.EncodeToString(body)
	}
	return shown
}

// wholeRunes leaves out what is at the end of b the beginning of a character.
func wholeRunes(b []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

func headers(h http.Header, r redactor) [][2]string {
	list := [][2]string{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			list = append(list, [2]string{name, r.header(name, value)})
		}
	}
	return list
}

func refusalOf(r activity.Refusal) Refusal {
	return Refusal{
		ID: formatID(r.ID), Time: r.Time, Endpoint: r.Endpoint, Provider: r.Provider, Reason: r.Reason, Status: r.Status,
		Detail: r.Detail, Advice: r.Advice, Sender: sender(r.Sender), Method: r.Method, Path: r.Path,
		Headers: list(r.Headers), Size: r.Size, Body: text(r.Body),
	}
}

func happeningOf(h activity.Happening) Happening {
	shown := Happening{
		Kind: h.Kind, Time: h.Time, Endpoint: h.Endpoint, Destination: h.Destination, Reference: h.Reference,
		Event: h.Type, Status: h.Status, Reason: h.Reason, Duration: h.Duration.Seconds(),
	}
	if h.Delivery != 0 {
		shown.Delivery = formatID(h.Delivery)
	}
	return shown
}

func countsOf(m activity.Minute) Counts {
	return Counts{
		Accepted: m.Accepted, Refused: m.Refused, Delivered: m.Delivered, Failed: m.Failed, Dead: m.Dead,
		P50: m.Latency.P50.Seconds(), P95: m.Latency.P95.Seconds(), P99: m.Latency.P99.Seconds(),
	}
}

// optional is nil for no instant.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func sender(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func text(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// list is never null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
