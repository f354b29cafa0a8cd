package e2e

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A scheme is one way in which some provider's requests are proven, as the
// provider would do it: nothing here uses the gateway's own code.
type scheme struct {
	name     string   // of the endpoint
	provider string   // as the application sees it
	verify   string   // between `verify <provider> <secrets>` and its end
	secrets  []string // configured, newest first
	keys     []string // what the sender signs with; nil: the secrets
	wrong    string   // a key that is not configured
	header   string   // carries the signature
	sign     func(key, ts string, d delivery) []string
	clock    func(time.Time) string // nil: there is no timestamp
	timed    string                 // the header with the timestamp, if it has one of its own
	open     bool                   // the body is not signed
	id, typ  bool                   // there is a delivery id, an event type
	twice    string                 // what becomes of a replay; "": duplicate
	own      []trial
}

// A delivery is what a sender signs.
type delivery struct{ id, uri, body string }

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
func ms(t time.Time) string   { return strconv.FormatInt(t.UnixMilli(), 10) }
func date(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
func iso(t time.Time) string  { return t.UTC().Format(time.RFC3339) }

func sum(h func() hash.Hash, key []byte, text string) []byte {
	m := hmac.New(h, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// raw is what a base64 secret stands for.
func raw(secret string) []byte {
	b, err := base64.StdEncoding.DecodeString(secret[strings.IndexByte(secret, '_')+1:])
	if err != nil {
		panic(err)
	}
	return b
}

// seeds are private Ed25519 keys: two configured, one not.
var seeds = [3]string{"first-ed25519-key-00000000000000", "second-ed25519-key-0000000000000", "third-ed25519-key-00000000000000"}

func private(seed string) ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(seed)) }

func public(seed string) string { return "whpk_" + b64(private(seed).Public().(ed25519.PublicKey)) }

// bodyOnly signs the body with SHA-256 in hex.
func bodyOnly(header, prefix string, more ...string) func(string, string, delivery) []string {
	return func(key, _ string, d delivery) []string {
		return append([]string{header, prefix + mac(key, d.body)}, fill(more, d)...)
	}
}

// fill puts the delivery's id where a header's value is "".
func fill(headers []string, d delivery) []string {
	filled := make([]string, len(headers))
	for i, s := range headers {
		if filled[i] = s; s == "" {
			filled[i] = d.id
		}
	}
	return filled
}

// stamped adds a header, unless there is nothing to put into it.
func stamped(header, ts string, headers ...string) []string {
	if ts != "" {
		headers = append(headers, header, ts)
	}
	return headers
}

// pairs is a header's value like t=<ts>,v1=<sig>.
func pairs(ts, sig string) string {
	if ts == "" {
		return "v1=" + sig
	}
	return "t=" + ts + ",v1=" + sig
}

func broxiSign(key, ts string, d delivery) []string {
	return stamped("X-Broxi-Timestamp", ts, "X-Broxi-Signature", mac(key, ts+"."+d.body))
}

func legacySign(key, _ string, d delivery) []string {
	return []string{"X-Broxi-Signature", mac(key, d.body)}
}

func standardSign(more ...string) func(string, string, delivery) []string {
	return func(key, ts string, d delivery) []string {
		sig := b64(sum(sha256.New, raw(key), d.id+"."+ts+"."+d.body))
		return append(stamped("webhook-timestamp", ts, "webhook-id", d.id, "webhook-signature", "v1,"+sig), more...)
	}
}

func ed25519Sign(key, ts string, d delivery) []string {
	sig := b64(ed25519.Sign(private(key), []byte(d.id+"."+ts+"."+d.body)))
	return stamped("webhook-timestamp", ts, "webhook-id", d.id, "webhook-signature", "v1a,"+sig)
}

func stripeSign(key, ts string, d delivery) []string {
	return []string{"Stripe-Signature", pairs(ts, mac(key, ts+"."+d.body))}
}

func slackSign(key, ts string, d delivery) []string {
	return stamped("X-Slack-Request-Timestamp", ts, "X-Slack-Signature", "v0="+mac(key, "v0:"+ts+":"+d.body))
}

func shopifySign(key, _ string, d delivery) []string {
	return []string{"X-Shopify-Hmac-Sha256", b64(sum(sha256.New, []byte(key), d.body)), "X-Shopify-Webhook-Id", d.id, "X-Shopify-Topic", eventType}
}

func sha1Sign(key, _ string, d delivery) []string {
	return []string{"X-Hub-Signature", "sha1=" + hex.EncodeToString(sum(sha1.New, []byte(key), d.body)), "X-GitHub-Delivery", d.id, "X-GitHub-Event", eventType}
}

func bridgeSign(key, _ string, d delivery) []string {
	return []string{"BridgeApi-Signature", "v1=" + strings.ToUpper(mac(key, d.body))}
}

// token puts the secret itself into a header.
func token(header, before string, more ...string) func(string, string, delivery) []string {
	return func(key, _ string, d delivery) []string {
		return append([]string{header, before + key}, fill(more, d)...)
	}
}

func basicSign(key, _ string, _ delivery) []string {
	return []string{"Authorization", "Basic " + b64([]byte(key))}
}

// acmeSign signs as the endpoint acme is told to, with every option set.
func acmeSign(key, ts string, d delivery) []string {
	secret, err := hex.DecodeString(strings.TrimPrefix(key, "acme_"))
	if err != nil {
		panic(err)
	}
	text := strings.Join([]string{"v9", http.MethodPost, d.uri, d.id, ts, d.body}, "|")
	sig := base64.RawURLEncoding.EncodeToString(sum(sha512.New, secret, text))
	return stamped("X-Acme-Time", ts, "X-Acme-Sig", "sig=v9:"+sig, "X-Acme-Id", d.id, "X-Acme-Type", eventType)
}

// listSign has its signatures in a list, its key in base64, and SHA-384.
func listSign(key, ts string, d delivery) []string {
	return stamped("X-List-Date", ts, "X-List", "v2,"+b64(sum(sha512.New384, raw("_"+key), ts+"\n"+d.body)))
}

// pairSign has its signature and its timestamp in one header, and SHA-1.
func pairSign(key, ts string, d delivery) []string {
	sig := hex.EncodeToString(sum(sha1.New, []byte(key), d.body+ts))
	if ts == "" {
		return []string{"X-Pairs", "s=" + sig}
	}
	return []string{"X-Pairs", fmt.Sprintf("at=%s; s=%s", ts, sig)}
}
