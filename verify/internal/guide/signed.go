package guide

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// canonicals are the signed texts that no template can express.
var canonicals = map[string]string{
	"adyen_items":   "eight values of each item, joined by colons",
	"contentful":    "method, path, the headers that the request lists, and body",
	"mercado_pago":  "`data.id` of the query, `x-request-id` and the timestamp",
	"php_serialize": "all other fields of the form, serialised as PHP does",
	"plivo_v3":      "method, address, query, form and nonce",
	"sns":           "the fields of the message, except the signature's own",
	"twilio":        "the address, then the fields of the form sorted by name",
	"twilio_json":   "the address, with a hash of the body in its query",
}

// signed is the text that the signature is over.
func signed(s *verify.Scheme) string {
	switch {
	case s.Canonical != "":
		return canonicals[s.Canonical]
	case s.Kind == "jws":
		return "`{body}`"
	case s.JWT != nil:
		return claimed(s.JWT)
	case s.Content == "":
		return ""
	}
	text := code(s.Content)
	if s.Prehash != "" {
		text = hashNames[s.Prehash] + " of " + text
	}
	return text
}

// claimed is what a token says about the request.
func claimed(j *verify.JWT) string {
	var all []string
	if j.BodyHash != nil {
		all = append(all, "a hash of the body")
	}
	if j.URLHash != nil || j.Subject == "url" {
		all = append(all, "the address")
	}
	if j.QueryHash {
		all = append(all, "a hash of method, path and query")
	}
	if len(all) == 0 {
		return "the claims of the token"
	}
	return "the claims of the token, among them " + strings.Join(all, " and ")
}

func timestamp(s *verify.Scheme) string {
	t := s.Timestamp
	if t == nil {
		return ""
	}
	text := map[string]string{"header": "header", "signature": "part", "json": "JSON", "form": "form field"}[t.In] + " " + code(t.Name)
	if t.In == "signature" && s.Signature.Parse == "positional" {
		text = "before the signatures"
	}
	text += ", " + map[string]string{"": "in seconds", "s": "in seconds", "ms": "in milliseconds", "rfc3339": "as RFC 3339 has it", "http-date": "as an HTTP date"}[t.Unit]
	if t.AnyAge {
		return text + "; of any age, unless the option `tolerance` is set"
	}
	tolerance := t.Tolerance
	if tolerance == 0 {
		tolerance = 300
	}
	return text + "; at most " + span(tolerance) + " from now, either way"
}

func headers(s *verify.Scheme) []string {
	var all []string
	for _, h := range s.RequiredHeaders {
		all = append(all, strings.ReplaceAll(h, "|", " or "))
	}
	for name, value := range s.HeaderValues {
		all = append(all, name+": "+value)
	}
	slices.Sort(all)
	return all
}

// weaknesses are what a scheme leaves unproved.
func weaknesses(s *verify.Scheme) []string {
	var all []string
	switch s.Kind {
	case "none":
		return []string{"nothing is verified"}
	case "token", "basic":
		return []string{"the secret itself is sent, and nothing is signed"}
	case "mtls":
		return []string{"only who sends is proved, by the connection"}
	case "hash":
		all = append(all, "a plain hash is weaker than an HMAC")
	}
	if s.BodyUnsigned {
		all = append(all, "the body is not covered by the signature")
	}
	if s.Algorithm == "sha1" && s.Kind != "hmac" && s.Signature.Parse != "envelope" {
		all = append(all, "SHA-1 is broken for signatures of this kind")
	} else if s.Algorithm == "sha1" && s.Kind == "hmac" {
		all = append(all, "SHA-1 is outdated")
	}
	if s.Timestamp == nil && s.JWT == nil {
		all = append(all, "no timestamp is signed")
	}
	return all
}

// options are those that may be set and are not in the example.
func options(p *verify.Provider, s *verify.Scheme) string {
	var all []string
	for _, name := range slices.Concat(s.Requires, s.Optional, s.Configurable) {
		if !slices.Contains(p.NeededOptions(), name) {
			all = append(all, name)
		}
	}
	return codes(all)
}

func place(p *verify.Place) string {
	if !known(p) {
		return "none"
	}
	text := map[string]string{"header": "header", "json": "JSON", "form": "form field"}[p.In] + " " + code(p.Name)
	if p.Batch {
		text += " (the first of several)"
	}
	return text
}

// span is a number of seconds for people.
func span(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / unit.of; d%unit.of == 0 && n == 1 {
			return "1 " + unit.name
		} else if d%unit.of == 0 {
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return d.String()
}
