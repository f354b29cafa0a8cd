package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// A token is what the oracle knows of one provider's JWT.
type token struct {
	algorithms []string
	strip      string // before the token, in any case
	optional   bool   // strip may be absent
	query      string // the parameter that may hold it instead
	// claims is what the provider says; holds what must be true of it, besides
	// exp, nbf and iat, which leeway and maxAge are for, in seconds.
	claims         string
	holds          func(q *asked, said map[string]any) bool
	leeway, maxAge int64
	bodyUnsigned   bool
	detached       bool // the payload is the body
}

// subject makes a subject of it. The fuzzer's stamp is the JOSE header, its
// extra the claims; $J is the token that they make.
func (w *token) subject(provider, header, secret string, o opts) *subject {
	s := &subject{provider: provider, scheme: "default", secret: secret, options: o, signature: header, form: w.strip + "$J", extraForm: w.claims, body: sampleJSON, uri: "in?a=1&b=2"}
	s.fill = w.fill
	s.judge = w.judge
	return s
}

var jwtHashes = map[string]func() hash.Hash{"256": sha256.New, "384": sha512.New384, "512": sha512.New}

// fill replaces $J by a token of the right header and claims, $N by one that
// is not signed, $A, $P and $Z by the token's parts.
func (w *token) fill(q *asked, text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	private, public, _ := strings.Cut(q.s.secret, "\n\n")
	sum := sha256.Sum256(q.Body)
	address := q.s.options["url"] + q.URI
	of := sha256.Sum256([]byte(address))
	claims := strings.NewReplacer("$T", writeTime("s", t0), "$L", writeTime("s", t0.Add(300e9)), "$H", hex.EncodeToString(sum[:]), "$B", base64.URLEncoding.EncodeToString(sum[:]),
		"$u", address, "$U", hex.EncodeToString(of[:]), "$Q", queryHash(q)).Replace(q.draw.extra)
	jose, alg := w.head(q.draw.stamp)
	if w.detached {
		claims = string(q.Body)
	}
	head, payload := raw64(jose), raw64(claims)
	if public != "" && strings.HasPrefix(alg, "HS") { // which everybody has
		private = public
	}
	sig := raw64(string(joseSign(private, alg, head+"."+payload)))
	shown := payload
	if w.detached {
		shown = ""
	}
	none := raw64(`{"alg":"none"}`) + "." + shown + "."
	return strings.NewReplacer("$J", head+"."+shown+"."+sig, "$N", none, "$A", head, "$P", shown, "$Z", sig, "$p", odd(shown), "$z", odd(sig), "$a", odd(head)).Replace(text)
}

// odd spells the same bytes in another way, where base64 has one.
func odd(text string) string {
	if len(text)%4 == 0 {
		return text
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return text[:len(text)-1] + string(alphabet[strings.IndexByte(alphabet, text[len(text)-1])+1])
}

// head is the JOSE header: the fuzzer's, if it is one that can be signed for.
func (w *token) head(text string) (head, alg string) {
	var said struct{ Alg string }
	if json.Unmarshal([]byte(text), &said) != nil || !regexp.MustCompile(`^(HS|RS|ES)(256|384|512)$`).MatchString(said.Alg) {
		return `{"alg":"` + w.algorithms[0] + `","typ":"JWT"}`, w.algorithms[0]
	}
	return text, said.Alg
}

func raw64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// joseSign signs as RFC 7518 says.
func joseSign(key, alg, text string) []byte {
	h := jwtHashes[alg[2:]]
	if strings.HasPrefix(alg, "HS") || !strings.HasPrefix(key, "-----BEGIN") {
		m := hmac.New(h, []byte(key))
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	sum := h()
	sum.Write([]byte(text))
	switch k := privateOf(key).(type) {
	case *rsa.PrivateKey:
		sig, _ := rsa.SignPKCS1v15(rand.Reader, k, joseHash(alg), sum.Sum(nil))
		return sig
	case *ecdsa.PrivateKey:
		r, s, _ := ecdsa.Sign(rand.Reader, k, sum.Sum(nil))
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	return nil
}

func joseHash(alg string) crypto.Hash {
	return map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[2:]]
}

// joseCheck checks as RFC 7518 says.
func joseCheck(key, alg, text string, sig []byte) bool {
	if strings.HasPrefix(alg, "HS") {
		return hmac.Equal(joseSign(key, alg, text), sig)
	}
	sum := jwtHashes[alg[2:]]()
	sum.Write([]byte(text))
	switch k := privateOf(key).Public().(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, joseHash(alg), sum.Sum(nil), sig) == nil
	case *ecdsa.PublicKey:
		return len(sig) == 64 && ecdsa.Verify(k, sum.Sum(nil), new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	}
	return false
}

// judge checks a token by itself.
func (w *token) judge(q *asked) [][]byte {
	text, ok := w.find(q)
	parts := strings.Split(text, ".")
	if !ok || len(parts) != 3 {
		return nil
	}
	payload := parts[1]
	if w.detached && payload == "" {
		payload = raw64(string(q.Body))
	}
	var head struct{ Alg string }
	strict := base64.RawURLEncoding.Strict()
	joseHead, err1 := strict.DecodeString(parts[0])
	claims, err2 := strict.DecodeString(payload)
	sig, err3 := strict.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || json.Unmarshal(joseHead, &head) != nil || !slices.Contains(w.algorithms, head.Alg) {
		return nil
	}
	private, _, _ := strings.Cut(q.s.secret, "\n\n")
	if !joseCheck(private, head.Alg, parts[0]+"."+payload, sig) {
		return nil
	}
	if w.detached {
		sum := sha256.Sum256(q.Body)
		return [][]byte{sum[:]}
	}
	if !w.say(q, claims) {
		return nil
	}
	if w.bodyUnsigned {
		return [][]byte{{}}
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return [][]byte{sum[:]}
}

// find returns the text of the token.
func (w *token) find(q *asked) (string, bool) {
	lines := q.Header[http.CanonicalHeaderKey(q.s.signature)]
	if len(lines) == 0 && w.query != "" {
		_, query, _ := strings.Cut(q.URI, "?")
		values, err := url.ParseQuery(query)
		return values.Get(w.query), err == nil && len(values[w.query]) == 1
	}
	if len(lines) != 1 {
		return "", false
	}
	value := trimSpace(lines[0])
	n := len(w.strip)
	switch {
	case len(value) > n && strings.EqualFold(value[:n], w.strip):
		return strings.Trim(value[n:], " \t"), true
	case w.optional:
		return value, true
	}
	return "", false
}

// say holds the claims against the request.
func (w *token) say(q *asked, payload []byte) bool {
	said := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	if dec.Decode(&said) != nil || said == nil {
		return false
	}
	now := q.now.Unix()
	for _, name := range []string{"exp", "nbf", "iat"} {
		value, there := said[name]
		if !there {
			continue
		}
		n, ok := value.(json.Number)
		f, err := n.Float64()
		switch t := int64(f); {
		case !ok || err != nil:
			return false
		case name == "exp" && now > t+w.leeway,
			name != "exp" && t > now+max(w.leeway, 5),
			name == "iat" && w.maxAge > 0 && now-t > w.maxAge:
			return false
		}
	}
	return w.holds == nil || w.holds(q, said)
}

// queryHash is Atlassian's canonical request, hashed.
func queryHash(q *asked) string {
	path, query, _ := strings.Cut(q.URI, "?")
	values := map[string][]string{}
	for _, field := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(field, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return rawHash(q, path, query)
		}
		if field != "" && n != "jwt" {
			values[n] = append(values[n], v)
		}
	}
	var fields []string
	for name, list := range values {
		sort.Strings(list)
		for i := range list {
			list[i] = percent(list[i])
		}
		fields = append(fields, name+"\x00"+percent(name)+"="+strings.Join(list, ","))
	}
	sort.Slice(fields, func(i, j int) bool {
		return strings.SplitN(fields[i], "\x00", 2)[0] < strings.SplitN(fields[j], "\x00", 2)[0]
	})
	for i := range fields {
		fields[i] = fields[i][strings.LastIndexByte(fields[i], 0)+1:]
	}
	return rawHash(q, path, strings.Join(fields, "&"))
}

func rawHash(q *asked, path, query string) string {
	path = strings.ReplaceAll(path, "&", "%26")
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	sum := sha256.Sum256([]byte(q.Method + "&" + path + "&" + query))
	return hex.EncodeToString(sum[:])
}

// percent encodes all but letters, digits and -._~.
func percent(s string) string {
	return strings.NewReplacer("+", "%20", "%7E", "~").Replace(url.QueryEscape(s))
}
