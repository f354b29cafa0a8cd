package verify

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// An example is a handshake as its provider sends it, and the answer it wants.
type example struct {
	Provider    string            `json:"provider"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Kind        string            `json:"kind"`
	Request     exampleRequest    `json:"request"`
	Secrets     []string          `json:"secrets"`
	Config      map[string]any    `json:"config"`
	Expect      exampleAnswer     `json:"expect_response"`
	Provenance  string            `json:"provenance"`
	Options     map[string]string `json:"-"`
}

type exampleRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body_base64"`
}

type exampleAnswer struct {
	Status      int               `json:"status"`
	ContentType *string           `json:"content_type"`
	Body        *[]byte           `json:"body_base64"`
	Headers     map[string]string `json:"headers"`
	Note        *string           `json:"note"`
}

const handshakeSecret = "a-secret-for-tests"

var handshakeNow = time.Unix(1_800_000_000, 0)

// more are handshakes that the file has no example of.
var more = []example{
	{Provider: "intercom", Name: "head-200", Request: exampleRequest{Method: "HEAD"}, Expect: exampleAnswer{Status: 200}},
	{Provider: "mailchimp-marketing", Name: "get-200", Request: exampleRequest{Method: "GET"}, Expect: exampleAnswer{Status: 200}},
	{Provider: "mailchimp-marketing", Name: "get-200", Request: exampleRequest{Method: "GET", URL: "/?secret=" + handshakeSecret}, Expect: exampleAnswer{Status: 200}},
	{Provider: "mandrill", Name: "mandrill-empty", Request: exampleRequest{Method: "POST", Body: []byte("mandrill_events=%5B%5D")}, Expect: exampleAnswer{Status: 200}},
	{Provider: "woocommerce", Name: "woocommerce-ping", Request: exampleRequest{Method: "POST", Body: []byte("webhook_id=17")}, Expect: exampleAnswer{Status: 200}},
	{
		Provider: "meta", Name: "meta-hub-challenge", Secrets: []string{"app-secret", "meta-verify-token"},
		Request: exampleRequest{Method: "GET", URL: "/?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meta-verify-token"},
		Expect:  exampleAnswer{Status: 200, ContentType: new("text/plain"), Body: new([]byte("1158201444"))},
	},
	{
		Provider: "meta", Name: "meta-hub-challenge", Options: map[string]string{"verify_token": "shown"},
		Request: exampleRequest{Method: "GET", URL: "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=shown"},
		Expect:  exampleAnswer{Status: 200, ContentType: new("text/plain"), Body: new([]byte("1"))},
	},
	{
		Provider: "websub", Name: "websub-unsubscription", Options: map[string]string{"topic": "https://example.com/wanted"},
		Request: exampleRequest{Method: "GET", URL: "/?hub.mode=unsubscribe&hub.topic=https://example.com/old&hub.challenge=bye"},
		Expect:  exampleAnswer{Status: 200, ContentType: new("text/plain"), Body: new([]byte("bye"))},
	},
	{
		Provider: "ebay", Name: "ebay-challenge", // the address is where the request came to
		Options: map[string]string{"url": "https://hooks.example.com/", "verification_token": "71745723-d031-455c-bfa5-f90d11b4f20a"},
		Request: exampleRequest{Method: "GET", URL: "/in/ebay?challenge_code=a8628072-3d33-45ee-9004-bee86830a22d"},
		Expect: exampleAnswer{
			Status: 200, ContentType: new("application/json"),
			Body: new([]byte(`{"challengeResponse":"f533b024a90b59e1fbe664cc4ab87f1bd6b4bbbf3e1d2fbc11f825e580e8d426"}`)),
		},
	},
	{
		Provider: "okta", Name: "okta-verification-challenge", // Okta may send the token too
		Request: exampleRequest{Method: "GET", Headers: map[string]string{"X-Okta-Verification-Challenge": "x", "Authorization": handshakeSecret}},
		Expect:  exampleAnswer{Status: 200, ContentType: new("application/json"), Body: new([]byte(`{"verification":"x"}`))},
	},
}

// known are the handshakes of the catalogue.
var known = map[string]string{
	"asana": "asana-x-hook-secret", "aws-sns": "aws-sns-subscription-confirmation", "azure-event-grid": "azure-event-grid-validation cloudevents-options",
	"braintree": "braintree-challenge", "cloudevents": "cloudevents-options", "discord": "discord-interaction-ping discord-event-ping",
	"dropbox": "dropbox-challenge", "dropbox-sign": "dropbox-sign-ack", "ebay": "ebay-challenge", "github": "github-ping", "intercom": "head-200",
	"linkedin": "linkedin-challenge", "mailchimp-marketing": "get-200", "mandrill": "mandrill-head", "meta": "meta-hub-challenge",
	"microsoft-graph": "microsoft-graph-validation-token", "monday": "monday-challenge", "notion": "notion-verification-token",
	"nylas": "nylas-challenge", "okta": "okta-verification-challenge", "onfleet": "onfleet-check", "slack": "slack-url-verification",
	"terraform-cloud": "tfe-verification", "trello": "head-200", "twitch": "twitch-challenge", "websub": "websub-verification",
	"woocommerce": "woocommerce-ping", "x-twitter": "x-crc", "xero": "xero-intent-to-receive", "zoom": "zoom-url-validation",
}

func examples(t testing.TB) (all []example) {
	t.Helper()
	b, err := os.ReadFile("testdata/handshakes.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&all); err != nil {
		t.Fatal(err)
	}
	return append(all, more...)
}

func TestHandshakeExamples(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range examples(t) {
		t.Run(e.Provider+"/"+e.Name, func(t *testing.T) { e.check(t) })
		seen[e.Provider+"/"+e.Name] = true
	}
	for provider, names := range known {
		p, _ := Lookup(provider)
		for name := range strings.FieldsSeq(names) {
			if !slices.ContainsFunc(p.Handshakes, func(h *Handshake) bool { return h.Name == name }) || !seen[provider+"/"+name] {
				t.Errorf("%s: no handshake %s, or no example of it", provider, name)
			}
		}
	}
}

func (e *example) check(t *testing.T) {
	v, r := e.verifier(t), e.request(t)
	a, err := shake(t, v, r)
	if e.Expect.Status >= 400 {
		want := map[int]error{400: ErrBadHandshake, 401: ErrMismatch, 403: ErrHandshakeToken}[e.Expect.Status]
		if a != nil || !errors.Is(err, want) {
			t.Errorf("answered %+v, %v, want %v", a, err, want)
		}
		return
	}
	if err != nil || a == nil {
		t.Fatalf("answered %+v, %v", a, err)
	}
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if a.Name != e.Name || a.Status != e.Expect.Status || kind != deref(e.Expect.ContentType) {
		t.Errorf("answered %s %d %s, want %s %d %s", a.Name, a.Status, kind, e.Name, e.Expect.Status, deref(e.Expect.ContentType))
	}
	want := []byte(nil)
	if e.Expect.Body != nil && e.Name != "asana-x-hook-secret" { // whose body, says the note, stands for the header
		want = *e.Expect.Body
	}
	if !bytes.Equal(a.Body, want) {
		t.Errorf("body %q, want %q", a.Body, want)
	}
	for name, value := range e.Expect.Headers {
		if a.Header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, a.Header.Get(name), value)
		}
	}
	if a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("the answer may be sniffed")
	}
}

// shake treats a request as a gateway does.
func shake(t *testing.T, v *Verifier, r *Request) (*Answer, error) {
	t.Helper()
	res, refused := v.Verify(handshakeNow, r)
	accepted := &res
	if refused != nil {
		accepted = nil
	}
	a, err := v.Handshake(r, accepted)
	if a != nil && !v.MayBeHandshake(&Request{Method: r.Method, URI: r.URI, Header: r.Header}) && accepted == nil {
		t.Error("MayBeHandshake is false for a handshake")
	}
	if r.Method != http.MethodPost && a != nil && !slices.Contains(v.HandshakeMethods(), r.Method) {
		t.Errorf("HandshakeMethods lacks %s", r.Method)
	}
	if a == nil && err == nil {
		return nil, refused
	}
	return a, err
}

// options are what some providers cannot do without.
var handshakeOptions = map[string]map[string]string{
	"trello": {"url": "https://hooks.example.com"}, "mandrill": {"url": "https://hooks.example.com"},
	"braintree": {"public_key": "integration_public_key"},
	"ebay":      {"url": "https://hooks.example.com/in/ebay", "verification_token": "71745723-d031-455c-bfa5-f90d11b4f20a"},
	"aws-sns":   {"topic": "arn:aws:sns:us-west-2:123456789012:MyTopic"},
}

var discordKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func (e *example) verifier(t testing.TB) *Verifier {
	t.Helper()
	c := Config{Provider: e.Provider, Secrets: e.Secrets, Options: e.Options}
	if c.Options == nil {
		c.Options = handshakeOptions[e.Provider]
	}
	switch e.Provider {
	case "ebay":
		c.Secrets = []string{publicKey(t)}
	case "onfleet":
		c.Secrets = []string{"00112233445566778899aabbccddeeff"}
	case "discord":
		c.Secrets = []string{hex.EncodeToString(discordKey.Public().(ed25519.PublicKey))}
	case "aws-sns":
		c.Secrets = []string{snsCertificate(t)}
	}
	if len(c.Secrets) == 0 {
		c.Secrets = []string{handshakeSecret}
	}
	v, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// publicKey is the PEM of a new public key.
func publicKey(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// snsCertificate is what the example of SNS was signed for.
func snsCertificate(t testing.TB) (text string) {
	for _, v := range readVectors(t) {
		if v.Provider == "aws-sns" && v.Name == "valid-subscription-confirmation" {
			if err := json.Unmarshal(v.PublicKeys[0].Value, &text); err != nil {
				t.Fatal(err)
			}
		}
	}
	return text
}

func keyed(secret, text string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// request is the example's, signed where the example leaves that out.
func (e *example) request(t testing.TB) *Request {
	t.Helper()
	u, err := url.Parse(e.Request.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Method: e.Request.Method, URI: u.RequestURI(), Header: http.Header{}, Body: e.Request.Body}
	for name, value := range e.Request.Headers {
		r.Header.Set(name, value)
	}
	secret := append(slices.Clone(e.Secrets), handshakeSecret)[0]
	if e.Name != "xero-intent-to-receive-wrong" {
		signHandshake(r, e.Provider, secret)
	}
	return r
}

func signHandshake(r *Request, provider, secret string) {
	body, ts := string(r.Body), strconv.FormatInt(handshakeNow.Unix(), 10)
	set := func(name, value string) { r.Header.Set(name, value) }
	switch provider {
	case "slack":
		set("X-Slack-Request-Timestamp", ts)
		set("X-Slack-Signature", "v0="+hex.EncodeToString(keyed(secret, "v0:"+ts+":"+body)))
	case "zoom":
		set("x-zm-request-timestamp", ts)
		set("x-zm-signature", "v0="+hex.EncodeToString(keyed(secret, "v0:"+ts+":"+body)))
	case "twitch":
		at := handshakeNow.UTC().Format(time.RFC3339Nano)
		set("Twitch-Eventsub-Message-Id", "m1")
		set("Twitch-Eventsub-Message-Timestamp", at)
		set("Twitch-Eventsub-Message-Signature", "sha256="+hex.EncodeToString(keyed(secret, "m1"+at+body)))
	case "discord":
		set("X-Signature-Timestamp", ts)
		set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(discordKey, []byte(ts+body))))
	case "xero":
		set("x-xero-signature", base64.StdEncoding.EncodeToString(keyed(secret, body)))
	case "github":
		set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(keyed(secret, body)))
	case "terraform-cloud":
		h := hmac.New(sha512.New, []byte(secret))
		h.Write(r.Body)
		set("X-TFE-Notification-Signature", hex.EncodeToString(h.Sum(nil)))
	}
}

// find returns the first example of a handshake.
func find(t testing.TB, provider, name string) *example {
	for _, e := range examples(t) {
		if e.Provider == provider && e.Name == name {
			return &e
		}
	}
	t.Fatalf("no example %s/%s", provider, name)
	return nil
}
