package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// eventType is the type of every event that these senders send.
const eventType = "order.paid"

func standardKey(text string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(text+strings.Repeat("-", 32-len(text))))
}

func acmeKey(text string) string { return "acme_" + hex.EncodeToString([]byte(text)) }

// schemes are all providers with all their schemes.
var schemes = []scheme{
	{name: "broxi", provider: "broxi-ai", secrets: []string{"broxi-secret-new", "broxi-secret-old"}, wrong: "broxi-secret-bad",
		header: "X-Broxi-Signature", sign: broxiSign, clock: unix, timed: "X-Broxi-Timestamp", id: true, typ: true,
		own: []trial{{name: "the legacy form, which nobody asked for", sign: legacySign, status: 401, reason: "ts_missing"}}},
	{name: "broxi-legacy", provider: "broxi-ai", verify: "scheme timestamped legacy", secrets: []string{"legacy-secret-new", "legacy-secret-old"}, wrong: "legacy-secret-bad",
		header: "X-Broxi-Signature", sign: broxiSign, clock: unix, timed: "X-Broxi-Timestamp", id: true, typ: true,
		own: []trial{
			{name: "the legacy form", sign: legacySign, status: 200, reason: "delivered"},
			{name: "the legacy form, tampered with", sign: legacySign, tamper: true, status: 401, reason: "sig_bad"},
			{name: "the legacy form with a timestamp added", sign: legacySign, spoil: func(h http.Header) { h.Set("X-Broxi-Timestamp", unix(time.Now())) }, status: 401, reason: "sig_bad"},
			{name: "stripped of its timestamp", spoil: remove("X-Broxi-Timestamp"), status: 401, reason: "sig_bad"},
		}},
	{name: "bce-hmac", provider: "bce-lambda", secrets: []string{"bce-secret-new", "bce-secret-old"}, wrong: "bce-secret-bad",
		header: "X-Signature", sign: bodyOnly("X-Signature", ""),
		own: []trial{{name: "with the prefix that it may have", sign: bodyOnly("X-Signature", "sha256="), status: 200, reason: "delivered"}}},
	{name: "bce-key", provider: "bce-lambda", verify: "scheme api-key", secrets: []string{"bce-api-key-new", "bce-api-key-old"}, wrong: "bce-api-key-bad",
		header: "X-API-Key", sign: token("X-API-Key", ""), open: true, twice: "delivered"},
	{name: "bce-bearer", provider: "bce-lambda", verify: "scheme bearer", secrets: []string{"bce-bearer-new", "bce-bearer-old"}, wrong: "bce-bearer-bad",
		header: "Authorization", sign: token("Authorization", "Bearer "), open: true, twice: "delivered"},
	{name: "bridge", provider: "bridge-api", secrets: []string{"bridge-secret-new", "bridge-secret-old"}, wrong: "bridge-secret-bad",
		header: "BridgeApi-Signature", sign: bridgeSign, typ: true,
		own: []trial{{name: "nine signatures", spoil: again("BridgeApi-Signature", ","), status: 401, reason: "sig_too_many"}}},
	{name: "standard", provider: "standard-webhooks", secrets: []string{standardKey("standard-new"), standardKey("standard-old")}, wrong: standardKey("standard-bad"),
		header: "webhook-signature", sign: standardSign(), clock: unix, timed: "webhook-timestamp", id: true, typ: true, own: []trial{
			{name: "nine signatures", spoil: again("webhook-signature", " "), status: 401, reason: "sig_too_many"},
			{name: "no id, which is signed", spoil: remove("webhook-id"), status: 400, reason: "malformed"},
			{name: "another id", spoil: set("webhook-id", "another"), status: 401, reason: "sig_bad"},
		}},
	{name: "standard-ed25519", provider: "standard-webhooks", verify: "scheme v1a", secrets: []string{public(seeds[0]), public(seeds[1])}, keys: seeds[:2], wrong: seeds[2],
		header: "webhook-signature", sign: ed25519Sign, clock: unix, timed: "webhook-timestamp", id: true, typ: true,
		own: []trial{{name: "as v1, with the public key for a secret", sign: standardSign(), key: public(seeds[0]), status: 401, reason: "sig_bad"}}},
	{name: "stripe", provider: "stripe", secrets: []string{"whsec_stripe-new", "whsec_stripe-old"}, wrong: "whsec_stripe-bad",
		header: "Stripe-Signature", sign: stripeSign, clock: unix, id: true, typ: true, own: []trial{
			{name: "nine signatures", spoil: again("Stripe-Signature", ","), status: 401, reason: "sig_ambiguous"}, // and nine timestamps
			{name: "another timestamp in front", spoil: prepend("Stripe-Signature", "t=1,"), status: 401, reason: "sig_ambiguous"},
		}},
	{name: "github", provider: "github", secrets: []string{"github-secret-new", "github-secret-old"}, wrong: "github-secret-bad",
		header: "X-Hub-Signature-256", sign: bodyOnly("X-Hub-Signature-256", "sha256=", "X-GitHub-Delivery", "", "X-GitHub-Event", eventType), id: true, typ: true,
		own: []trial{{name: "SHA-1, which nobody asked for", sign: sha1Sign, status: 401, reason: "sig_missing"}}},
	{name: "github-sha1", provider: "github", verify: "scheme sha1", secrets: []string{"github-sha1-new", "github-sha1-old"}, wrong: "github-sha1-bad",
		header: "X-Hub-Signature", sign: sha1Sign, id: true, typ: true},
	{name: "slack", provider: "slack", secrets: []string{"slack-secret-new", "slack-secret-old"}, wrong: "slack-secret-bad",
		header: "X-Slack-Signature", sign: slackSign, clock: unix, timed: "X-Slack-Request-Timestamp", id: true, typ: true},
	{name: "shopify", provider: "shopify", secrets: []string{"shopify-secret-new", "shopify-secret-old"}, wrong: "shopify-secret-bad",
		header: "X-Shopify-Hmac-Sha256", sign: shopifySign, id: true, typ: true},
	{name: "gitlab", provider: "gitlab", secrets: []string{standardKey("gitlab-new"), standardKey("gitlab-old")}, wrong: standardKey("gitlab-bad"),
		header: "webhook-signature", sign: standardSign("X-Gitlab-Event", eventType), clock: unix, timed: "webhook-timestamp", id: true, typ: true},
	{name: "gitlab-token", provider: "gitlab", verify: "scheme token", secrets: []string{"gitlab-token-new", "gitlab-token-old"}, wrong: "gitlab-token-bad",
		header: "X-Gitlab-Token", sign: token("X-Gitlab-Token", "", "X-Gitlab-Event", eventType), open: true, typ: true, twice: "delivered"},
	{name: "acme", provider: "hmac", secrets: []string{acmeKey("acme-secret-new"), acmeKey("acme-secret-old")}, wrong: acmeKey("acme-secret-bad"),
		verify: `header X-Acme-Sig
			algorithm sha512
			encoding base64url
			prefix sig=v9:
			signatures raw
			key hex
			key_prefix acme_
			content v9|{method}|{uri}|{h:X-Acme-Id}|{ts}|{body}
			timestamp header X-Acme-Time
			unit ms
			tolerance 300s
			id header X-Acme-Id
			event header X-Acme-Type
			scheme hmac`,
		header: "X-Acme-Sig", sign: acmeSign, clock: ms, timed: "X-Acme-Time", id: true, typ: true, own: []trial{
			{name: "the address, which is signed, was changed", uri: "?x=2", status: 401, reason: "sig_bad"},
			{name: "without its prefix", spoil: cut("X-Acme-Sig", "sig=v9:"), status: 401, reason: "sig_bad"},
		}},
	{name: "list", provider: "hmac", secrets: []string{b64([]byte("list-secret-new")), b64([]byte("list-secret-old"))}, wrong: b64([]byte("list-secret-bad")),
		verify: `header X-List
			algorithm sha384
			encoding base64
			signatures list v2
			key base64
			content "{ts}
{body}"
			timestamp header X-List-Date
			unit http-date`,
		header: "X-List", sign: listSign, clock: date, timed: "X-List-Date"},
	{name: "pairs", provider: "hmac", secrets: []string{"pairs-secret-new", "pairs-secret-old"}, wrong: "pairs-secret-bad",
		verify: `header X-Pairs
			algorithm sha1
			signatures kv s at ;
			content {body}{ts}
			unit rfc3339
			id json data.0.id
			event json type`,
		header: "X-Pairs", sign: pairSign, clock: iso, id: true, typ: true},
	{name: "token", provider: "token", verify: "header X-Secret-Token\nid json id", secrets: []string{"any-token-new", "any-token-old"}, wrong: "any-token-bad",
		header: "X-Secret-Token", sign: token("X-Secret-Token", ""), open: true, id: true},
	{name: "bearer", provider: "bearer", secrets: []string{"any-bearer-new", "any-bearer-old"}, wrong: "any-bearer-bad",
		header: "Authorization", sign: token("Authorization", "bearer "), open: true, twice: "delivered"},
	{name: "basic", provider: "basic", secrets: []string{"user:password-new", "user:password-old"}, wrong: "user:password-bad",
		header: "Authorization", sign: basicSign, open: true, twice: "delivered"},
	{name: "none", provider: "none", sign: func(string, string, delivery) []string { return nil }, open: true, twice: "delivered"},
}

// What trials do to the headers of a signed request.
type spoiler func(http.Header)

func set(name, value string) spoiler { return func(h http.Header) { h.Set(name, value) } }
func remove(name string) spoiler     { return func(h http.Header) { h.Del(name) } }
func cut(name, prefix string) spoiler {
	return edit(name, func(s string) string { return strings.TrimPrefix(s, prefix) })
}
func prepend(name, s string) spoiler { return edit(name, func(old string) string { return s + old }) }
func again(name, sep string) spoiler {
	return edit(name, func(s string) string { return strings.TrimSuffix(strings.Repeat(s+sep, 9), sep) })
}

func edit(name string, change func(string) string) spoiler {
	return func(h http.Header) { h.Set(name, change(h.Get(name))) }
}
