package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
)

// FuzzJWT: tokens that are signed, and detached signatures.
func FuzzJWT(f *testing.F) {
	const secret = "a-secret-of-the-tests-with-some-length"
	host := opts{"url": "https://hooks.example.com"}
	hs := []string{"HS256"}
	jws := (&token{algorithms: []string{"RS512"}, detached: true}).subject("fireblocks", "Fireblocks-Webhook-Signature", keyPair("rsa"), nil)
	jws.scheme = "v2-jws"
	all := []*subject{
		(&token{algorithms: hs, strip: "Bearer ", optional: true, leeway: 60, bodyUnsigned: true, claims: `{"aud":"https://hooks.example.com/in","iat":$T,"exp":$L}`,
			holds: func(_ *asked, said map[string]any) bool { return audience(said, "https://hooks.example.com/in") }}).
			subject("monday", "Authorization", secret, opts{"aud": "https://hooks.example.com/in"}),
		(&token{algorithms: hs, claims: `{"iss":"netlify","sha256":"$H"}`,
			holds: func(q *asked, said map[string]any) bool {
				return said["iss"] == "netlify" && isBodyHash(q, said["sha256"])
			}}).subject("netlify", "X-Webhook-Signature", secret, nil),
		(&token{algorithms: []string{"HS256", "HS384", "HS512"}, leeway: 5, claims: `{"iss":"MessageBird","jti":"1","nbf":$T,"exp":$L,"payload_hash":"$H","url_hash":"$U"}`, holds: messageBird}).
			subject("messagebird", "messagebird-signature-jwt", secret, host),
		(&token{algorithms: hs, claims: `{"iss":"Upstash","sub":"$u","nbf":$T,"iat":$T,"exp":$L,"body":"$B"}`, holds: upstash}).
			subject("qstash", "Upstash-Signature", secret, host),
		(&token{algorithms: hs, strip: "Bearer ", claims: `{"iat":$T,"payload_hash":"$H"}`,
			holds: func(q *asked, said map[string]any) bool {
				return has(said, "iat") && isBodyHash(q, said["payload_hash"])
			}}).subject("vonage", "Authorization", secret, nil),
		(&token{algorithms: []string{"RS256"}, strip: "Bearer ", leeway: 60, bodyUnsigned: true, claims: `{"iss":"https://accounts.google.com","aud":"A","email":"e@example.com","email_verified":true,"iat":$T,"exp":$L}`, holds: google}).
			subject("google-pubsub", "Authorization", keyPair("rsa"), opts{"aud": "A", "email": "e@example.com"}),
		(&token{algorithms: []string{"ES256"}, maxAge: 300, claims: `{"iat":$T,"request_body_sha256":"$H"}`,
			holds: func(q *asked, said map[string]any) bool {
				return has(said, "iat") && isBodyHash(q, said["request_body_sha256"])
			}}).subject("plaid", "Plaid-Verification", keyPair("ecdsa"), nil),
		(&token{algorithms: hs, strip: "JWT ", query: "jwt", bodyUnsigned: true, claims: `{"iss":"x","iat":$T,"exp":$L,"qsh":"$Q"}`,
			holds: func(q *asked, said map[string]any) bool {
				return has(said, "iss", "iat", "exp") && said["qsh"] == queryHash(q)
			}}).subject("atlassian-connect", "Authorization", secret, opts{"base_url": "https://hooks.example.com"}),
		jws,
	}
	for i, s := range all {
		spoilt := []string{"$N", "$A.$P.", "$A.$P.$Z.", "$A..$Z", "$A.$P. $Z", "$a.$P.$Z", "$A.$p.$Z", "$A.$P.$z", " $J", "bearer $J",
			`{"protected":"$A","payload":"$P","signature":"$Z"}`,
			`{"payload":"$P","signatures":[{"protected":"$A","signature":"$Z"}]}`,
			`{"protected":"$A","header":{"x":"."},"payload":"$P","signature":"$Z"}`}
		add := func(form, jose, claims string, offset int64) {
			f.Add(uint8(i), uint8(0), form, jose, claims, s.uri, []byte(s.body), offset)
		}
		for _, form := range spoilt {
			add(strings.TrimSuffix(s.form, "$J")+form, "", s.extraForm, 0)
		}
		for _, claims := range spoiltClaims(s.extraForm) {
			add(s.form, "", claims, 0)
		}
		for _, offset := range []int64{-66, -61, -60, -6, -5, 5, 300, 301, 360, 361} {
			add(s.form, "", s.extraForm, offset)
		}
		for _, alg := range []string{"HS256", "HS384", "HS512", "RS256", "RS512", "ES256"} {
			add(s.form, `{"alg":"`+alg+`"}`, s.extraForm, 0)
		}
	}
	fuzzFamily(f, all...)
}

// spoiltClaims are claims of which one is missing or another one.
func spoiltClaims(claims string) (all []string) {
	member := regexp.MustCompile(`"[a-z_0-9]+":("[^"]*"|[^",}]*)`)
	for _, at := range member.FindAllStringIndex(claims, -1) {
		name, _, _ := strings.Cut(claims[at[0]:at[1]], ":")
		for _, value := range []string{`"x"`, `null`, `true`, `false`, `0`, `1e9`, `-1`, `["x"]`, `1767225600.5`} {
			all = append(all, claims[:at[0]]+name+":"+value+claims[at[1]:])
		}
		all = append(all, claims[:at[0]]+`"x":1`+claims[at[1]:])
	}
	return all
}

func has(said map[string]any, names ...string) bool {
	for _, name := range names {
		if _, there := said[name]; !there {
			return false
		}
	}
	return true
}

func audience(said map[string]any, want string) bool {
	if all, ok := said["aud"].([]any); ok {
		for _, a := range all {
			if a == want {
				return true
			}
		}
	}
	return said["aud"] == want
}

func isBodyHash(q *asked, claim any) bool {
	sum := sha256.Sum256(q.Body)
	text, ok := claim.(string)
	return ok && strings.EqualFold(text, hex.EncodeToString(sum[:])) && isASCII(text)
}

func messageBird(q *asked, said map[string]any) bool {
	empty := len(q.Body) == 0 && said["payload_hash"] == nil
	if !has(said, "jti", "nbf", "exp") || said["iss"] != "MessageBird" || !empty && !isBodyHash(q, said["payload_hash"]) {
		return false
	}
	for _, u := range addresses(q) {
		sum := sha256.Sum256([]byte(u))
		if said["url_hash"] == hex.EncodeToString(sum[:]) {
			return true
		}
	}
	return false
}

func upstash(q *asked, said map[string]any) bool {
	sum := sha256.Sum256(q.Body)
	body, _ := said["body"].(string)
	hashed := strings.TrimRight(body, "=") == base64.RawURLEncoding.EncodeToString(sum[:])
	for _, u := range addresses(q) {
		if said["sub"] == u {
			return hashed && said["iss"] == "Upstash" && has(said, "exp", "nbf")
		}
	}
	return false
}

func google(_ *asked, said map[string]any) bool {
	issuer := said["iss"] == "https://accounts.google.com" || said["iss"] == "accounts.google.com"
	return issuer && audience(said, "A") && said["email"] == "e@example.com" && said["email_verified"] == true && has(said, "iat", "exp")
}
