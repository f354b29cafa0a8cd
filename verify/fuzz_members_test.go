package verify

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// paddleClassic signs what PHP's serialize makes of the sorted fields.
func paddleClassic() *subject {
	text := func(q *asked) string {
		form := formOf(q)
		var names []string
		for name := range form {
			if name != "p_signature" {
				names = append(names, name)
			}
		}
		sort.Strings(names)
		var b strings.Builder
		fmt.Fprintf(&b, "a:%d:{", len(names))
		for _, name := range names {
			fmt.Fprintf(&b, `s:%d:"%s";s:%d:"%s";`, len(name), name, len(form[name][0]), form[name][0])
		}
		return b.String() + "}"
	}
	s := &subject{provider: "paddle-classic", scheme: "default", secret: keyPair("rsa"), kind: kindForm, body: "b=2&p_signature=$S&a=x+%C3%B6&alert_id=1", bodies: []string{"b=%C3%B6&p_signature=$S", "b=1&b=2&p_signature=$S", "p_signature=$S", "1=b&p_signature=$S"}, fixedBody: true, prover: publicProver(crypto.SHA1, asBase64, fromBase64)}
	s.fill = func(q *asked, body string) string {
		return strings.ReplaceAll(body, "$S", url.QueryEscape(s.proof.sign(text(q))))
	}
	s.judge = func(q *asked) [][]byte {
		form := formOf(q)
		for _, values := range form {
			if len(values) != 1 {
				return nil
			}
		}
		if len(form) < 2 || q.Header.Get("Content-Type") != kinds[kindForm] {
			return nil
		}
		return proofOf(s.proof.check(text(q), trimSpaces(form.Get("p_signature"))))
	}
	return s
}

func proofOf(proof []byte) [][]byte {
	if proof == nil {
		return nil
	}
	return [][]byte{proof}
}

// adyen signs each item of a batch.
func adyen() *subject {
	s := &subject{provider: "adyen", scheme: "standard-items", fixedBody: true, prover: macs(sha256.New, keyHex, asBase64, inBase64),
		body: `{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"$S0"},"amount":{"value":1130,"currency":"EUR"},"pspReference":"7914073381342284","eventCode":"AUTHORISATION","merchantAccountCode":"Test","merchantReference":"a:b","success":"true"}},` +
			`{"NotificationRequestItem":{"additionalData":{"hmacSignature":"$S1"},"amount":{"value":0,"currency":"USD"},"pspReference":"2","eventCode":"CAPTURE","merchantAccountCode":"Test","merchantReference":"c","success":"false"}}]}`}
	for _, mark := range []string{`"$S1"`, `"$S0"`} {
		s.bodies = append(s.bodies, strings.ReplaceAll(s.body, mark, `""`), strings.ReplaceAll(s.body, mark, `"$S2"`), strings.ReplaceAll(s.body, mark, "null"))
	}
	s.fill = func(q *asked, body string) string {
		for i, text := range adyenItems(q.Body) {
			body = strings.ReplaceAll(body, fmt.Sprint("$S", i), s.proof.sign(text))
		}
		return body
	}
	s.judge = func(q *asked) [][]byte {
		var all [][]byte
		texts := adyenItems(q.Body)
		for i, text := range texts {
			proof := s.proof.check(text, jsonAt(q.Body, "notificationItems", fmt.Sprint(i), "NotificationRequestItem", "additionalData", "hmacSignature"))
			if proof == nil {
				return nil
			}
			sum := sha256.Sum256([]byte(text))
			if slices.ContainsFunc(all, func(other []byte) bool { return bytes.Equal(other, sum[:]) }) {
				return nil
			}
			all = append(all, sum[:])
		}
		if len(texts) == 0 {
			return nil
		}
		slices.SortFunc(all, bytes.Compare)
		sum := sha256.Sum256(bytes.Join(all, nil))
		return [][]byte{sum[:]}
	}
	return s
}

func adyenItems(body []byte) (texts []string) {
	var batch struct {
		Items []any `json:"notificationItems"`
	}
	if json.Unmarshal(body, &batch) != nil {
		return nil
	}
	for i := range batch.Items {
		at := func(path ...string) string {
			return rawAt(body, append([]string{"notificationItems", fmt.Sprint(i), "NotificationRequestItem"}, path...)...)
		}
		texts = append(texts, strings.Join([]string{at("pspReference"), at("originalReference"), at("merchantAccountCode"), at("merchantReference"),
			at("amount", "value"), at("amount", "currency"), at("eventCode"), at("success")}, ":"))
	}
	return texts
}

var snsHost = regexp.MustCompile(`^https://sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?/SimpleNotificationService-[0-9A-Za-z]+\.pem$`)

// sns signs members, in an order of its own, with either hash.
func sns() *subject {
	text := func(q *asked) string {
		var b strings.Builder
		var m map[string]any
		_ = json.Unmarshal(q.Body, &m)
		for _, name := range []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} {
			if value, ok := m[name].(string); ok {
				b.WriteString(name + "\n" + value + "\n")
			}
		}
		return b.String()
	}
	hashOf := func(q *asked) crypto.Hash {
		return map[string]crypto.Hash{"1": crypto.SHA1, "2": crypto.SHA256}[jsonAt(q.Body, "SignatureVersion")]
	}
	s := &subject{provider: "aws-sns", scheme: "default", secret: keyPair("rsa"), options: opts{"topic": anyTopic}, fixedBody: true, unit: "rfc3339",
		body: `{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:us-east-1:1:t","Subject":"s","Message":"m\nn","Timestamp":"$T","SignatureVersion":"2","Signature":"$S","SigningCertURL":"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a.pem"}`}
	for _, change := range [][2]string{{"sns.us-east-1", "evil"}, {`"2"`, `"1"`}, {`"2"`, `"3"`}, {`"s"`, `"s\\nMessageId\\n2"`}, {`"Subject":"s",`, ""}, {`"m`, `"ö`}, {"a.pem", "a.txt"}, {"com/Simple", "com/x/Simple"}} {
		s.bodies = append(s.bodies, strings.Replace(s.body, change[0], change[1], 1))
	}
	s.prover = publicProver(crypto.SHA256, asBase64, fromBase64)
	with := func(q *asked) prover { return publicProver(hashOf(q), asBase64, fromBase64)(s.secret) }
	s.fill = func(q *asked, body string) string {
		if !strings.Contains(body, "$S") || hashOf(q) == 0 {
			return body
		}
		q.Body = []byte(strings.ReplaceAll(string(q.Body), "$T", writeTime(s.unit, t0)))
		return strings.ReplaceAll(body, "$S", with(q).sign(text(q)))
	}
	s.judge = func(q *asked) [][]byte {
		if hashOf(q) == 0 || !snsHost.MatchString(jsonAt(q.Body, "SigningCertURL")) || !inTolerance(s.unit, jsonAt(q.Body, "Timestamp"), q.now, 0) {
			return nil
		}
		return proofOf(with(q).check(text(q), jsonAt(q.Body, "Signature")))
	}
	return s
}

// rawAt is jsonAt that also writes truth values, and trims nothing.
func rawAt(body []byte, path ...string) string {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var root any
	if dec.Decode(&root) != nil {
		return ""
	}
	for _, name := range path[:len(path)-1] {
		switch at := root.(type) {
		case map[string]any:
			root = at[name]
		case []any:
			i := int(number(name))
			if i >= len(at) {
				return ""
			}
			root = at[i]
		}
	}
	object, _ := root.(map[string]any)
	switch value := object[path[len(path)-1]].(type) {
	case nil:
		return ""
	default:
		return fmt.Sprint(value)
	}
}
