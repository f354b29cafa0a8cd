package verify

import (
	"crypto/sha256"
	"testing"
)

// FuzzInBody: schemes whose signature, time or signed text is in the body.
func FuzzInBody(f *testing.F) {
	hexOf := macs(sha256.New, keyText, asHex, inHex)
	fuzzFamily(f,
		&subject{provider: "mailgun", scheme: "json", fixedBody: true, unit: "s10", prover: hexOf,
			body:   `{"signature":{"timestamp":"$T","token":"tok","signature":"$S"},"event-data":{"id":"1","event":"x"}}`,
			bodies: []string{`{"signature":{"timestamp":"$T","token":"tok","signature":"$S"},"signature":{"timestamp":"$T","token":"tok","signature":"$S"}}`, `{"signature":{"timestamp":$T,"token":"tok","signature":"$S","token":"tok"}}`, `{"signature":{"timestamp":$T,"token":"tok","signature":"$S"}} x`},
			places: func(q *asked) []string {
				return []string{jsonAt(q.Body, "signature", "signature")}
			},
			texts: func(q *asked) []string {
				q.time = jsonAt(q.Body, "signature", "timestamp")
				return joined(q.time, jsonAt(q.Body, "signature", "token"))
			}},
		&subject{provider: "mailgun", scheme: "form", kind: kindForm, fixedBody: true, unit: "s10", prover: hexOf,
			body:   "timestamp=$T&token=tok&signature=$S&event=x",
			bodies: []string{"timestamp=$T&token=tok&signature=$S&signature=$S", "timestamp=$T&timestamp=1&token=tok&signature=$S", "timestamp=$T&token=tok&token=a&signature=$S"},
			places: func(q *asked) []string { return []string{fieldOf(q, "signature")} },
			texts: func(q *asked) []string {
				q.time = fieldOf(q, "timestamp")
				return joined(q.time, fieldOf(q, "token"))
			}},
		dropboxSign(),
		&subject{provider: "linear", scheme: "default", signature: "Linear-Signature", form: "$S", body: `{"webhookTimestamp":$T,"action":"x"}`, fixedBody: true, unit: "ms", tolerance: 60, prover: hexOf,
			texts: func(q *asked) []string {
				q.time = jsonAt(q.Body, "webhookTimestamp")
				return []string{string(q.Body)}
			}},
		&subject{provider: "forgejo", scheme: "form", signature: "X-Forgejo-Signature", form: "$S", body: "payload=%7B%22id%22%3A1%7D&x=1", kind: kindForm, fixedBody: true, prover: hexOf, texts: payloadText},
		&subject{provider: "gitea", scheme: "form", signature: "X-Gitea-Signature", form: "$S", body: "payload=%7B%22id%22%3A1%7D&x=1", kind: kindForm, fixedBody: true, prover: hexOf, texts: payloadText},
	)
}

// dropboxSign signs time and type, which two events may share, so the whole
// body stands for an event.
func dropboxSign() *subject {
	hexOf := macs(sha256.New, keyText, asHex, inHex)
	event := func(q *asked, name string) string { return jsonAt([]byte(fieldOf(q, "json")), "event", name) }
	return &subject{provider: "dropbox-sign", scheme: "default", kind: kindMultipart, fixedBody: true, unit: "s10",
		body:   "--b\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{\"event\":{\"event_time\":\"$T\",\"event_type\":\"x\",\"event_hash\":\"$S\"}}\r\n--b--\r\n",
		places: func(q *asked) []string { return []string{event(q, "event_hash")} },
		texts: func(q *asked) []string {
			q.time = event(q, "event_time")
			return joined(q.time, event(q, "event_type"))
		},
		prover:  hexOf,
		repeats: true,
	}
}

// joined is the one text of parts that must all be there.
func joined(parts ...string) []string {
	text := ""
	for _, p := range parts {
		if p == "" {
			return nil
		}
		text += p
	}
	return []string{text}
}

func payloadText(q *asked) []string { return joined(fieldOf(q, "payload")) }

// fieldOf is the one value of a form field, "" when there are none or several.
func fieldOf(q *asked, name string) string {
	if values := formOf(q)[name]; len(values) == 1 {
		return trimSpaces(values[0])
	}
	return ""
}
