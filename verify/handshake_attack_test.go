package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestHandshakeOfOthers: a handshake is answered by its provider alone.
func TestHandshakeOfOthers(t *testing.T) {
	bare := []string{"head-200", "get-200", "mandrill-head", "dropbox-sign-ack"} // which have no mark of their own
	for _, e := range examples(t) {
		for _, other := range []string{"broxi", "github", "stripe", "x-twitter", "slack", "onfleet"} {
			if other == e.Provider || slices.Contains(bare, e.Name) {
				continue
			}
			v := (&example{Provider: other}).verifier(t)
			if a, err := shake(t, v, e.request(t)); a != nil || err == nil {
				t.Errorf("%s answers %s/%s: %+v", other, e.Provider, e.Name, a)
			}
		}
	}
}

func TestHandshakeAttacks(t *testing.T) {
	get := func(uri string) *Request { return &Request{Method: "GET", URI: uri, Header: http.Header{}} }
	post := func(body string, headers ...string) *Request {
		r := &Request{Method: "POST", URI: "/", Header: http.Header{}, Body: []byte(body)}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		return r
	}
	long := strings.Repeat("a", maxChallenge+1)
	zoom := `{"payload":{"plainToken":"abc"},"event":"endpoint.url_validation"}`
	tests := []struct {
		name     string
		provider string
		options  map[string]string
		request  *Request
		want     error
	}{
		{"unsigned zoom is no oracle", "zoom", nil, post(zoom), ErrMissing},
		{"zoom signed with another secret", "zoom", nil, post(zoom, "x-zm-request-timestamp", "1800000000", "x-zm-signature", "v0="+strings.Repeat("0", 64)), ErrMismatch},
		{"unsigned slack", "slack", nil, post(`{"type":"url_verification","challenge":"x"}`), ErrMissing},
		{"unsigned discord", "discord", nil, post(`{"type":1}`), ErrMissing},
		{"unsigned github ping", "github", nil, post(`{}`, "X-Github-Event", "ping"), ErrMissing},
		{"event grid with another token", "azure-event-grid", nil, &Request{Method: "OPTIONS", URI: "/?code=wrong", Header: http.Header{"Webhook-Request-Origin": {"eventgrid.azure.net"}}}, ErrMismatch},
		{"mailchimp with another secret", "mailchimp-marketing", nil, get("/?secret=wrong"), ErrMismatch},
		{"okta with another token", "okta", nil, &Request{Method: "GET", URI: "/", Header: http.Header{"X-Okta-Verification-Challenge": {"x"}, "Authorization": {"wrong"}}}, ErrMismatch},
		{"monday challenge with a bad token", "monday", nil, post(`{"challenge":"x"}`, "Authorization", "Bearer a.b.c"), ErrMalformed},
		{"asana with a bad signature", "asana", nil, post(`{}`, "X-Hook-Secret", "x", "X-Hook-Signature", strings.Repeat("0", 64)), ErrMismatch},
		{"asana with an empty signature", "asana", nil, post(`{}`, "X-Hook-Secret", "x", "X-Hook-Signature", ""), ErrMissing},
		{"woocommerce ping with a bad signature", "woocommerce", nil, post("webhook_id=1", "X-WC-Webhook-Signature", base64.StdEncoding.EncodeToString(make([]byte, 32))), ErrMismatch},

		{"crc of a body", "x-twitter", nil, get("/?crc_token=" + url.QueryEscape(`{"for_user_id":"1"}`)), ErrBadHandshake},
		{"crc of an array", "x-twitter", nil, get("/?crc_token=%5B%5D"), ErrBadHandshake},
		{"crc of 256 bytes", "x-twitter", nil, get("/?crc_token=" + long[:256]), ErrBadHandshake},
		{"two crcs", "x-twitter", nil, get("/?crc_token=a&crc_token=b"), ErrMissing},
		{"empty crc", "x-twitter", nil, get("/?crc_token="), ErrMissing},
		{"crc by POST", "x-twitter", nil, &Request{Method: "POST", URI: "/?crc_token=a", Header: http.Header{}}, ErrMissing},
		{"linkedin with no UUID", "linkedin", nil, get("/?challengeCode=hmacsha256%3D%7B%7D"), ErrBadHandshake},
		{"braintree in upper case", "braintree", map[string]string{"public_key": "x"}, get("/?bt_challenge=20F9F8ED05F77439FE955C977E4C8A53"), ErrBadHandshake},
		{"braintree with a newline behind", "braintree", map[string]string{"public_key": "x"}, get("/?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53%0A"), ErrBadHandshake},
		{"ebay without its token", "ebay", map[string]string{"url": "https://h.example/"}, get("/?challenge_code=a"), ErrMissing},

		{"line break in a challenge", "dropbox", nil, get("/?challenge=a%0d%0aSet-Cookie:x"), ErrBadHandshake},
		{"NUL in a challenge", "nylas", nil, get("/?challenge=%00"), ErrBadHandshake},
		{"no ASCII", "onfleet", nil, get("/?check=%C3%BC"), ErrBadHandshake},
		{"challenge too long", "dropbox", nil, get("/?challenge=" + long), ErrBadHandshake},
		{"line break in an origin", "cloudevents", nil, &Request{Method: "OPTIONS", URI: "/", Header: http.Header{"Webhook-Request-Origin": {"a\r\nb"}}}, ErrBadHandshake},
		{"line break in a rate", "cloudevents", nil, &Request{Method: "OPTIONS", URI: "/", Header: http.Header{"Webhook-Request-Origin": {"a"}, "Webhook-Request-Rate": {"1\r\nX: y"}}}, ErrBadHandshake},
		{"two rates", "cloudevents", nil, &Request{Method: "OPTIONS", URI: "/", Header: http.Header{"Webhook-Request-Origin": {"a"}, "Webhook-Request-Rate": {"1", "2"}}}, ErrBadHandshake},
		{"preflight of a browser", "cloudevents", nil, &Request{Method: "OPTIONS", URI: "/", Header: http.Header{"Origin": {"https://a.example"}}}, ErrMissing},
		{"space in a hook secret", "asana", nil, post(`{}`, "X-Hook-Secret", "a b"), ErrBadHandshake},
		{"challenge that is an object", "monday", nil, post(`{"challenge":{"a":1}}`), ErrMissing},
		{"two challenges", "monday", nil, post(`{"challenge":"a","challenge":"b"}`), ErrMissing},
		{"body too large for a handshake", "monday", nil, post(`{"challenge":"a"}` + strings.Repeat(" ", MaxHandshake)), ErrMissing},
		{"ping with more than digits", "woocommerce", nil, post("webhook_id=1%3Cb%3E"), ErrBadHandshake},
		{"validation token with a body", "microsoft-graph", nil, &Request{Method: "POST", URI: "/?validationToken=a", Header: http.Header{}, Body: []byte(`{"value":[]}`)}, ErrMissing},

		{"meta with a wrong token", "meta", nil, get("/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong"), ErrHandshakeToken},
		{"meta without a token", "meta", nil, get("/?hub.mode=subscribe&hub.challenge=1"), ErrHandshakeToken},
		{"meta with two tokens", "meta", nil, get("/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + handshakeSecret + "&hub.verify_token=x"), ErrBadHandshake},
		{"meta with the secret beside an option", "meta", map[string]string{"verify_token": "shown"}, get("/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + handshakeSecret), ErrHandshakeToken},
		{"meta with another mode", "meta", nil, get("/?hub.mode=x&hub.challenge=1&hub.verify_token=" + handshakeSecret), ErrMissing},
		{"websub topic not wanted", "websub", map[string]string{"topic": "https://a.example https://b.example"}, get("/?hub.mode=subscribe&hub.topic=https://c.example&hub.challenge=1"), ErrHandshakeTopic},
		{"websub without a topic", "websub", map[string]string{"topic": "https://a.example"}, get("/?hub.mode=subscribe&hub.challenge=1"), ErrHandshakeTopic},
		{"websub end of what is wanted", "websub", map[string]string{"topic": "https://a.example"}, get("/?hub.mode=unsubscribe&hub.topic=https://a.example&hub.challenge=1"), ErrHandshakeTopic},
		{"websub end of anything", "websub", nil, get("/?hub.mode=unsubscribe&hub.topic=https://a.example&hub.challenge=1"), ErrHandshakeTopic},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := (&example{Provider: tt.provider, Options: tt.options}).verifier(t)
			if a, err := shake(t, v, tt.request); a != nil || !errors.Is(err, tt.want) {
				t.Errorf("answered %+v, %v, want %v", a, err, tt.want)
			}
		})
	}
}

// TestSignedEventIsNoHandshake: what a stranger can add to a captured delivery,
// or change of it, does not have it answered instead of delivered.
func TestSignedEventIsNoHandshake(t *testing.T) {
	const event = `{"action":"opened","challenge":{"a":1},"webhook_id":1,"events":[{"a":"&webhook_id=12&"}]}`
	checked := 0
	for _, p := range Providers() {
		if !slices.ContainsFunc(p.Handshakes, func(h *Handshake) bool { return h.When.method() == http.MethodPost }) {
			continue
		}
		v := (&example{Provider: p.Name}).verifier(t)
		for _, h := range p.Handshakes {
			r := &Request{Method: http.MethodPost, Header: http.Header{}, Body: []byte(event)}
			query := url.Values{}
			if c := h.Challenge; c != nil && c.In == "query" {
				query.Set(c.Name, "1234")
			} else if c != nil && c.In == "header" {
				r.Header.Set(c.Name, "1234")
			}
			for name, value := range h.When.Query {
				query.Set(name, value)
			}
			for name, value := range h.When.Header {
				r.Header.Set(name, value)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.URI = "/?" + query.Encode()
			if a, err := v.Handshake(r, &Result{}); a != nil || err != nil {
				t.Errorf("%s/%s answers an event: %+v, %v", p.Name, h.Name, a, err)
			}
			checked++
		}
	}
	if checked < 15 {
		t.Errorf("%d handshakes were tried, which cannot be all", checked)
	}
}

// TestHandshakeIsNoPage: markup in a challenge stays text, whatever a browser
// makes of it.
func TestHandshakeIsNoPage(t *testing.T) {
	const page = "<script>alert(1)</script>"
	for provider, uri := range map[string]string{
		"dropbox": "/?challenge=", "nylas": "/?challenge=", "onfleet": "/?check=", "microsoft-graph": "/?validationToken=",
		"websub": "/?hub.mode=subscribe&hub.challenge=", "meta": "/?hub.mode=subscribe&hub.verify_token=" + handshakeSecret + "&hub.challenge=",
	} {
		r := &Request{Method: "GET", URI: uri + url.QueryEscape(page), Header: http.Header{}}
		if provider == "microsoft-graph" {
			r.Method = "POST"
		}
		a, err := shake(t, (&example{Provider: provider}).verifier(t), r)
		if err != nil || string(a.Body) != page || a.Header.Get("Content-Type") != "text/plain; charset=utf-8" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %+v, %v", provider, a, err)
		}
	}
	r := &Request{Method: "GET", URI: "/", Header: http.Header{"X-Okta-Verification-Challenge": {`"` + page}}}
	a, err := shake(t, (&example{Provider: "okta"}).verifier(t), r)
	if err != nil || string(a.Body) != `{"verification":"\"\u003cscript\u003ealert(1)\u003c/script\u003e"}` {
		t.Errorf("okta: %+v, %v", a, err)
	}
}

// TestEventsAreNoHandshakes: what looks a little like one is delivered.
func TestEventsAreNoHandshakes(t *testing.T) {
	for _, tt := range []struct{ provider, body string }{
		{"discord", `{"version":1,"type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}`},
		{"discord", `{"type":2}`},
		{"slack", `{"type":"event_callback","event":{"text":"url_verification"},"challenge":"x"}`},
		{"slack", `payload=url_verification`},
		{"zoom", `{"event":"meeting.started","payload":{"plainToken":"x","n":"endpoint.url_validation"}}`},
		{"xero", `{"events":[{"eventType":"UPDATE"}],"entropy":"x"}`},
		{"terraform-cloud", `{"notifications":[{"trigger":"run:created"},{"trigger":"verification"}]}`},
		{"twitch", `{"challenge":"x"}`},
	} {
		r := &Request{Method: "POST", URI: "/", Header: http.Header{}, Body: []byte(tt.body)}
		signHandshake(r, tt.provider, handshakeSecret)
		if a, err := shake(t, (&example{Provider: tt.provider}).verifier(t), r); a != nil || err != nil {
			t.Errorf("%s %s: answered %+v, %v", tt.provider, tt.body, a, err)
		}
	}
}

// TestChallengesAreNoEvents: a signature that the provider's protocol makes us
// give to anyone opens nothing.
func TestChallengesAreNoEvents(t *testing.T) {
	x := (&example{Provider: "x-twitter"}).verifier(t)
	for body, want := range map[string]error{`{"a":1}`: nil, "abc": ErrMismatch, "123": ErrMismatch, " abc\n": ErrMismatch} {
		r := &Request{Method: "POST", URI: "/", Header: http.Header{}, Body: []byte(body)}
		r.Header.Set("X-Twitter-Webhooks-Signature", "sha256="+base64.StdEncoding.EncodeToString(keyed(handshakeSecret, body)))
		if _, err := x.Verify(handshakeNow, r); !errors.Is(err, want) {
			t.Errorf("x-twitter %q: %v, want %v", body, err, want)
		}
	}
	braintree := (&example{Provider: "braintree"}).verifier(t)
	key := sha1.Sum([]byte(handshakeSecret))
	for payload, want := range map[string]error{"PG5vdGlmaWNhdGlvbi8+": nil, "20f9f8ed05f77439fe955c977e4c8a53": ErrMismatch, "20f9f8ed05f77439fe955c977e4c8a53\n": ErrMismatch} {
		h := hmac.New(sha1.New, key[:])
		h.Write([]byte(payload))
		form := url.Values{"bt_payload": {payload}, "bt_signature": {"integration_public_key|" + hex.EncodeToString(h.Sum(nil))}}
		r := &Request{Method: "POST", URI: "/", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(form.Encode())}
		if _, err := braintree.Verify(handshakeNow, r); !errors.Is(err, want) {
			t.Errorf("braintree %q: %v, want %v", payload, err, want)
		}
	}
}

// TestProofUsesTheSecretThatVerified: after a change of secrets the provider
// may still have the older one.
func TestProofUsesTheSecretThatVerified(t *testing.T) {
	e := find(t, "zoom", "zoom-url-validation")
	old := *e
	old.Secrets = []string{"the-new-secret", e.Secrets[0]}
	a, err := shake(t, old.verifier(t), e.request(t))
	if err != nil || !bytes.Equal(a.Body, *e.Expect.Body) {
		t.Errorf("answered %+v, %v", a, err)
	}
}

func TestSubscriptionTopics(t *testing.T) {
	const topic = "arn:aws:sns:us-west-2:123456789012:MyTopic"
	for _, tt := range []struct {
		name, topics string
		confirm      bool
		want         error
	}{
		{"listed", "arn:aws:sns:eu-west-1:1:Other " + topic, true, nil},
		{"any", "*", false, nil},
		{"another's", "arn:aws:sns:us-west-2:999999999999:MyTopic", false, ErrMismatch},
		{"prefix", topic[:len(topic)-1], false, ErrMismatch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := find(t, "aws-sns", "aws-sns-subscription-confirmation")
			e.Options = map[string]string{"topic": tt.topics}
			a, err := shake(t, e.verifier(t), e.request(t))
			if !errors.Is(err, tt.want) || (a != nil) != (tt.want == nil) {
				t.Fatalf("answered %+v, %v, want %v", a, err, tt.want)
			}
			if a == nil {
				return
			}
			if tt.confirm != strings.HasPrefix(a.Confirm, "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&") || tt.confirm != (a.Problem == nil) {
				t.Errorf("Confirm = %q, Problem = %v", a.Confirm, a.Problem)
			}
		})
	}
}

// TestConfirmationHosts: nothing but the provider is ever called.
func TestConfirmationHosts(t *testing.T) {
	v := find(t, "aws-sns", "aws-sns-subscription-confirmation").verifier(t)
	for address, good := range map[string]bool{
		"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription": true,
		"https://sns.cn-north-1.amazonaws.com.cn/?a=b":                    true,
		"http://sns.eu-west-1.amazonaws.com/":                             false,
		"https://sns.eu-west-1.amazonaws.com:8443/":                       false,
		"https://sns.eu-west-1.amazonaws.com.evil.example/":               false,
		"https://evil.example/sns.eu-west-1.amazonaws.com":                false,
		"https://evil.example#sns.eu-west-1.amazonaws.com":                false,
		"https://user@sns.eu-west-1.amazonaws.com/":                       false,
		"https://sns.eu-west-1.amazonaws.com@evil.example/":               false,
		"https://sns.a.b.amazonaws.com/":                                  false,
		"https://sns.eu-west-1.amazonaws.com/#x":                          false,
		"//sns.eu-west-1.amazonaws.com/":                                  false,
		"https:sns.eu-west-1.amazonaws.com":                               false,
		"https://127.0.0.1/":                                              false,
		"":                                                                false,
	} {
		body, _ := json.Marshal(map[string]string{"Type": "SubscriptionConfirmation", "TopicArn": handshakeOptions["aws-sns"]["topic"], "SubscribeURL": address})
		a, err := v.Handshake(&Request{Method: "POST", URI: "/", Header: http.Header{}, Body: body}, &Result{})
		if good && (err != nil || a.Confirm != address) || !good && !errors.Is(err, ErrBadHandshake) {
			t.Errorf("%q: %+v, %v", address, a, err)
		}
	}
}

func TestHandshakeCheck(t *testing.T) {
	tests := []struct{ name, handshake, want string }{
		{"no name", `{"answer":{}}`, "name is required"},
		{"unknown field", `{"name":"x","secret":true,"answer":{}}`, "unknown field"},
		{"method", `{"name":"x","when":{"method":"PUT"},"answer":{}}`, `method: "PUT"`},
		{"signed, and told by a header", `{"name":"x","signed":true,"when":{"header":{"X-A":"b"}},"answer":{}}`, "the body must tell it from an event"},
		{"body of a GET", `{"name":"x","when":{"method":"GET","json":{"a":"b"}},"answer":{}}`, "only a POST has a body"},
		{"empty body with values", `{"name":"x","when":{"empty_body":true,"form":{"a":"b"}},"answer":{}}`, "an empty body has no values"},
		{"place", `{"name":"x","challenge":{"in":"cookie","name":"a"},"answer":{}}`, `challenge: "cookie"`},
		{"no place", `{"name":"x","challenge":{"in":"query"},"answer":{}}`, "the name is missing"},
		{"path", `{"name":"x","when":{"json":{"a..b":"c"}},"answer":{}}`, "empty name"},
		{"header's name", `{"name":"x","when":{"header":{"a b":"c"}},"answer":{}}`, "not a header name"},
		{"pattern without an end", `{"name":"x","challenge":{"in":"query","name":"a","pattern":"^a"},"answer":{}}`, "from ^ to $"},
		{"pattern", `{"name":"x","challenge":{"in":"query","name":"a","pattern":"^($"},"answer":{}}`, "from ^ to $"},
		{"token without an option", `{"name":"x","token":{"query":"a","option":"b"},"answer":{}}`, "an option are required"},
		{"unknown option", `{"name":"x","requires":["b"],"answer":{}}`, `unknown option "b"`},
		{"oracle", `{"name":"x","challenge":{"in":"query","name":"a"},"proof":{"algorithm":"hmac-sha256"},"answer":{}}`, "a stranger could have anything signed"},
		{"oracle by content", `{"name":"x","challenge":{"in":"query","name":"a","pattern":"^a$"},"proof":{"algorithm":"hmac-sha256","content":"{challenge}"},"answer":{}}`, "a stranger could have anything signed"},
		{"algorithm", `{"name":"x","signed":true,"proof":{"algorithm":"md5"},"answer":{}}`, `proof: "md5"`},
		{"confirmation that is not signed", `{"name":"x","confirm":{"json":"a","host_pattern":"^a$"},"answer":{}}`, "must be signed"},
		{"confirmation of any host", `{"name":"x","signed":true,"topic":{"in":"json","name":"a"},"confirm":{"json":"a","host_pattern":"a"},"answer":{}}`, "from ^ to $"},
		{"status", `{"name":"x","answer":{"status":302}}`, "neither 200 nor 204"},
		{"page", `{"name":"x","answer":{"type":"text/html","body":"a"}}`, `answer type: "text/html"`},
		{"body without a type", `{"name":"x","answer":{"body":"a"}}`, "belong together"},
		{"body of a 204", `{"name":"x","answer":{"status":204,"type":"text/plain","body":"a"}}`, "belong together"},
		{"unknown word", `{"name":"x","answer":{"type":"text/plain","body":"{secret}"}}`, "unknown token"},
		{"brace", `{"name":"x","answer":{"type":"text/plain","body":"{chall"}}`, "unbalanced brace"},
		{"challenge out of nowhere", `{"name":"x","answer":{"type":"text/plain","body":"{challenge}"}}`, "without a challenge"},
		{"challenge that is not quoted", `{"name":"x","challenge":{"in":"query","name":"a"},"answer":{"type":"application/json","body":"{challenge}"}}`, "does not belong there"},
		{"option that is not required", `{"name":"x","answer":{"type":"text/plain","body":"{option:url}"}}`, "is not required"},
	}
	for _, tt := range tests {
		p := strings.Replace(`{"name":"p","title":"P","confidence":"docs","schemes":[{"name":"s","kind":"none"}],"handshakes":[H]}`, "H", tt.handshake, 1)
		if _, err := decodeProvider([]byte(p)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// FuzzHandshake: whatever a stranger sends, an answer is printable, within its
// bounds, and of a type that is no page.
func FuzzHandshake(f *testing.F) {
	var all []*Verifier
	for provider := range known {
		all = append(all, (&example{Provider: provider}).verifier(f))
	}
	for _, e := range examples(f) {
		r := e.request(f)
		for _, value := range append(slices.Collect(maps.Values(e.Request.Headers)), "") {
			f.Add(r.Method, r.URI, value, r.Body)
		}
	}
	f.Fuzz(func(t *testing.T, method, uri, value string, body []byte) {
		for _, v := range all {
			r := &Request{Method: method, URI: uri, Header: http.Header{}, Body: body}
			for _, g := range v.handshaker.greetings {
				if g.challenge != nil && g.challenge.in == "header" {
					r.Header[g.challenge.name] = []string{value}
				}
				for name := range g.When.Header {
					r.Header.Set(name, value)
				}
			}
			for _, res := range []*Result{nil, {}} {
				a, err := v.Handshake(r, res)
				if a == nil {
					continue
				}
				if err != nil || !printableText(string(a.Body)) || len(a.Body) > 6*maxChallenge+1024 {
					t.Errorf("%s answers %q, %v", a.Name, a.Body, err)
				}
				for name, lines := range a.Header {
					if len(lines) != 1 || !printableText(lines[0]) || len(lines[0]) > maxChallenge {
						t.Errorf("%s answers %s: %q", a.Name, name, lines)
					}
				}
				if kind := a.Header.Get("Content-Type"); (kind == "") != (len(a.Body) == 0) || strings.Contains(kind, "html") {
					t.Errorf("%s answers %q of type %q", a.Name, a.Body, kind)
				}
			}
		}
	})
}
