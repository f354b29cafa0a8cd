package canonical

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"hash"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// A vector is a request, its keys and what should become of it. The files
// under testdata hold them, one file per provider.
type vector struct {
	Name       string            `json:"name"`
	Expect     string            `json:"expect"`
	Method     string            `json:"method"`
	URL        string            `json:"url"`
	Headers    map[string]string `json:"headers"`
	Body       []byte            `json:"body_base64"`
	Secrets    []string          `json:"secrets"`
	Config     map[string]string `json:"config"`
	PublicKeys []struct {
		Format string `json:"format"`
		Value  string `json:"value"`
	} `json:"public_keys"`
}

func (v *vector) header(name string) string { return v.httpHeader().Get(name) }

func (v *vector) httpHeader() http.Header {
	h := http.Header{}
	for name, value := range v.Headers {
		h.Set(name, value)
	}
	return h
}

func (v *vector) uri() (path, query string) {
	_, after, _ := strings.Cut(v.URL, "://")
	path, query, _ = strings.Cut("/"+after[strings.IndexByte(after, '/')+1:], "?")
	return path, query
}

func (v *vector) form(t *testing.T) url.Values {
	t.Helper()
	form := url.Values{}
	if len(v.Body) == 0 {
		return form
	}
	form, err := ParseForm(v.header("Content-Type"), v.Body)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// mac reports whether one of the secrets makes signature of text.
func (v *vector) mac(h func() hash.Hash, text, signature string, decode func(string) ([]byte, error)) bool {
	got, err := decode(signature)
	for _, secret := range v.Secrets {
		m := hmac.New(h, []byte(secret))
		m.Write([]byte(text))
		if err == nil && hmac.Equal(m.Sum(nil), got) {
			return true
		}
	}
	return false
}

// rsa reports whether one of the public keys verifies the signature.
func (v *vector) rsa(t *testing.T, h crypto.Hash, text []byte, signature string) bool {
	t.Helper()
	sum := h.New()
	sum.Write(text)
	sig, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	for _, k := range v.PublicKeys {
		block, _ := pem.Decode([]byte(k.Value))
		var key any
		if k.Format == "x509_pem" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			key = cert.PublicKey
		} else if key, err = x509.ParsePKIXPublicKey(block.Bytes); err != nil {
			t.Fatal(err)
		}
		if rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), h, sum.Sum(nil), sig) == nil {
			return true
		}
	}
	return false
}

var b64 = base64.StdEncoding.DecodeString

// verifiers are what a caller does with the texts of each provider.
var verifiers = map[string]func(*testing.T, *vector) bool{
	"twilio":            verifyTwilio,
	"plivo":             verifyPlivo,
	"contentful":        verifyContentful,
	"mercado-pago":      verifyMercadoPago,
	"paddle-classic":    verifyPaddle,
	"adyen":             verifyAdyen,
	"aws-sns":           verifySNS,
	"atlassian-connect": verifyAtlassian,
	"mandrill": func(t *testing.T, v *vector) bool {
		return v.mac(sha1.New, v.Config["url"]+sortedForm(v.form(t)), v.header("X-Mandrill-Signature"), b64)
	},
	"mailgun": func(t *testing.T, v *vector) bool {
		f := v.form(t)
		return v.mac(sha256.New, f.Get("timestamp")+f.Get("token"), f.Get("signature"), hex.DecodeString)
	},
	"dropbox-sign": verifyDropboxSign,
}

func verifyTwilio(t *testing.T, v *vector) bool {
	u := v.Config["url"]
	var form url.Values
	if !strings.HasPrefix(v.Name, "json-body/") {
		form = v.form(t)
	} else if !TwilioBody(u, v.Body) {
		return false
	}
	for _, text := range twilio(u, form) {
		if v.mac(sha1.New, text, v.header("X-Twilio-Signature"), b64) {
			return true
		}
	}
	return false
}

func verifyPlivo(t *testing.T, v *vector) bool {
	text := plivo(v.Method, v.Config["url"], v.form(t), v.header("X-Plivo-Signature-V3-Nonce"))
	return text != "" && v.mac(sha256.New, text, v.header("X-Plivo-Signature-V3"), b64)
}

func verifyContentful(t *testing.T, v *vector) bool {
	path, query := v.uri()
	h := v.httpHeader()
	text, err := Contentful(v.Method, path+"?"+query, h, h.Get("X-Contentful-Signed-Headers"), v.Body)
	if err != nil && v.Expect != "malformed" {
		t.Fatal(err)
	}
	return err == nil && v.mac(sha256.New, string(text), h.Get("X-Contentful-Signature"), hex.DecodeString)
}

func verifyMercadoPago(t *testing.T, v *vector) bool {
	_, query := v.uri()
	params, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	ts, v1, _ := strings.Cut(v.header("X-Signature"), ",v1=")
	text := MercadoPago(params.Get("data.id"), v.header("X-Request-Id"), strings.TrimPrefix(ts, "ts="))
	return text != "" && v.mac(sha256.New, text, v1, hex.DecodeString)
}

func verifyPaddle(t *testing.T, v *vector) bool {
	form := v.form(t)
	text, err := PHPSerialize(form, "p_signature")
	if err != nil {
		t.Fatal(err)
	}
	return v.rsa(t, crypto.SHA1, text, form.Get("p_signature"))
}

func verifyAdyen(t *testing.T, v *vector) bool {
	items, err := AdyenItems(v.Body)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range v.Secrets {
		key, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		v.Secrets[i] = string(key)
	}
	for _, item := range items {
		if !v.mac(sha256.New, string(item.Text), item.Signature, b64) {
			return false
		}
	}
	return len(items) > 0
}

func verifySNS(t *testing.T, v *vector) bool {
	m, err := SNS(v.Body)
	if err != nil && v.Expect != "missing_signature" {
		t.Fatal(err)
	}
	if err != nil || !strings.HasPrefix(m.CertURL, "https://sns.us-west-2.amazonaws.com/") {
		return false
	}
	h := crypto.SHA256
	if m.Version == "1" {
		h = crypto.SHA1
	}
	return v.rsa(t, h, m.Text, m.Signature)
}

func verifyAtlassian(t *testing.T, v *vector) bool {
	token := strings.Split(strings.TrimPrefix(v.header("Authorization"), "JWT "), ".")
	if len(token) != 3 || !v.mac(sha256.New, token[0]+"."+token[1], token[2], base64.RawURLEncoding.DecodeString) {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(token[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ QSH string }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(v.Config["base_url"])
	if err != nil {
		t.Fatal(err)
	}
	path, query := v.uri()
	return QueryHash(v.Method, path, query, base.Path) == claims.QSH
}

func verifyDropboxSign(t *testing.T, v *vector) bool {
	var message struct {
		Event struct {
			Time string `json:"event_time"`
			Type string `json:"event_type"`
			Hash string `json:"event_hash"`
		} `json:"event"`
	}
	if err := json.Unmarshal([]byte(v.form(t).Get("json")), &message); err != nil {
		t.Fatal(err)
	}
	return v.mac(sha256.New, message.Event.Time+message.Event.Type, message.Event.Hash, hex.DecodeString)
}

// TestVectors makes the real signatures of the texts. The age of a request is
// the caller's business, so that a stale one has a right signature.
func TestVectors(t *testing.T) {
	for provider, verify := range verifiers {
		var vectors []vector
		readJSON(t, "testdata/"+provider+".json", &vectors)
		outcomes := map[bool]int{}
		for _, v := range vectors {
			t.Run(provider+"/"+v.Name, func(t *testing.T) {
				want := v.Expect == "valid" || v.Expect == "stale_timestamp"
				if got := verify(t, &v); got != want {
					t.Errorf("signature matches: %t, want %s", got, v.Expect)
				}
				outcomes[want]++
			})
		}
		if outcomes[true] == 0 || outcomes[false] == 0 {
			t.Errorf("%s: vectors by outcome: %v, want some of each", provider, outcomes)
		}
	}
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func wantMalformed(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("error = %v, want %v", err, ErrMalformed)
	}
}
