package verify

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// multiparts hold a file, which no provider signs.
var multiparts = []string{"", "a=1;b=2", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\n2\r\n--b--\r\n"}

// FuzzURLAndBody: schemes that sign the public address.
func FuzzURLAndBody(f *testing.F) {
	b64SHA1 := macs(sha1.New, keyText, asBase64, inBase64)
	b64SHA256 := macs(sha256.New, keyText, asBase64, inBase64)
	square := func(q *asked) []string {
		return withURLs(q, func(u string) string { return u + string(q.Body) })
	}
	host := opts{"url": "https://hooks.example.com"}
	fuzzFamily(f,
		&subject{provider: "square", scheme: "sha256", signature: "x-square-hmacsha256-signature", form: "$S", body: sampleJSON, texts: square, prover: b64SHA256},
		&subject{provider: "square", scheme: "sha256", options: host, signature: "x-square-hmacsha256-signature", form: "$S", uri: "in?a=1", body: sampleJSON, texts: square, prover: b64SHA256},
		&subject{provider: "trello", scheme: "default", signature: "X-Trello-Webhook", form: "$S", body: sampleJSON, prover: b64SHA1,
			texts: func(q *asked) []string {
				return withURLs(q, func(u string) string { return string(q.Body) + u })
			}},
		&subject{provider: "hubspot", scheme: "v3", options: host, signature: "X-HubSpot-Signature-v3", stamp: "X-HubSpot-Request-Timestamp", form: "$S", uri: "in?a=1", body: sampleJSON, unit: "ms", tolerance: 300, prover: b64SHA256, unescape: hubspotEscapes,
			texts: func(q *asked) []string {
				return withURLs(q, func(u string) string { return q.Method + u + string(q.Body) + q.time })
			}},
		&subject{provider: "plivo", scheme: "v2", several: true, options: host, signature: "X-Plivo-Signature-V2", extra: "X-Plivo-Signature-V2-Nonce", form: "$S", uri: "in?a=1", body: "a=1", kind: kindForm, read: commas, prover: b64SHA256,
			texts: func(q *asked) []string {
				nonce := q.header(q.s.extra)
				if !visible(nonce) && !q.signing {
					return nil
				}
				return withURLs(q, func(u string) string { return strings.Split(u, "?")[0] + nonce })
			}},
		&subject{provider: "mandrill", scheme: "default", signature: "X-Mandrill-Signature", form: "$S", body: "mandrill_events=%5B%5D&a=2&a=1", bodies: multiparts, kind: kindForm, fixedBody: true, prover: b64SHA1,
			texts: func(q *asked) []string {
				fields, ok := sortedFields(q, false)
				if !ok {
					return nil
				}
				return withURLs(q, func(u string) string { return u + fields })
			}},
	)
}

// sortedFields is each name and value of an URL-encoded form, or of no body,
// sorted; once for each value if unique.
func sortedFields(q *asked, unique bool) (string, bool) {
	if len(q.Body) == 0 {
		return "", true
	}
	form := formOf(q)
	if !q.signing && (form == nil || q.Header.Get("Content-Type") != kinds[kindForm]) {
		return "", false
	}
	type field struct{ name, value string }
	var fields []field
	for name, values := range form {
		for _, value := range values {
			if f := (field{name, value}); !unique || !slices.Contains(fields, f) {
				fields = append(fields, f)
			}
		}
	}
	sort.Slice(fields, func(i, j int) bool {
		a, b := fields[i], fields[j]
		return a.name < b.name || a.name == b.name && a.value < b.value
	})
	text := ""
	for _, f := range fields {
		text += f.name + f.value
	}
	return text, true
}

// sinchText is five lines: the last is the path without the query.
func sinchText(q *asked) []string {
	kind := q.header("Content-Type")
	if kind == "" {
		return nil
	}
	hash := ""
	if len(q.Body) > 0 {
		sum := md5.Sum(q.Body)
		hash = base64.StdEncoding.EncodeToString(sum[:])
	}
	return []string{strings.Join([]string{q.Method, hash, kind, "x-timestamp:" + q.time, strings.Split(q.URI, "?")[0]}, "\n")}
}

// hubspotEscapes decodes what HubSpot's documentation lists.
func hubspotEscapes(address string) string {
	return regexp.MustCompile(`%(?i:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)`).ReplaceAllStringFunc(address, func(escape string) string {
		char, _ := url.PathUnescape(escape)
		return char
	})
}
