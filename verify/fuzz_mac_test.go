package verify

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/sha3"
	"golang.org/x/text/unicode/norm"
)

const sampleJSON = `{"id":"evt_1","type":"x","n":1}`

// FuzzBodyMAC: schemes that sign the body alone.
func FuzzBodyMAC(f *testing.F) {
	hexOf := macs(sha256.New, keyText, asHex, inHex)
	b64Of := macs(sha256.New, keyText, asBase64, inBase64)
	fuzzFamily(f,
		&subject{provider: "github", scheme: "sha256", signature: "X-Hub-Signature-256", form: "sha256=$S", body: sampleJSON, read: after("sha256=", false), prover: hexOf},
		&subject{provider: "github", scheme: "sha1", signature: "X-Hub-Signature", form: "sha1=$S", body: sampleJSON, read: after("sha1=", false), prover: macs(sha1.New, keyText, asHex, inHex)},
		&subject{provider: "shopify", scheme: "default", signature: "X-Shopify-Hmac-Sha256", form: "$S", body: sampleJSON, prover: b64Of},
		&subject{provider: "typeform", scheme: "default", signature: "Typeform-Signature", form: "sha256=$S", body: sampleJSON, read: after("sha256=", false), prover: b64Of},
		&subject{provider: "linkedin", scheme: "default", signature: "X-LI-Signature", form: "$S", body: sampleJSON, read: after("hmacsha256=", true), prover: hexOf,
			texts: func(q *asked) []string { return []string{"hmacsha256=" + string(q.Body)} }},
		&subject{provider: "mollie", scheme: "next-gen", several: true, signature: "X-Mollie-Signature", form: "sha256=$S", body: sampleJSON, read: after("sha256=", true), prover: hexOf,
			places: func(q *asked) []string { return q.Header["X-Mollie-Signature"] }},
		&subject{provider: "websub", scheme: "default", signature: "X-Hub-Signature", form: "sha512=$S", body: sampleJSON, read: named, prover: namedMACs},
		&subject{provider: "airtable", scheme: "default", signature: "X-Airtable-Content-MAC", form: "hmac-sha256=$S", body: sampleJSON, read: after("hmac-sha256=", false), prover: macs(sha256.New, keyBase64, asHex, inHex)},
		&subject{provider: "onfleet", scheme: "default", signature: "X-Onfleet-Signature", form: "$S", body: sampleJSON, prover: macs(sha512.New, keyHex, asHex, inHex)},
		&subject{provider: "microsoft-teams", scheme: "default", signature: "Authorization", form: "HMAC $S", body: sampleJSON, read: after("HMAC ", false), prover: macs(sha256.New, keyBase64, asBase64, inBase64)},
		&subject{provider: "docusign", scheme: "default", several: true, signature: "X-DocuSign-Signature-1", also: []string{"X-DocuSign-Signature-100"}, form: "$S", body: sampleJSON, prover: b64Of, places: either},
		&subject{provider: "hookdeck", scheme: "default", several: true, signature: "x-hookdeck-signature", also: []string{"x-hookdeck-signature-2"}, form: "$S", body: sampleJSON, prover: b64Of, places: either},
		&subject{provider: "easypost", scheme: "default", signature: "X-Hmac-Signature", form: "hmac-sha256-hex=$S", body: sampleJSON, read: after("hmac-sha256-hex=", false),
			prover: macs(sha256.New, func(s string) []byte { return norm.NFKD.Bytes([]byte(s)) }, asHex, inHex)},
		&subject{provider: "x-twitter", scheme: "default", signature: "X-Twitter-Webhooks-Signature", form: "sha256=$S", body: sampleJSON, read: after("sha256=", false), prover: b64Of, doubtful: true},
	)
}

// either returns the signatures of the headers that a subject has, each of
// which may be there once.
func either(q *asked) (values []string) {
	for _, name := range append([]string{q.s.signature}, q.s.also...) {
		lines := q.Header[http.CanonicalHeaderKey(name)]
		if len(lines) > 1 {
			return nil
		}
		values = append(values, lines...)
	}
	return values
}

var hashNames = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// named keeps the name of the hash, for namedMACs.
func named(value string) []reading { return []reading{{sigs: []string{value}}} }

// namedMACs signs with SHA-512 and accepts what is behind the hash's name.
func namedMACs(secret string) prover {
	return prover{
		sign: macs(sha512.New, keyText, asHex, inHex)(secret).sign,
		check: func(text, sig string) []byte {
			name, sig, _ := strings.Cut(sig, "=")
			if h := hashNames[name]; h != nil {
				return macs(h, keyText, asHex, inHex)(secret).check(text, sig)
			}
			return nil
		},
	}
}

// FuzzPlainHash: schemes that hash the secret together with the text.
func FuzzPlainHash(f *testing.F) {
	plain := func(h func() hash.Hash, layout string) func(string) prover {
		return func(secret string) prover {
			return proves(func(text string) []byte {
				sum := h()
				sum.Write(fmt.Appendf(nil, layout, secret, text))
				return sum.Sum(nil)
			}, asHex, inHex)
		}
	}
	const secretFirst, secretLast = "%[1]s%[2]s", "%[2]s%[1]s"
	fuzzFamily(f,
		&subject{provider: "hubspot", scheme: "v1", signature: "X-HubSpot-Signature", form: "$S", body: sampleJSON, prover: plain(sha256.New, secretFirst), noZero: true},
		&subject{provider: "hubspot", scheme: "v2", signature: "X-HubSpot-Signature", form: "$S", uri: "in/hubspot?a=1", body: sampleJSON, prover: plain(sha256.New, secretFirst), noZero: true, options: opts{"url": "https://hooks.example.com"},
			texts: func(q *asked) []string {
				return withURLs(q, func(u string) string { return q.Method + u + string(q.Body) })
			}},
		&subject{provider: "hubspot", scheme: "v2", signature: "X-HubSpot-Signature", form: "$S", uri: "in/hubspot?a=1", body: sampleJSON, prover: plain(sha256.New, secretFirst), noZero: true, asCalled: true,
			texts: func(q *asked) []string {
				return withURLs(q, func(u string) string { return q.Method + u + string(q.Body) })
			}},
		&subject{provider: "recharge", scheme: "default", signature: "X-Recharge-Hmac-Sha256", form: "$S", body: sampleJSON, prover: plain(sha256.New, secretFirst), noZero: true},
		&subject{provider: "cloudinary", scheme: "default", signature: "X-Cld-Signature", stamp: "X-Cld-Timestamp", form: "$S", body: sampleJSON, unit: "s10", tolerance: 7200, prover: plain(sha1.New, secretLast),
			texts: func(q *asked) []string { return []string{string(q.Body) + q.time} }},
		&subject{provider: "moralis", scheme: "default", signature: "x-signature", form: "0x$S", body: sampleJSON, read: after("0x", true), prover: plain(sha3.NewLegacyKeccak256, secretLast)},
	)
}

// withURLs returns the text for each public address that a request may have.
func withURLs(q *asked, text func(url string) string) (all []string) {
	for _, u := range addresses(q) {
		if q.s.unescape != nil {
			all = append(all, text(q.s.unescape(u)))
		}
		all = append(all, text(u))
	}
	return all
}

// addresses are the configured one, and before it, if that has no path, the
// one with the request's path and query, or with the query if it is asCalled.
func addresses(q *asked) []string {
	configured := q.s.options["url"]
	_, query, _ := strings.Cut(q.URI, "?")
	switch {
	case strings.Count(configured, "/") == 2:
		return []string{configured + q.URI, configured}
	case q.s.asCalled && query != "":
		return []string{configured + "?" + query, configured}
	}
	return []string{configured}
}

// FuzzTimestampedMAC: schemes that sign a header with the time and the body.
func FuzzTimestampedMAC(f *testing.F) {
	hexOf := macs(sha256.New, keyText, asHex, inHex)
	b64Of := macs(sha256.New, keyText, asBase64, inBase64)
	layout := func(format string) func(q *asked) []string { // the body, the time, the extra header
		return func(q *asked) []string {
			if !q.signing && q.s.extra != "" && (!visible(q.header(q.s.extra)) || strings.Contains(format, ".%[3]s.") && strings.Contains(q.header(q.s.extra), ".")) {
				return nil
			}
			return []string{fmt.Sprintf(format, q.Body, q.time, q.header(q.s.extra))}
		}
	}
	fuzzFamily(f,
		&subject{provider: "slack", scheme: "default", signature: "X-Slack-Signature", stamp: "X-Slack-Request-Timestamp", form: "v0=$S", body: sampleJSON, unit: "s", tolerance: 300, read: after("v0=", false), texts: layout("v0:%[2]s:%[1]s"), prover: hexOf},
		&subject{provider: "zoom", scheme: "default", signature: "x-zm-signature", stamp: "x-zm-request-timestamp", form: "v0=$S", body: sampleJSON, unit: "s", tolerance: 300, read: after("v0=", false), texts: layout("v0:%[2]s:%[1]s"), prover: hexOf},
		&subject{provider: "box", scheme: "default", several: true, secret: "SamplePrimaryKey", signature: "Box-Signature-Primary", also: []string{"Box-Signature-Secondary"}, stamp: "Box-Delivery-Timestamp", form: "$S", body: sampleJSON, unit: "rfc3339", tolerance: 600,
			fixed: map[string]string{"Box-Signature-Version": "1", "Box-Signature-Algorithm": "HmacSHA256"}, places: either, texts: layout("%[1]s%[2]s"), prover: b64Of},
		&subject{provider: "box", scheme: "default", several: true, secret: "SamplePrimaryKey", signature: "Box-Signature-Primary", stamp: "Box-Delivery-Timestamp", form: "$S", body: sampleJSON, unit: "rfc3339", tolerance: 600,
			fixed: map[string]string{"Box-Signature-Version": "2", "Box-Signature-Algorithm": "HmacSHA256"}, texts: layout("%[1]s%[2]s"), prover: b64Of, doubtful: true,
			want: map[string]string{"Box-Signature-Version": "1", "Box-Signature-Algorithm": "HmacSHA256"}},
		&subject{provider: "klaviyo", scheme: "default", signature: "Klaviyo-Signature", stamp: "Klaviyo-Timestamp", form: "$S", body: sampleJSON, unit: "http-date", tolerance: 300, texts: layout("%[1]s%[2]s"), prover: hexOf},
		&subject{provider: "twitch", scheme: "default", signature: "Twitch-Eventsub-Message-Signature", stamp: "Twitch-Eventsub-Message-Timestamp", extra: "Twitch-Eventsub-Message-Id", form: "sha256=$S", body: sampleJSON, unit: "rfc3339", tolerance: 600, read: after("sha256=", false), texts: layout("%[3]s%[2]s%[1]s"), prover: hexOf},
		&subject{provider: "front", scheme: "default", signature: "X-Front-Signature", stamp: "X-Front-Request-Timestamp", form: "$S", body: sampleJSON, unit: "ms", tolerance: 300, texts: layout("%[2]s:%[1]s"), prover: b64Of},
		&subject{provider: "airwallex", scheme: "default", signature: "x-signature", stamp: "x-timestamp", form: "$S", body: sampleJSON, unit: "ms", tolerance: 300, texts: layout("%[2]s%[1]s"), prover: hexOf},
		&subject{provider: "zendesk", scheme: "default", signature: "X-Zendesk-Webhook-Signature", stamp: "X-Zendesk-Webhook-Signature-Timestamp", form: "$S", body: sampleJSON, unit: "rfc3339", texts: layout("%[2]s%[1]s"), prover: b64Of},
		&subject{provider: "customer-io", scheme: "default", signature: "X-CIO-Signature", stamp: "X-CIO-Timestamp", form: "$S", body: sampleJSON, unit: "s", tolerance: 300, texts: layout("v0:%[2]s:%[1]s"), prover: hexOf},
		&subject{provider: "sinch", scheme: "conversation", signature: "x-sinch-webhook-signature", stamp: "x-sinch-webhook-signature-timestamp", extra: "x-sinch-webhook-signature-nonce", form: "$S", body: sampleJSON, unit: "s", tolerance: 300, texts: layout("%[1]s.%[3]s.%[2]s"), prover: b64Of},
		&subject{provider: "broxi-ai", scheme: "timestamped", signature: "X-Broxi-Signature", stamp: "X-Broxi-Timestamp", form: "$S", body: sampleJSON, unit: "s", tolerance: 300, texts: layout("%[2]s.%[1]s"), prover: hexOf},
		&subject{provider: "broxi-ai", scheme: "legacy", signature: "X-Broxi-Signature", stamp: "X-Broxi-Timestamp", form: "$S", body: sampleJSON, prover: hexOf, doubtful: true,
			texts: func(q *asked) []string {
				if _, there := q.Header["X-Broxi-Timestamp"]; there && !q.signing {
					return nil
				}
				return []string{string(q.Body)}
			}},
	)
}

// visible reports whether a signed id is one word of at most 255 characters
// of ASCII.
func visible(id string) bool {
	return id != "" && len(id) <= 255 && !slices.ContainsFunc([]byte(id), func(c byte) bool { return c <= ' ' || c >= 0x7f })
}
