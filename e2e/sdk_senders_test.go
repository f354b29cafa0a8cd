package e2e

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An sdkSender is a provider whose SDK, in sdk/*.mjs, signs and judges.
type sdkSender struct {
	name     string // of the sender in sdk/*.mjs, and of the endpoint
	provider string // "": the name
	secret   string // what the SDK signs with; "": made from the name
	wrong    string // another one, not configured; "": made from the name
	public   string // what is configured, where it is not the secret
	options  map[string]string
	kind     string // of the body; "": application/json
	body     string // "": order
	query    string // of the address, as ?x=1
	change   string // what is signed, as from>to; "": 1000>9000
	aged     aged   // what becomes of a request signed hours ago
}

// Who refuses a request for its age alone.
type aged int

const (
	byNobody aged = iota
	byBoth
	byGateway // the SDK lets it pass
)

// order is what most senders send: its spaces are those that JSON.stringify
// leaves, for the SDKs that sign what they parsed.
const order = `{"id":"evt_1","type":"order.paid","event":"order.paid","data":{"amount":1000,"text":"Größe ✓ \\ \" </p>"}}`

const (
	formKind    = "application/x-www-form-urlencoded"
	formBody    = "To=%2B49301000&From=%2B4930222&Body=Gr%C3%B6%C3%9Fe+%26+%E2%9C%93&Empty="
	adyenBody   = `{"live":"false","notificationItems":[{"NotificationRequestItem":{"pspReference":"7914073381342284","originalReference":"","merchantAccountCode":"Shop","merchantReference":"Größe 1","amount":{"currency":"EUR","value":1000},"eventCode":"AUTHORISATION","success":"true"}}]}`
	braintree   = "bt_payload=PG5vdGlmaWNhdGlvbj48dGltZXN0YW1wIHR5cGU9ImRhdGV0aW1lIj4yMDI2LTAxLTAxVDAwOjAwOjAwWjwvdGltZXN0YW1wPjxraW5kPmNoZWNrPC9raW5kPjxzdWJqZWN0PjxjaGVjayB0eXBlPSJib29sZWFuIj50cnVlPC9jaGVjaz48L3N1YmplY3Q%2BPC9ub3RpZmljYXRpb24%2B%0A"
	boundary    = "----------------------------0123456789ab"
	dropboxBody = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n" + `{"account_guid":"1000","event":{"event_time":"1348177752","event_type":"signature_request_sent","event_hash":"none"}}` + "\r\n--" + boundary + "--\r\n"
	sdkAddress  = "https://hooks.example.com/" // and the endpoint: what providers know
)

var sdkSenders = []sdkSender{
	{name: "standard-webhooks", secret: standardKey("sdk"), wrong: standardKey("other"), aged: byBoth},
	{name: "svix", secret: standardKey("sdk"), wrong: standardKey("other"), aged: byBoth},
	{name: "svix-unbranded", provider: "svix", secret: standardKey("sdk"), wrong: standardKey("other"), aged: byBoth},
	{name: "clerk", secret: standardKey("sdk"), wrong: standardKey("other"), aged: byBoth},
	{name: "supabase-auth-hooks", secret: "v1," + standardKey("sdk"), wrong: "v1," + standardKey("other"), aged: byBoth},
	{name: "openai", secret: standardKey("sdk"), wrong: standardKey("other"), aged: byBoth},
	{name: "replicate", secret: standardKey("sdk"), wrong: standardKey("other"), aged: byGateway},
	{name: "resend", secret: standardKey("sdk"), wrong: standardKey("other"), aged: byBoth},
	{name: "stripe", aged: byBoth},
	{name: "shopify"},
	{name: "square", options: atAddress("square")},
	{name: "adyen", secret: hexKey("sdk"), wrong: hexKey("other"), body: adyenBody},
	{name: "adyen-platform", provider: "adyen", secret: hexKey("sdk"), wrong: hexKey("other"), options: map[string]string{"scheme": "header"}},
	{name: "braintree", options: map[string]string{"public_key": "sdk_public_key"}, kind: formKind, body: braintree, change: "PG5v>PG5w"},
	{name: "paddle", options: map[string]string{"tolerance": "1m"}, aged: byBoth}, // five seconds are short on a busy machine
	{name: "razorpay"},
	{name: "coinbase-commerce"},
	{name: "gocardless"},
	{name: "mercado-pago", query: "?data.id=1000&type=payment", change: "data.id=1000>data.id=9000"},
	{name: "fintoc", aged: byBoth},
	{name: "easypost", secret: "a secret, Größe ﬁ", body: `{"id":"evt_1","object":"Event","description":"tracker.updated","result":{"id":"1000"}}`},
	{name: "slack", aged: byBoth},
	{name: "twilio", options: atAddress("twilio"), kind: formKind, body: formBody},
	{name: "twilio-json", provider: "twilio", options: atAddress("")}, // each address has a hash of its own,
	{name: "sendgrid", secret: ecdsaKeys[0].private, public: b64(ecdsaKeys[0].public), wrong: ecdsaKeys[1].private, body: "[{\"sg_event_id\":\"1000\",\"event\":\"delivered\"},\r\n{\"sg_event_id\":\"1001\",\"event\":\"open\"}]\r\n"},
	{name: "discord", secret: ed25519Keys[0].private, public: hex.EncodeToString(ed25519Keys[0].public), wrong: ed25519Keys[1].private},
	{name: "telnyx", secret: ed25519Keys[0].private, public: b64(ed25519Keys[0].public), wrong: ed25519Keys[1].private, aged: byBoth},
	{name: "line"},
	{name: "messagebird", options: atAddress("messagebird?x=1"), query: "?x=1", aged: byBoth},
	{name: "plivo", options: atAddress("plivo"), kind: formKind, body: formBody},
	{name: "pusher"},
	{name: "getstream"},
	{name: "github"},
	{name: "linear", aged: byBoth},
	{name: "workos", aged: byBoth},
	{name: "contentful", secret: strings.Repeat("sdk+", 16), wrong: strings.Repeat("bad+", 16), kind: "application/vnd.contentful.management.v1+json", query: "?x=1&y=%2f", aged: byBoth},
	{name: "sanity"},
	{name: "hubspot", options: atAddress("hubspot"), aged: byBoth},
	{name: "hubspot-v1", provider: "hubspot", options: map[string]string{"scheme": "v1"}},
	{name: "hubspot-v2", provider: "hubspot", options: map[string]string{"scheme": "v2", "url": sdkAddress + "hubspot-v2"}},
	{name: "atlassian-connect", options: map[string]string{"base_url": strings.TrimSuffix(sdkAddress, "/")}, query: "?user=1000&b=a+b&a=%2f&a=1", change: "user=1000>user=9000", aged: byGateway},
	{name: "mux", aged: byBoth},
	{name: "notion"},
	{name: "onfido"},
	{name: "cloudinary", aged: byBoth},
	{name: "dropbox-sign", kind: "multipart/form-data; boundary=" + boundary, body: dropboxBody, change: "signature_request_sent>signature_request_paid"},
	{name: "hookdeck"},
	{name: "qstash", options: atAddress("qstash"), aged: byBoth},
}

func atAddress(endpoint string) map[string]string {
	return map[string]string{"url": sdkAddress + endpoint}
}

// complete returns the sender with nothing left to make from its name.
func (s sdkSender) complete() sdkSender {
	s.provider = cmp.Or(s.provider, s.name)
	s.secret = cmp.Or(s.secret, "secret-of-the-sdk-"+s.name)
	s.wrong = cmp.Or(s.wrong, "another-secret-"+s.name)
	s.public = cmp.Or(s.public, s.secret)
	s.kind = cmp.Or(s.kind, "application/json")
	s.body = cmp.Or(s.body, order)
	s.change = cmp.Or(s.change, "1000>9000")
	return s
}

func (s sdkSender) env() string {
	return "SDK_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// block is the endpoint. The same event is sent again and again.
func (s sdkSender) block(to string) string {
	var options strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.options)) {
		fmt.Fprintf(&options, "%s %s\n", name, s.options[name])
	}
	return fmt.Sprintf("webhook_gateway /%s %[1]s {\nverify %s {env.%s} {\n%s}\nidempotency off\nto %s\n}\n", s.name, s.provider, s.env(), &options, to)
}

func hexKey(text string) string { return hex.EncodeToString([]byte(standardKey(text))) }

// A pair is a private key, as PEM, and its public one.
type pair struct {
	private string
	public  []byte
}

var ecdsaKeys, ed25519Keys = [2]pair{newECDSA(), newECDSA()}, [2]pair{newEd25519(), newEd25519()}

func newECDSA() pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	return pair{pkcs8(key), der}
}

func newEd25519() pair {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return pair{pkcs8(key), public}
}

func pkcs8(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
