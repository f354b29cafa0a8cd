package caddymodule

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/specimen"
)

// A tester sends an endpoint events that are signed with its own secret. They
// go through all its checks, and to the application, as if the provider had
// sent them.
type tester struct {
	*Handler
	signer  *verify.Signer
	schemes []*verify.Scheme
}

// newTester returns nil if the endpoint's events cannot be signed here: the
// provider signs with a key of its own.
func newTester(h *Handler) *tester {
	signer, err := verify.NewSigner(h.resolved.Verify)
	if err != nil {
		return nil
	}
	t := &tester{Handler: h, signer: signer}
	for _, reading := range h.gateway.Verifier().Describe(time.Now(), &verify.Request{Header: http.Header{}}) {
		t.schemes = append(t.schemes, reading.Scheme)
	}
	if !t.signs() {
		return nil
	}
	return t
}

// signs reports whether what is signed here verifies: a secret may look like a
// private key and be a public one.
func (t *tester) signs() bool {
	r, err := t.request("", nil)
	if err != nil {
		return false
	}
	_, err = t.gateway.Verifier().Verify(time.Now(), r)
	return err == nil
}

// test implements admin.Endpoint.Test.
func (t *tester) test(ctx context.Context, event string, body []byte) (admin.TestResult, error) {
	signed, err := t.request(event, body)
	if err != nil {
		return admin.TestResult{}, err
	}
	r, err := t.incoming(ctx, signed)
	if err != nil {
		return admin.TestResult{}, err
	}
	return t.send(r)
}

// request makes the signed request.
func (t *tester) request(event string, body []byte) (*verify.Request, error) {
	r := &verify.Request{Method: http.MethodPost, URI: t.uri(), Header: http.Header{"User-Agent": {"webhook-gateway-test"}}}
	kind := "application/json"
	if event == "" {
		event = testEvent
	}
	if len(body) == 0 {
		body, kind = t.body(r.Header, event)
	}
	body, kind = specimen.AsForm(body, kind, t.schemes)
	r.Header.Set("Content-Type", kind)
	scheme := t.schemes[0]
	r.Body = fill(r.Header, body, scheme.Event, event)
	if place := scheme.ID; place != nil && place.In != "none" {
		r.Body = fill(r.Header, r.Body, place, specimen.NewID(r.Body, place))
	}
	return r, t.signer.Sign(time.Now(), r)
}

// testEvent is the type of an event for which none is given.
const testEvent = "test"

// fill puts a text at its place in what is sent. What has no such place goes
// without.
func fill(h http.Header, body []byte, place *verify.Place, text string) []byte {
	if place == nil || place.In == "none" {
		return body
	}
	filled, err := specimen.Put(h, body, place, text)
	if err != nil {
		return body
	}
	return filled
}

// body is a small object or, where the provider signs parts of a body of its
// own kind, its sample.
func (t *tester) body(h http.Header, event string) (body []byte, kind string) {
	s, p := t.schemes[0], t.gateway.Verifier().Provider()
	ofItsKind := s.Canonical != "" || s.Signature.Parse == "items" || s.Signature.In == "json" || s.JWT != nil && s.JWT.BodyHash == nil
	if !ofItsKind || p.Sample == nil {
		id := specimen.NewID(nil, &verify.Place{}) // or it would be a repetition
		return fmt.Appendf(nil, `{"test":true,"id":%q,"event":%s}`, id, quote(event)), "application/json"
	}
	for name, value := range p.Sample.Headers {
		h.Set(name, value)
	}
	if p.Sample.ContentType != "" {
		return []byte(p.Sample.Body), p.Sample.ContentType
	}
	return []byte(p.Sample.Body), "application/json"
}

// quote is the text as JSON.
func quote(text string) []byte {
	quoted, _ := json.Marshal(text) // a text always has a JSON form
	return quoted
}

// uri is the path, and perhaps the query, under which the provider's events
// come: that of the address that it signs, or else that of the route.
func (t *tester) uri() string {
	if u, err := url.Parse(t.resolved.Verify.Options["url"]); err == nil && strings.Trim(u.Path, "/") != "" {
		return u.RequestURI()
	}
	if t.server != nil {
		if way, ok := wayTo(t.server.Routes, t.Handler); ok {
			return way.uri()
		}
	}
	return "/"
}

// incoming is the request as Caddy hands one to handlers.
func (t *tester) incoming(ctx context.Context, signed *verify.Request) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, signed.Method, signed.URI, bytes.NewReader(signed.Body))
	if err != nil {
		return nil, err
	}
	r.RequestURI, r.Header, r.Host = signed.URI, signed.Header, t.host()
	r.RemoteAddr = net.JoinHostPort(t.sender(r).String(), "0")
	r = r.WithContext(context.WithValue(ctx, http.LocalAddrContextKey, nowhere))
	server := t.server
	if server == nil {
		server = new(caddyhttp.Server)
	}
	return caddyhttp.PrepareRequest(r, caddy.NewReplacer(), new(gateway.Recording), server), nil
}

// host is the Host header: that of the address that is signed.
func (t *tester) host() string {
	if u, err := url.Parse(t.resolved.Verify.Options["url"]); err == nil && u.Host != "" {
		return u.Host
	}
	return "localhost"
}

// sender is an address that may send: the first one of the allowlist, or
// loopback where there is none.
func (t *tester) sender(r *http.Request) netip.Addr {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if len(t.AllowIPs) > 0 {
		text, _, _ := strings.Cut(t.AllowIPs[0], "/")
		if addr, err := netip.ParseAddr(text); err == nil {
			return addr
		}
		return loopback // it is private_ranges
	}
	for _, source := range t.pieces.Sources {
		if ranges := source.GetIPRanges(r); len(ranges) > 0 {
			return ranges[0].Addr()
		}
	}
	return loopback
}

// send has a gateway like the endpoint's own serve the request, and says how
// it went.
func (t *tester) send(r *http.Request) (admin.TestResult, error) {
	told := &witness{Observer: t.pieces.Observer}
	parts := t.pieces
	parts.Observer = told
	g, err := gateway.New(t.resolved, parts)
	if err != nil {
		return admin.TestResult{}, err
	}
	defer g.Close()
	if t.app.engine != nil {
		g.Open(t.app.backing(t.gateway))
	}
	t.introduce(r)
	_ = g.Serve(new(gateway.Recording), r) // the outcome says it too
	return told.result, nil
}

// A witness notes how a request went, and passes it on.
type witness struct {
	gateway.Observer
	result admin.TestResult
}

// Observe implements gateway.Observer.
func (w *witness) Observe(o *gateway.Outcome) {
	w.result = admin.TestResult{Status: o.Status, Outcome: o.Name, ID: o.ID}
	if o.Err != nil {
		w.result.Detail = o.Err.Error()
	}
	w.Observer.Observe(o)
}
