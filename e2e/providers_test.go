package e2e

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A trial is one request to the endpoint of a scheme and what becomes of it.
type trial struct {
	name   string
	key    string        // to sign with; "": the newest
	at     time.Duration // of signing, from now
	ts     string        // what is sent for a timestamp
	sign   func(key, ts string, d delivery) []string
	tamper bool    // with the body, after it was signed
	uri    string  // a query that was not signed
	spoil  spoiler // changes the headers after they were signed
	status int
	reason string
	secret float64 // which one matched, as logged; 0: the first
}

// untimed is why a request without its timestamp is refused: where a scheme
// without one is accepted too, that one has looked at the signature.
func (s scheme) untimed() string {
	if strings.Contains(s.verify, "legacy") {
		return "sig_bad"
	}
	return "ts_missing"
}

// trials are what the scheme has to go through.
func (s scheme) trials() []trial {
	all := []trial{{name: "good", status: 200, reason: "delivered"}}
	if !s.open {
		all = append(all,
			trial{name: "tampered with", tamper: true, status: 401, reason: "sig_bad"})
	}
	if s.header != "" {
		all = append(all,
			trial{name: "signed with the older secret", key: s.signers()[1], status: 200, reason: "delivered", secret: 2},
			trial{name: "signed with a wrong secret", key: s.wrong, status: 401, reason: "sig_bad"},
			trial{name: "signature missing", spoil: remove(s.header), status: 401, reason: "sig_missing"},
			trial{name: "signature empty", spoil: set(s.header, ""), status: 401, reason: "sig_missing"},
			trial{name: "signature on two lines", spoil: double(s.header), status: 401, reason: "sig_ambiguous"},
			trial{name: "signature cut short", spoil: shorten(s.header), status: 401, reason: "sig_bad"},
			trial{name: "signature is text", spoil: set(s.header, "no-signature"), status: 401, reason: "sig_bad"})
	}
	if s.clock != nil {
		all = append(all,
			trial{name: "just too old", at: -301 * time.Second, status: 401, reason: "ts_stale"},
			trial{name: "in the future", at: 310 * time.Second, status: 401, reason: "ts_future"}, // time goes on while it is sent
			trial{name: "just old enough", at: -290 * time.Second, status: 200, reason: "delivered"},
			trial{name: "not too far ahead", at: 299 * time.Second, status: 200, reason: "delivered"},
			trial{name: "timestamp missing", ts: "none", status: 401, reason: s.untimed()},
			trial{name: "timestamp is text", ts: "soon", status: 401, reason: "ts_bad"},
			trial{name: "timestamp negative", ts: "-1", status: 401, reason: "ts_bad"})
	}
	if s.timed != "" {
		all = append(all, trial{name: "timestamp on two lines", spoil: double(s.timed), status: 401, reason: "sig_ambiguous"})
	}
	return append(all, s.own...)
}

func double(name string) spoiler {
	return func(h http.Header) { h.Add(name, h.Get(name)) }
}

func shorten(name string) spoiler {
	return edit(name, func(s string) string { return s[:len(s)-1] })
}

func (s scheme) signers() []string {
	if s.keys != nil {
		return s.keys
	}
	return s.secrets
}

// block is the endpoint in a Caddyfile, and env what its secrets come from.
func (s scheme) block(to string) (block string, env []string) {
	verify := s.provider
	for i, secret := range s.secrets {
		name := fmt.Sprintf("%s_%d", strings.ToUpper(strings.ReplaceAll(s.name, "-", "_")), i)
		verify += " {env." + name + "}"
		env = append(env, name+"="+secret)
	}
	return fmt.Sprintf("webhook_gateway /%s %s {\nverify %s {\n%s\n}\nto %s\n}\n", s.name, s.name, verify, s.verify, to), env
}

// A bench is a caddy with an endpoint for each scheme.
type bench struct {
	front
	*caddy
	log  *journal
	app  *application
	sent []string // secrets and signatures that were used
	n    int      // requests made
}

func newBench(t *testing.T, f front) *bench {
	b := &bench{front: f, app: newApplication(t)}
	var site, env []string
	for _, s := range schemes {
		block, vars := s.block(b.app.address())
		site, env = append(site, block), append(env, vars...)
		b.sent = append(append(b.sent, s.secrets...), s.keys...)
	}
	b.caddy = start(t, f.caddyfile("", strings.Join(site, "")), env...)
	b.log = b.journal()
	return b
}

// request is a trial's request, and its delivery's id.
func (b *bench) request(t *testing.T, s scheme, tt trial) (r *http.Request, id string) {
	b.n++
	d := delivery{id: fmt.Sprintf("evt_%d", b.n), uri: "/" + s.name + "?x=1&y=%2f%2F+z&y="}
	d.body = fmt.Sprintf("{\"id\":%q, \"event_id\":%[1]q, \"delivery_id\":%[1]q,\n \"data\":[{\"id\":%[1]q}], \"type\":%[2]q, \"event\":%[2]q, \"text\":\"private \u00fc \\u00fc\"} \n", d.id, eventType)
	key, ts, sign := tt.key, tt.ts, tt.sign
	if key == "" && s.header != "" {
		key = s.signers()[0]
	}
	switch {
	case ts == "none":
		ts = ""
	case ts == "" && s.clock != nil:
		ts = s.clock(time.Now().Add(tt.at))
	}
	if sign == nil {
		sign = s.sign
	}
	headers := sign(key, ts, d)
	if tt.tamper {
		d.body = strings.Replace(d.body, "private", "Private", 1)
	}
	headers = append(headers, "X-Lines", "one", "X-Lines", "two", "Webhook-Gateway-Event", "forged", "Webhook-Gateway-Forged", "yes")
	r = post(t, b.url+d.uri+tt.uri, d.body, headers...)
	if tt.spoil != nil {
		tt.spoil(r.Header)
	}
	for _, value := range r.Header[http.CanonicalHeaderKey(s.header)] {
		_, value, _ = strings.Cut(" "+value, " ")
		b.sent = append(b.sent, value)
	}
	return r, d.id
}

// send makes the request, and checks the answer and the log.
func (b *bench) send(t *testing.T, s scheme, tt trial, r *http.Request, counts map[string]int) {
	t.Helper()
	a := b.ask(t, r)
	switch tt.reason {
	case "delivered":
		a.want(t, 200, "thanks")
	case "duplicate":
		a.want(t, 200, processed)
	default:
		a.want(t, tt.status, refused(tt.status))
		if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("Content-Type: %s", kind)
		}
	}
	told := fmt.Sprint(a.header)
	for _, secret := range append(s.signers(), r.Header.Values(s.header)...) {
		if secret != "" && strings.Contains(told, secret) {
			t.Errorf("the answer tells %q: %s", secret, told)
		}
	}
	entry := b.log.expect(t, s.name, tt.reason)
	verified := tt.status == 200
	if _, named := entry["id"]; entry["status"] != float64(tt.status) || entry["provider"] != s.provider || entry["sender"] != "127.0.0.1" || named != verified {
		t.Errorf("logged %v", entry)
	}
	if verified && entry["secret"] != max(tt.secret, 1) {
		t.Errorf("logged secret %v, want %v", entry["secret"], max(tt.secret, 1))
	}
	counts[tt.reason]++
}

var made = regexp.MustCompile(`^[0-9a-f]{32}$`) // an id for an event that has none

// arrived checks that the application got the request as it was sent.
func (b *bench) arrived(t *testing.T, s scheme, r *http.Request, id string) {
	t.Helper()
	got := b.app.take()
	body, _ := r.GetBody()
	want, _ := io.ReadAll(body)
	if len(got) != 1 || got[0].Body != string(want) || got[0].Method != http.MethodPost || got[0].RequestURI != r.URL.RequestURI() || got[0].Host != r.URL.Host {
		t.Fatalf("the application got %+v", got)
	}
	h := got[0].Header
	if at, err := time.Parse(time.RFC3339Nano, h.Get("Webhook-Gateway-Received-At")); err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("received at %v, %v", at, err)
	}
	h.Del("Webhook-Gateway-Received-At")
	expected := r.Header.Clone()
	for name, value := range map[string]string{"Event-Id": id, "Attempt": "1", "Endpoint": s.name, "Provider": s.provider, "Event": eventType} {
		expected.Set("Webhook-Gateway-"+name, value)
	}
	expected.Del("Webhook-Gateway-Forged")
	if given := h.Get("Webhook-Gateway-Event-Id"); !s.id && made.MatchString(given) {
		expected.Set("Webhook-Gateway-Event-Id", given)
	}
	if !s.typ {
		expected.Del("Webhook-Gateway-Event")
	}
	for _, name := range []string{"Accept-Encoding", "User-Agent", "Content-Length", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		h.Del(name)
	}
	if fmt.Sprint(h) != fmt.Sprint(expected) {
		t.Errorf("the application got headers %v, want %v", h, expected)
	}
}

func TestProviders(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		b := newBench(t, f)
		for _, s := range schemes {
			t.Run(s.name, func(t *testing.T) { b.run(t, s) })
		}
		b.keeps(t, append(b.sent, "private")...)
	})
}

// run takes a scheme through its trials, and through a replay.
func (b *bench) run(t *testing.T, s scheme) {
	counts := make(map[string]int)
	for _, tt := range s.trials() {
		t.Run(tt.name, func(t *testing.T) {
			r, id := b.request(t, s, tt)
			b.send(t, s, tt, r, counts)
			if tt.reason == "delivered" {
				b.arrived(t, s, r, id)
			} else if got := b.app.take(); len(got) != 0 {
				t.Errorf("the application got %+v", got)
			}
		})
	}
	t.Run("replayed", func(t *testing.T) { b.replay(t, s, counts) })
	if got := b.outcomes(t, s.name); fmt.Sprint(got) != fmt.Sprint(counts) {
		t.Errorf("counted %v, want %v", got, counts)
	}
}

func (b *bench) replay(t *testing.T, s scheme, counts map[string]int) {
	first, id := b.request(t, s, trial{})
	again := first.Clone(first.Context())
	again.Body, _ = first.GetBody()
	b.send(t, s, trial{status: 200, reason: "delivered"}, first, counts)
	b.arrived(t, s, first, id)
	if s.twice != "" { // nothing tells a replay from a new event
		b.send(t, s, trial{status: 200, reason: s.twice}, again, counts)
		b.arrived(t, s, again, id)
		return
	}
	b.send(t, s, trial{status: 200, reason: "duplicate"}, again, counts)
	if got := b.app.take(); len(got) != 0 {
		t.Errorf("the application got the replay: %+v", got)
	}
}
