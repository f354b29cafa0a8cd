package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A greeting is a handshake, or what looks like one, and its answer.
type greeting struct {
	name     string
	provider string
	method   string
	uri      string // behind the endpoint's path
	body     string
	headers  func(body string) []string
	status   int
	kind     string // Content-Type
	answer   string
	more     map[string]string // other headers of the answer
	told     string            // the handshake in the log; "": refused
	reason   string            // of the refusal
}

const greetingSecret = "a-secret-for-handshakes"

func given(headers ...string) func(string) []string { return func(string) []string { return headers } }

// slackSigned returns the headers with which Slack, and with other names Zoom,
// sends a body.
func slackSigned(signature, timestamp string) func(string) []string {
	return func(body string) []string {
		ts := fmt.Sprint(time.Now().Unix())
		return []string{timestamp, ts, signature, "v0=" + mac(greetingSecret, "v0:"+ts+":"+body)}
	}
}

func xeroSigned(body string) []string {
	h := hmac.New(sha256.New, []byte(greetingSecret))
	h.Write([]byte(body))
	return []string{"x-xero-signature", base64.StdEncoding.EncodeToString(h.Sum(nil))}
}

const (
	plain       = "text/plain; charset=utf-8"
	jsonType    = "application/json"
	problemType = "application/problem+json"
)

func greetings() []greeting {
	zoom := `{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}`
	crc := hmac.New(sha256.New, []byte(greetingSecret))
	crc.Write([]byte("challenge_string"))
	return []greeting{
		{name: "echo", provider: "dropbox", method: "GET", uri: "?challenge=abc123", status: 200, kind: plain, answer: "abc123", told: "dropbox-challenge"},
		{name: "echo of markup", provider: "dropbox", method: "GET", uri: "?challenge=%3Cb%3E", status: 200, kind: plain, answer: "<b>", told: "dropbox-challenge"},
		{name: "line break", provider: "dropbox", method: "GET", uri: "?challenge=a%0d%0ab", status: 400, kind: problemType, reason: "malformed"},
		{name: "no challenge", provider: "dropbox", method: "GET", status: 405, kind: problemType, more: map[string]string{"Allow": "POST, GET"}, reason: "method"},
		{name: "another provider's", provider: "trello", method: "GET", uri: "?challenge=abc123", status: 405, kind: problemType, more: map[string]string{"Allow": "POST, HEAD"}, reason: "method"},
		{name: "HEAD", provider: "trello", method: "HEAD", status: 200, told: "head-200"},
		{name: "HEAD of a GET", provider: "dropbox", method: "HEAD", uri: "?challenge=abc123", status: 405, kind: problemType, more: map[string]string{"Allow": "POST, GET"}, reason: "method"},
		{
			name: "OPTIONS", provider: "cloudevents", method: "OPTIONS", headers: given("WebHook-Request-Origin", "eventemitter.example.com", "WebHook-Request-Rate", "120"),
			status: 200, told: "cloudevents-options",
			more: map[string]string{"WebHook-Allowed-Origin": "eventemitter.example.com", "WebHook-Allowed-Rate": "120", "Allow": "POST, OPTIONS"},
		},
		{name: "preflight", provider: "cloudevents", method: "OPTIONS", headers: given("Origin", "https://a.example"), status: 405, kind: problemType, reason: "method"},
		{
			name: "CRC", provider: "x-twitter", method: "GET", uri: "?crc_token=challenge_string&nonce=abc", status: 200, kind: jsonType,
			answer: `{"response_token":"sha256=` + base64.StdEncoding.EncodeToString(crc.Sum(nil)) + `"}`, told: "x-crc",
		},
		{name: "CRC of an event", provider: "x-twitter", method: "GET", uri: "?crc_token=%7B%22a%22:1%7D", status: 400, kind: problemType, reason: "malformed"},
		{name: "right token", provider: "meta", method: "GET", uri: "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=shown", status: 200, kind: plain, answer: "1158201444", told: "meta-hub-challenge"},
		{name: "wrong token", provider: "meta", method: "GET", uri: "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=" + greetingSecret, status: 403, kind: problemType, reason: "sig_bad"},
		{name: "header", provider: "asana", method: "POST", body: "{}", headers: given("X-Hook-Secret", "b537207f"), status: 200, more: map[string]string{"X-Hook-Secret": "b537207f"}, told: "asana-x-hook-secret"},
		{name: "empty POST", provider: "microsoft-graph", method: "POST", uri: "?validationToken=Validation%3A+x%2By", status: 200, kind: plain, answer: "Validation: x+y", told: "microsoft-graph-validation-token"},
		{
			name: "signed echo", provider: "slack", method: "POST", body: `{"challenge":"3eZ\"x","type":"url_verification"}`, headers: slackSigned("X-Slack-Signature", "X-Slack-Request-Timestamp"),
			status: 200, kind: jsonType, answer: `{"challenge":"3eZ\"x"}`, told: "slack-url-verification",
		},
		{
			name: "signed proof", provider: "zoom", method: "POST", body: zoom, headers: slackSigned("x-zm-signature", "x-zm-request-timestamp"), status: 200, kind: jsonType,
			answer: `{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"` + mac(greetingSecret, "qgg8vlvZRS6UYooatFL8Aw") + `"}`, told: "zoom-url-validation",
		},
		{name: "proof for nobody", provider: "zoom", method: "POST", body: zoom, status: 401, kind: problemType, reason: "sig_missing"},
		{name: "intent to receive", provider: "xero", method: "POST", body: `{"events":[],"entropy":"x"}`, headers: xeroSigned, status: 200, told: "xero-intent-to-receive"},
		{name: "intent with a wrong signature", provider: "xero", method: "POST", body: `{"events":[],"entropy":"x"}`, headers: given("x-xero-signature", base64.StdEncoding.EncodeToString(make([]byte, 32))), status: 401, kind: problemType, reason: "sig_bad"},
	}
}

// TestHandshakes: providers try an address out before they send to it; the
// gateway answers, and the application hears nothing of it.
func TestHandshakes(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		app := newApplication(t)
		var site strings.Builder
		options := map[string]string{"trello": "url https://hooks.example", "meta": "verify_token shown"}
		counts := make(map[string]map[string]int)
		for _, g := range greetings() {
			if counts[g.provider] == nil {
				fmt.Fprintf(&site, "webhook_gateway /%s %[1]s {\nverify %[1]s {env.SECRET} {\n%s\n}\nto %s\n}\n", g.provider, options[g.provider], app.address())
				counts[g.provider] = make(map[string]int)
			}
		}
		c := start(t, f.caddyfile("", site.String()), "SECRET="+greetingSecret)
		log := c.journal()
		for _, g := range greetings() {
			t.Run(g.provider+"/"+g.name, func(t *testing.T) {
				g.meet(t, f, log)
				if got := app.take(); len(got) != 0 {
					t.Errorf("the application got %+v", got)
				}
			})
			counts[g.provider][g.outcome()]++
		}
		for provider, want := range counts {
			if got := c.outcomes(t, provider); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: counted %v, want %v", provider, got, want)
			}
		}
		c.keeps(t, greetingSecret, "abc123", "challenge_string", "1158201444", "b537207f", "qgg8vlvZRS6UYooatFL8Aw", "eventemitter")
	})
}

func (g *greeting) outcome() string {
	if g.told != "" {
		return "handshake"
	}
	return g.reason
}

// meet sends the request and checks answer and log.
func (g *greeting) meet(t *testing.T, f front, log *journal) {
	t.Helper()
	var headers []string
	if g.headers != nil {
		headers = g.headers(g.body)
	}
	r := post(t, f.url+"/"+g.provider+g.uri, g.body, headers...)
	r.Method = g.method
	if g.body == "" {
		r.Body = http.NoBody
		r.Header.Del("Content-Type")
	}
	a := f.ask(t, r)
	want := g.answer
	if g.told == "" && g.method != http.MethodHead {
		want = refused(g.status)
	}
	a.want(t, g.status, want)
	if kind := a.header.Get("Content-Type"); kind != g.kind {
		t.Errorf("Content-Type: %q, want %q", kind, g.kind)
	}
	for name, value := range g.more {
		if a.header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, a.header.Get(name), value)
		}
	}
	if g.told != "" && (a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Length") != fmt.Sprint(len(g.answer)) || a.header.Get("Set-Cookie") != "") {
		t.Errorf("answered with headers %v", a.header)
	}
	entry := log.expect(t, g.provider, g.outcome())
	name, _ := entry["handshake"].(string)
	if _, event := entry["id"]; name != g.told || event || entry["status"] != float64(g.status) {
		t.Errorf("logged %v, want handshake %q", entry, g.told)
	}
}
