package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// An sdkBench is a caddy with an endpoint for each sender, and the SDKs.
type sdkBench struct {
	front
	*caddy
	*sdks
	log *journal
	app *application
}

func newSDKBench(t *testing.T, senders []sdkSender) *sdkBench {
	b := &sdkBench{front: inClear(t), sdks: startSDKs(t), app: newApplication(t)}
	var site, env []string
	for _, s := range senders {
		site, env = append(site, s.block(b.app.address())), append(env, s.env()+"="+s.public)
	}
	b.caddy = start(t, b.caddyfile("", strings.Join(site, "")), env...)
	b.log = b.journal()
	return b
}

// TestSDKs has what the providers' own SDKs sign pass the gateway and what was
// changed since stopped, with the SDK as a second opinion on each request. And
// what the gateway's own command makes must please the SDKs.
func TestSDKs(t *testing.T) {
	var senders []sdkSender
	for _, s := range sdkSenders {
		senders = append(senders, s.complete())
	}
	b := newSDKBench(t, senders)
	t.Run("all are tested", func(t *testing.T) { b.wantAll(t, senders) })
	for _, s := range senders {
		t.Run(s.name, func(t *testing.T) {
			t.Run("signed by the SDK", func(t *testing.T) {
				b.delivered(t, b.sign(t, s, s.secret, 0))
				b.log.expect(t, s.name, "delivered")
			})
			for _, tt := range b.forgeries(t, s) {
				t.Run(tt.name, func(t *testing.T) { b.refused(t, s, tt) })
			}
			t.Run("signed by the command", func(t *testing.T) { b.judge(t, s) })
		})
	}
	t.Run("octokit examples", func(t *testing.T) { b.octokit(t) })
}

// wantAll checks that the table has every sender of sdk/*.mjs.
func (b *sdkBench) wantAll(t *testing.T, senders []sdkSender) {
	var all struct{ Senders []string }
	b.sdks.ask(t, map[string]string{"op": "senders"}, &all)
	var names []string
	for _, s := range senders {
		names = append(names, s.name)
	}
	slices.Sort(names)
	slices.Sort(all.Senders)
	if !slices.Equal(names, all.Senders) {
		t.Errorf("tested are %v, of %v", names, all.Senders)
	}
}

// delivered checks that the SDK and the gateway accept the request, and that
// the application gets its bytes.
func (b *sdkBench) delivered(t *testing.T, r signedRequest) {
	t.Helper()
	if !r.Accepted {
		t.Fatalf("the SDK does not accept what it signed: %s: %v", r.Error, r)
	}
	sent := r.to(t, b.front)
	b.front.ask(t, sent).want(t, 200, "thanks")
	got := b.app.take()
	if len(got) != 1 {
		t.Fatalf("the application got %d requests", len(got))
	}
	if got[0].Body != string(r.Body) || got[0].RequestURI != sent.URL.RequestURI() {
		t.Errorf("the application got %s %q, want %q", got[0].RequestURI, got[0].Body, r.Body)
	}
}

// A forgery is a request that must not pass.
type forgery struct {
	name   string
	r      signedRequest
	reason string // in the log
	lax    bool   // the SDK lets it pass
}

func (b *sdkBench) forgeries(t *testing.T, s sdkSender) []forgery {
	t.Helper()
	r := b.sign(t, s, s.secret, 0)
	from, to, _ := strings.Cut(s.change, ">")
	all := []forgery{
		{name: "changed", r: r.edit(t, from, to), reason: "sig_bad"},
		{name: "signature changed", r: r.edit(t, r.Signature, r.forged()), reason: "sig_bad"},
		{name: "signature cut short", r: r.edit(t, r.Signature, r.Signature[:len(r.Signature)-4]), reason: "sig_bad"},
		{name: "signed with another secret", r: b.sign(t, s, s.wrong, 0), reason: "sig_bad"},
	}
	if unsigned, ok := r.unsigned(); ok {
		all = append(all, forgery{name: "signature taken off", r: unsigned, reason: "sig_missing"})
	}
	if s.aged != byNobody {
		all = append(all, forgery{name: "signed hours ago", r: b.sign(t, s, s.secret, 3*time.Hour), reason: "ts_stale", lax: s.aged == byGateway})
	}
	return all
}

// refused checks that neither the SDK nor the gateway lets the request pass.
func (b *sdkBench) refused(t *testing.T, s sdkSender, tt forgery) {
	if v := b.verify(t, s, tt.r); v.Accepted != tt.lax {
		t.Errorf("the SDK accepts it: %t: %s", v.Accepted, v.Error)
	}
	b.front.ask(t, tt.r.to(t, b.front)).want(t, 401, refused(401))
	b.log.expect(t, s.name, tt.reason)
	if got := b.app.take(); len(got) != 0 {
		t.Errorf("the application got %d requests", len(got))
	}
}

// judge has the SDK judge what the gateway's own command signs, and the gateway
// accept it.
func (b *sdkBench) judge(t *testing.T, s sdkSender) {
	r := commandSigned(t, s)
	if r.verdict = b.verify(t, s, r); !r.Accepted {
		t.Fatalf("the SDK does not accept %v: %s", r, r.Error)
	}
	b.delivered(t, r)
	from, to, _ := strings.Cut(s.change, ">")
	if v := b.verify(t, s, r.edit(t, from, to)); v.Accepted {
		t.Error("the SDK accepts it after a change too")
	}
}

// octokit sends every payload of @octokit/webhooks-examples. They are too many
// a second for all to be in the log.
func (b *sdkBench) octokit(t *testing.T) {
	var all struct {
		Examples []struct {
			Event string
			Body  []byte
		}
	}
	b.sdks.ask(t, map[string]string{"op": "examples"}, &all)
	if len(all.Examples) < 300 {
		t.Fatalf("there are only %d examples", len(all.Examples))
	}
	s := sdkSender{name: "github"}.complete()
	for i, e := range all.Examples {
		t.Run(fmt.Sprint(i, " ", e.Event), func(t *testing.T) {
			s.body = string(e.Body)
			r := b.sign(t, s, s.secret, 0)
			r.Headers["X-GitHub-Event"] = e.Event
			if e.Event == "ping" {
				b.greeted(t, r)
				return
			}
			b.delivered(t, r)
		})
	}
}

// greeted checks that the gateway itself answers the ping of a new webhook,
// which tries the address and its secret out, and only if that signed it.
func (b *sdkBench) greeted(t *testing.T, r signedRequest) {
	t.Helper()
	b.front.ask(t, r.to(t, b.front)).want(t, 200, "")
	b.front.ask(t, r.edit(t, r.Signature, r.forged()).to(t, b.front)).want(t, 401, refused(401))
	if got := b.app.take(); !r.Accepted || len(got) != 0 {
		t.Errorf("accepted by the SDK: %t; the application got %d requests", r.Accepted, len(got))
	}
}
