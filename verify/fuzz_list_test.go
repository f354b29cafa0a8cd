package verify

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// FuzzKeyValueMAC: headers such as t=1,v1=00.
func FuzzKeyValueMAC(f *testing.F) {
	hexOf := macs(sha256.New, keyText, asHex, inHex)
	dotted := func(q *asked) []string { return []string{q.time + "." + string(q.Body)} }
	stripe := func(provider, ts, sig string, tolerance int64) *subject {
		return &subject{provider: provider, scheme: "default", form: ts + "=$T," + sig + "=$S", body: sampleJSON, forms: []string{ts + "=$T,v00=$S", ts + "=$T," + sig + "=$S," + ts + "=$T", ts + "=1," + sig + "=$S," + ts + "=$T", ts + "=," + ts + "=$T," + sig + "=$S", ts + "=$T,t=$S", sig + "=$S"}, unit: "s", tolerance: tolerance, read: keyValues(",", ts, sig), texts: dotted, prover: hexOf}
	}
	in := func(header string, s *subject) *subject {
		s.signature = header
		return s
	}
	several := func(s *subject) *subject {
		s.several = true
		return s
	}
	fuzzFamily(f,
		in("Stripe-Signature", stripe("stripe", "t", "v1", 300)),
		in("TikTok-Signature", several(stripe("tiktok", "t", "s", 300))),
		in("Calendly-Webhook-Signature", several(stripe("calendly", "t", "v1", 180))),
		in("Webhook-Signature", stripe("cloudflare-stream", "time", "sig1", 300)),
		&subject{provider: "buildkite", scheme: "signature", several: true, signature: "X-Buildkite-Signature", form: "timestamp=$T,signature=$S", body: sampleJSON, unit: "s", tolerance: 300, read: keyValues(",", "timestamp", "signature"), texts: dotted, prover: hexOf},
		&subject{provider: "affirm", scheme: "default", several: true, secret: "affirm-secret", signature: "X-Affirm-Signature", form: "t=$T,v0=$S", body: sampleJSON, unit: "s", tolerance: 300, read: keyValues(",", "t", "v0"), texts: dotted, prover: macs(sha512.New, keyText, asHex, inHex)},
		&subject{provider: "paddle", scheme: "default", signature: "Paddle-Signature", form: "ts=$T;h1=$S", body: sampleJSON, unit: "s", tolerance: 5, read: keyValues(";", "ts", "h1"), prover: hexOf,
			texts: func(q *asked) []string { return []string{q.time + ":" + string(q.Body)} }},
		&subject{provider: "persona", scheme: "default", several: true, signature: "Persona-Signature", form: "t=$T,v1=$S t=1,v1=00", body: sampleJSON, unit: "s", tolerance: 300, read: sets, texts: dotted, prover: hexOf},
		&subject{provider: "recurly", scheme: "default", signature: "recurly-signature", form: "$T,$S", body: sampleJSON, unit: "ms", tolerance: 300, read: positions, texts: dotted, prover: hexOf},
		&subject{provider: "workos", scheme: "default", signature: "WorkOS-Signature", form: "t=$T, v1=$S", body: sampleJSON, unit: "ms", tolerance: 180, read: keyValues(",", "t", "v1"), texts: dotted, prover: hexOf},
		&subject{provider: "sanity", scheme: "default", several: true, signature: "sanity-webhook-signature", form: "t=$T,v1=$S", body: sampleJSON, unit: "ms", read: keyValues(",", "t", "v1"), texts: dotted, prover: macs(sha256.New, keyText, asBase64URL, inBase64URL)},
		&subject{provider: "convoy", scheme: "advanced", several: true, signature: "X-Convoy-Signature", form: "t=$T,v1=$S", body: sampleJSON, unit: "s", tolerance: 300, read: keyValues(",", "t", "v1"), prover: hexOf,
			texts: func(q *asked) []string { return []string{q.time + "," + string(q.Body)} }},
		&subject{provider: "bridge-api", scheme: "default", several: true, signature: "BridgeApi-Signature", form: "v1=$S", body: sampleJSON, read: keyValues(",", "", "v1"), prover: hexOf},
		&subject{provider: "ripple", scheme: "default", several: true, signature: "X-Webhook-Signature", stamp: "X-Webhook-Timestamp", form: "t=$T,v1=$S", forms: []string{"t=1,v1=$S", "v1=$S"}, body: sampleJSON, unit: "ms", tolerance: 300, read: keyValues(",", "t", "v1"), texts: rippleText, prover: macs(sha256.New, keyBase64, asHex, inHex)},
		&subject{provider: "hook0", scheme: "v0", several: true, signature: "X-Hook0-Signature", form: "t=$T,v0=$S", body: sampleJSON, unit: "s", tolerance: 300, read: keyValues(",", "t", "v0"), texts: dotted, prover: hexOf},
		&subject{provider: "hook0", scheme: "v1", several: true, signature: "X-Hook0-Signature", extra: "X-Event-Id", form: "t=$T,h=x-event-id,v1=$S", body: sampleJSON, unit: "s", tolerance: 300, read: keyValues(",", "t", "v1"), texts: hook0Text, prover: hexOf},
		&subject{provider: "coinbase-cdp", scheme: "v1", several: true, signature: "X-Hook0-Signature", extra: "X-Hook0-Id", form: "t=$T,h=content-type x-hook0-id,v1=$S", body: sampleJSON, unit: "s", tolerance: 300, read: keyValues(",", "t", "v1"), texts: hook0Text, prover: hexOf},
	)
}

// sets reads several lists, each with its own time.
func sets(value string) (all []reading) {
	lists := strings.Split(value, " ")
	if len(lists) > 8 {
		return nil
	}
	for _, list := range lists {
		all = append(all, keyValues(",", "t", "v1")(list)...)
	}
	return all
}

// positions reads a time and the signatures behind it.
func positions(value string) []reading {
	ts, rest, ok := strings.Cut(value, ",")
	if !ok {
		return nil
	}
	all := commas(rest)
	for i := range all {
		all[i].ts = strings.Trim(ts, " \t")
	}
	return all
}

// rippleText: the header's time is also in the signature's header.
func rippleText(q *asked) []string {
	if q.ts != q.time && !q.signing {
		return nil
	}
	sum := sha256.Sum256(q.Body)
	return []string{q.time + "." + hex.EncodeToString(sum[:])}
}

// hook0Text has the names of headers and their values.
func hook0Text(q *asked) []string {
	var values []string
	for _, name := range strings.Fields(q.headers) {
		lines := q.Header[http.CanonicalHeaderKey(name)]
		if len(lines) != 1 && !q.signing {
			return nil
		}
		values = append(values, strings.Join(lines[:min(1, len(lines))], ""))
	}
	return []string{fmt.Sprintf("%s.%s.%s.%s", q.time, q.headers, strings.Join(values, "."), q.Body)}
}

// FuzzVersionedList: headers such as "v1,00 v1,11".
func FuzzVersionedList(f *testing.F) {
	text := func(q *asked) []string {
		id := q.header(q.s.extra)
		if (!visible(id) || strings.Contains(id, ".")) && !q.signing {
			return nil
		}
		return []string{id + "." + q.time + "." + string(q.Body)}
	}
	standard := func(provider, version string, prover func(string) prover) *subject {
		return &subject{provider: provider, scheme: version, signature: "Webhook-Signature", stamp: "Webhook-Timestamp", extra: "Webhook-Id", form: version + ",$S", body: sampleJSON,
			forms: []string{"v2,$S", "v1a,$S", "v1,$S", ",$S", "$S", "V1,$S"}, unit: "s", tolerance: 300, read: versions(version), texts: text, prover: prover}
	}
	svix := standard("svix", "v1", macs(sha256.New, keyBase64, asBase64, inBase64))
	svix.signature, svix.stamp, svix.extra = "Svix-Signature", "Svix-Timestamp", "Svix-Id"
	ed := standard("standard-webhooks", "v1a", edProver(asBase64, fromBase64))
	ed.secret = edPair(base64Public)
	fuzzFamily(f,
		standard("standard-webhooks", "v1", macs(sha256.New, keyBase64, asBase64, inBase64)),
		standard("supabase-auth-hooks", "v1", macs(sha256.New, keyBase64, asBase64, inBase64)),
		standard("polar", "v1", macs(sha256.New, keyText, asBase64, inBase64)),
		svix, ed,
	)
}

// FuzzKeyPairs: signatures with the id of their key.
func FuzzKeyPairs(f *testing.F) {
	keyOf := func(secret string) []byte {
		sum := sha1.Sum([]byte(secret))
		return sum[:]
	}
	fuzzFamily(f,
		&subject{provider: "braintree", scheme: "default", several: true, form: "", kind: kindForm, fixedBody: true, doubtful: true,
			body:   "bt_signature=other%7C00%26integration_public_key%7C$S&bt_payload=PG5vdGlmaWNhdGlvbj4%3D%0A",
			read:   pairsOf("&", "|", "integration_public_key"),
			places: func(q *asked) []string { return formOf(q)["bt_signature"] },
			texts: func(q *asked) []string {
				if payload := formOf(q)["bt_payload"]; len(payload) == 1 {
					return []string{trimSpaces(payload[0]), trimSpaces(payload[0]) + "\n"}
				}
				return nil
			},
			prover: macs(sha1.New, keyOf, asHex, inHex)},
		&subject{provider: "sinch", scheme: "application", several: true, signature: "Authorization", stamp: "x-timestamp", form: "Application 669E367E-6BBA-48AB-AF15-266871C28135:$S", uri: "in?a=1", body: sampleJSON, bodies: []string{""}, forms: []string{"Application other:$S", "Application :$S", "application 669E367E-6BBA-48AB-AF15-266871C28135:$S", "Bearer 669E367E-6BBA-48AB-AF15-266871C28135:$S", "669E367E-6BBA-48AB-AF15-266871C28135:$S"},
			unit: "rfc3339", tolerance: 300, read: sinchAuthorization, texts: sinchText, prover: macs(sha256.New, keyBase64, asBase64, inBase64)},
	)
}

// trimSpaces takes spaces off, but not the line break that is signed.
func trimSpaces(s string) string { return strings.Trim(s, " \t") }

func pairsOf(sep, between, id string) func(string) []reading {
	return func(value string) []reading {
		var r reading
		for _, item := range strings.Split(value, sep) {
			if sig, ok := strings.CutPrefix(item, id+between); ok {
				r.sigs = append(r.sigs, sig)
			}
		}
		return []reading{r}
	}
}

func sinchAuthorization(value string) []reading {
	m := regexp.MustCompile(`(?i)^application (.*)$`).FindStringSubmatch(value)
	if m == nil {
		return nil
	}
	return pairsOf(",", ":", "669E367E-6BBA-48AB-AF15-266871C28135")(strings.Trim(m[1], " \t"))
}
