package verify

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// FuzzCanonical: schemes whose text no template can express.
func FuzzCanonical(f *testing.F) {
	b64SHA1 := macs(sha1.New, keyText, asBase64, inBase64)
	bodyHash := func(q *asked, text string) string {
		sum := sha256.Sum256(q.Body)
		return strings.ReplaceAll(text, "$H", hex.EncodeToString(sum[:]))
	}
	const address = "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2"
	fuzzFamily(f,
		&subject{provider: "twilio", scheme: "form", secret: "12345", options: opts{"url": address}, signature: "X-Twilio-Signature", form: "$S", body: "a=2&a=1&a=2&b=c+d", bodies: multiparts, kind: kindForm, fixedBody: true, prover: b64SHA1,
			texts: func(q *asked) []string {
				fields, ok := sortedFields(q, true)
				if !ok {
					return nil
				}
				return []string{address + fields, strings.Replace(address, ".com/", ".com:443/", 1) + fields}
			}},
		&subject{provider: "twilio", scheme: "json-body", secret: "12345", options: opts{"url": "https://hooks.example.com"}, signature: "X-Twilio-Signature", form: "$S", uri: "in?a=1&bodySHA256=$H", body: sampleJSON, prover: b64SHA1, fill: bodyHash, texts: twilioJSON},
		&subject{provider: "twilio", scheme: "form", secret: "12345", options: opts{"url": "https://hooks.example.com/in?bodySHA256=00"}, signature: "X-Twilio-Signature", form: "$S", kind: kindForm, fixedBody: true, prover: b64SHA1, // nobody's form may be left out
			texts: func(q *asked) []string { return []string{q.s.options["url"]} }, judge: func(*asked) [][]byte { return nil }},
		&subject{provider: "plivo", scheme: "v3", several: true, options: opts{"url": "https://hooks.example.com"}, signature: "X-Plivo-Signature-V3", extra: "X-Plivo-Signature-V3-Nonce", form: "$S", uri: "in?b=1&a=2", body: "a=1&b=2&a=0", bodies: multiparts, kind: kindForm, fixedBody: true, read: commas, prover: macs(sha256.New, keyText, asBase64, inBase64), texts: plivoV3},
		&subject{provider: "plivo", scheme: "v3", several: true, options: opts{"url": "https://hooks.example.com/in"}, asCalled: true, signature: "X-Plivo-Signature-V3", extra: "X-Plivo-Signature-V3-Nonce", form: "$S", uri: "in?b=1&a=2", body: "a=1", kind: kindForm, fixedBody: true, read: commas, prover: macs(sha256.New, keyText, asBase64, inBase64), texts: plivoV3},
		&subject{provider: "contentful", scheme: "default", signature: "X-Contentful-Signature", stamp: "X-Contentful-Timestamp", extra: "X-Contentful-Signed-Headers", extraForm: "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic", fixed: map[string]string{"X-Contentful-Topic": "x;y"}, form: "$S", uri: "in?token=a b&x=1", body: sampleJSON, unit: "ms", tolerance: 30, prover: macs(sha256.New, keyText, asHex, inHex), texts: contentfulOracle},
		&subject{provider: "mercado-pago", scheme: "default", several: true, signature: "x-signature", extra: "X-Request-Id", form: "ts=$T,v1=$S", uri: "in?data.id=AbC&type=payment", body: sampleJSON, read: keyValues(",", "ts", "v1"), prover: macs(sha256.New, keyText, asHex, inHex), texts: mercadoPagoOracle},
		paddleClassic(), adyen(), sns(),
	)
}

func twilioJSON(q *asked) (texts []string) {
	for _, u := range addresses(q) {
		_, query, _ := strings.Cut(u, "?")
		sum := sha256.Sum256(q.Body)
		if strings.Contains(strings.ToLower(query), "bodysha256="+hex.EncodeToString(sum[:])) {
			texts = append(texts, u)
		}
	}
	return texts
}

// plivoV3 has the decoded query and form of a POST, the query alone of others.
func plivoV3(q *asked) (texts []string) {
	nonce := q.header(q.s.extra)
	if !q.signing && (nonce == "" || len(q.Body) > 0 && (formOf(q) == nil || q.Header.Get("Content-Type") != kinds[kindForm])) {
		return nil
	}
	form := url.Values{}
	if len(q.Body) > 0 {
		form = formOf(q)
	}
	for _, u := range addresses(q) {
		address, query, _ := strings.Cut(strings.Split(u, "#")[0], "?")
		values, ok := looseQuery(query)
		if !ok {
			continue
		}
		text := address
		if q.Method == http.MethodGet {
			for name, list := range form {
				values[name] = append(values[name], list...)
			}
		}
		sorted := assignments(values)
		switch fields, _ := sortedFields(q, false); {
		case q.Method == http.MethodGet || len(form) == 0:
			text += strings.Repeat("?", min(1, len(sorted))) + sorted
		case sorted != "":
			text += "?" + sorted + "." + fields
		default:
			text += "?" + fields
		}
		texts = append(texts, text+"."+nonce)
	}
	return texts
}

// looseQuery decodes a query in which ";" is a character.
func looseQuery(raw string) (url.Values, bool) {
	values := url.Values{}
	for _, field := range strings.Split(raw, "&") {
		name, value, _ := strings.Cut(field, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil, false
		}
		if field != "" {
			values.Add(n, v)
		}
	}
	return values, true
}

// assignments is a=1&a=2&b=3, sorted by name and value.
func assignments(values url.Values) string {
	var names, all []string
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		list := slices.Clone(values[name])
		sort.Strings(list)
		for _, value := range list {
			all = append(all, name+"="+value)
		}
	}
	return strings.Join(all, "&")
}

// contentfulOracle: method, URI, headers and body, on a line each.
func contentfulOracle(q *asked) []string {
	list := q.header("X-Contentful-Signed-Headers")
	names := append(strings.Split(list, ","), "x-contentful-signed-headers", "x-contentful-timestamp")
	sort.Strings(names)
	names = slices.Compact(names)
	var headers []string
	for _, name := range names {
		lines := q.Header[http.CanonicalHeaderKey(name)]
		if len(lines) > 1 {
			return nil
		}
		for _, line := range lines {
			headers = append(headers, name+":"+trimSpace(line))
		}
	}
	path, query, _ := strings.Cut(q.URI, "?")
	if query != "" {
		path += "?" + encode(query, `[^A-Za-z0-9\-_.!~*'()]`)
	}
	return []string{strings.Join([]string{q.Method, encode(path, `[^A-Za-z0-9;,/?:@&=+$\-_.!~*'()#]`), strings.Join(headers, ";"), string(q.Body)}, "\n")}
}

// encode percent-encodes the bytes that match.
func encode(s, pattern string) string {
	re := regexp.MustCompile(pattern)
	var b strings.Builder
	for _, c := range []byte(s) {
		if c < 0x80 && !re.MatchString(string(rune(c))) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// mercadoPagoOracle leaves out what is empty.
func mercadoPagoOracle(q *asked) []string {
	_, query, _ := strings.Cut(q.URI, "?")
	values, err := url.ParseQuery(query)
	if err != nil || len(values["data.id"]) > 1 || len(q.Header["X-Request-Id"]) > 1 || !regexp.MustCompile(`^[0-9]+$`).MatchString(q.ts) {
		return nil
	}
	text := ""
	if id := strings.TrimSpace(values.Get("data.id")); id != "" {
		text += "id:" + strings.ToLower(id) + ";"
	}
	if id := strings.TrimSpace(q.Header.Get("X-Request-Id")); id != "" {
		text += "request-id:" + id + ";"
	}
	if text += "ts:" + q.ts + ";"; strings.Count(text, ";") > 3 {
		return nil
	}
	return []string{text}
}
