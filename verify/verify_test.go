package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"maps"
	"net/http"
	"strings"
	"testing"
)

var t0 = benchNow

const t0s = "1767225600"

func rawMAC(h func() hash.Hash, secret, text string) []byte {
	m := hmac.New(h, []byte(secret))
	m.Write([]byte(text))
	return m.Sum(nil)
}

// sendAll makes a request with the headers name, value, name, value, ...
func sendAll(body string, headers ...string) *Request {
	r := &Request{Method: "POST", URI: "/in?x=1", Header: http.Header{}, Body: []byte(body)}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func TestVerifyRefusals(t *testing.T) {
	good := hexMAC(secret16, t0s, ".", "hi")
	other := hexMAC("another secret..", t0s, ".", "hi")
	b64 := base64.StdEncoding.EncodeToString(rawMAC(sha512.New, secret16, "hi"))
	b64Std := base64.StdEncoding.EncodeToString(rawMAC(sha512.New, secret16, "hi+/"))
	b64URL := base64.URLEncoding.EncodeToString(rawMAC(sha512.New, secret16, "hi+/"))
	if b64Std == b64URL {
		t.Fatal("the alphabets do not differ for this body")
	}
	stripe := Config{Provider: "stripe", Secrets: []string{secret16}}
	list := Config{Provider: "hmac", Secrets: []string{secret16}, Options: opts{"header": "S", "signatures": "list v1"}}
	b512 := Config{Provider: "hmac", Secrets: []string{secret16}, Options: opts{"header": "S", "encoding": "base64", "algorithm": "sha512"}}
	sig := func(v string) *Request { return sendAll("hi", "Stripe-Signature", v) }
	s := func(v string) *Request { return sendAll("hi", "S", v) }
	hi := hexMAC(secret16, "hi")
	tests := []struct {
		name string
		c    Config
		r    *Request
		want error
	}{
		{"good", stripe, sig("t=" + t0s + ",v1=" + good), nil},
		{"spaces after separators", stripe, sig("t=" + t0s + ", v1= " + good), nil},
		{"no header at all", stripe, &Request{Body: []byte("hi")}, ErrMissing},
		{"white space for a signature", stripe, sig(" \t"), ErrMissing},
		{"header on two lines, both good", stripe, sendAll("hi", "Stripe-Signature", "t="+t0s+",v1="+good, "Stripe-Signature", "t="+t0s+",v1="+good), ErrAmbiguous},
		{"two timestamps", stripe, sig("t=" + t0s + ",t=" + t0s + ",v1=" + good), ErrAmbiguous},
		{"8 signatures, the last good", stripe, sig("t=" + t0s + strings.Repeat(",v1="+other, 7) + ",v1=" + good), nil},
		{"9 signatures, the first good", stripe, sig("t=" + t0s + ",v1=" + good + strings.Repeat(",v1="+other, 8)), ErrTooMany},
		{"9 of which 8 are rubbish", stripe, sig("t=" + t0s + strings.Repeat(",v1=x", 8) + ",v1=" + good), ErrTooMany},
		{"9 of another version", stripe, sig("t=" + t0s + strings.Repeat(",v0="+other, 9) + ",v1=" + good), nil},
		{"right signature, wrong version", stripe, sig("t=" + t0s + ",v0=" + good), ErrMalformed},
		{"wrong v1, right v0", stripe, sig("t=" + t0s + ",v0=" + good + ",v1=" + other), ErrMismatch},
		{"no timestamp", stripe, sig("v1=" + good), ErrNoTimestamp},
		{"empty timestamp", stripe, sig("t=,v1=" + good), ErrNoTimestamp},
		{"signed plus", stripe, sig("t=+" + t0s + ",v1=" + good), ErrBadTimestamp},
		{"0x", stripe, sig("t=" + t0s + ",v1=0x" + good[2:]), ErrMalformed},
		{"one byte short", stripe, sig("t=" + t0s + ",v1=" + good[2:]), ErrMalformed},
		{"one digit too long", stripe, sig("t=" + t0s + ",v1=" + good + "0"), ErrMalformed},
		{"full-width digit", stripe, sig("t=" + t0s + ",v1=" + good[:61] + "１"), ErrMalformed},
		{"space inside (a folded line)", stripe, sig("t=" + t0s + ",v1=" + good[:30] + " " + good[31:]), ErrMalformed},
		{"rubbish next to a good one", stripe, sig("t=" + t0s + ",v1=zz,v1=" + good), nil},

		{"list", list, s("v1," + hi), nil},
		{"list with a double space", list, s("v1,00  v1," + hi), nil},
		{"version alone", list, s("v1,"), ErrMalformed},
		{"version without comma", list, s("v1"), ErrMalformed},
		{"version in capitals", list, s("V1," + hi), ErrMalformed},
		{"9 in a list", list, s(strings.TrimSpace(strings.Repeat("v1,"+hi+" ", 9))), ErrTooMany},

		{"64 bytes in base64", b512, s(b64), nil},
		{"last character has trailing bits", b512, s(bumpLast(b64)), ErrMalformed},
		{"no padding", b512, s(strings.TrimRight(b64, "=")), ErrMalformed},
		{"66 bytes without padding", b512, s(strings.TrimRight(b64, "=") + "AA"), ErrMalformed},
		{"the standard alphabet", b512, sendAll("hi+/", "S", b64Std), nil},
		{"the URL alphabet", b512, sendAll("hi+/", "S", b64URL), ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := mustNew(t, tt.c)
			if _, err := v.Verify(t0, tt.r); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
			want := tt.want
			if errors.Is(want, ErrMismatch) {
				want = nil // not before the body
			}
			if err := v.CheckHeader(t0, tt.r.Header); !errors.Is(err, want) {
				t.Errorf("CheckHeader = %v, want %v", err, want)
			}
		})
	}
}

// bumpLast changes the unused bits of the last character before the padding.
func bumpLast(b64 string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	i := strings.IndexByte(b64, '=') - 1
	return b64[:i] + string(alphabet[strings.IndexByte(alphabet, b64[i])+1]) + b64[i+1:]
}

func TestSignedHeader(t *testing.T) {
	c := Config{Provider: "hmac", Secrets: []string{secret16}, Options: opts{"header": "S", "content": "{h:X-Id|Y-Id}.{body}"}}
	tests := []struct {
		name, id string
		want     error
	}{
		{"good", "msg_1", nil},
		{"empty", "", ErrBadID},
		{"the delimiter inside", "msg_1.x", ErrBadID},
		{"a space inside", "msg 1", ErrBadID},
		{"not ASCII", "msg_é", ErrBadID},
		{"255 bytes", strings.Repeat("x", 255), nil},
		{"256 bytes", strings.Repeat("x", 256), ErrBadID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mac := hexMAC(secret16, tt.id, ".hi")
			for _, name := range []string{"X-Id", "Y-Id"} {
				if _, err := mustNew(t, c).Verify(t0, sendAll("hi", "S", mac, name, tt.id)); !errors.Is(err, tt.want) {
					t.Errorf("Verify with %s = %v, want %v", name, err, tt.want)
				}
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		if _, err := mustNew(t, c).Verify(t0, sendAll("hi", "S", hexMAC(secret16, ".hi"))); !errors.Is(err, ErrBadID) {
			t.Errorf("Verify = %v, want ErrBadID", err)
		}
	})
	t.Run("repeated", func(t *testing.T) {
		r := sendAll("hi", "S", hexMAC(secret16, "a.hi"), "X-Id", "a", "X-Id", "a")
		if _, err := mustNew(t, c).Verify(t0, r); !errors.Is(err, ErrAmbiguous) {
			t.Errorf("Verify = %v, want ErrAmbiguous", err)
		}
	})
}

func TestHMACOptions(t *testing.T) {
	bin := "\x00\x01\x02\x03\x04\x05\x06\xff"
	raw512 := rawMAC(sha512.New, secret16, "hi")
	rfc := "2026-01-01T00:00:00Z"
	tests := []struct {
		name   string
		o      opts
		secret string
		r      *Request
	}{
		{"defaults", nil, secret16, sendAll("hi", "S", hexMAC(secret16, "hi"))},
		{"upper case", nil, secret16, sendAll("hi", "S", strings.ToUpper(hexMAC(secret16, "hi")))},
		{"sha1", opts{"algorithm": "sha1"}, secret16, sendAll("hi", "S", hex.EncodeToString(rawMAC(sha1.New, secret16, "hi")))},
		{"sha384", opts{"algorithm": "sha384"}, secret16, sendAll("hi", "S", hex.EncodeToString(rawMAC(sha512.New384, secret16, "hi")))},
		{"base64url", opts{"encoding": "base64url", "algorithm": "sha512"}, secret16, sendAll("hi", "S", base64.URLEncoding.EncodeToString(raw512))},
		{"base64url unpadded", opts{"encoding": "base64url", "algorithm": "sha512"}, secret16, sendAll("hi", "S", base64.RawURLEncoding.EncodeToString(raw512))},
		{"prefix", opts{"prefix": "sha256="}, secret16, sendAll("hi", "S", "sha256="+hexMAC(secret16, "hi"))},
		{"prefix, said twice", opts{"prefix": "sha256=", "signatures": "raw"}, secret16, sendAll("hi", "S", "sha256="+hexMAC(secret16, "hi"))},
		{"hex key", opts{"key": "hex"}, "00010203040506ff", sendAll("hi", "S", hexMAC(bin, "hi"))},
		{"base64 key without padding", opts{"key": "base64", "key_prefix": "k_"}, "k_AAECAwQFBv8", sendAll("hi", "S", hexMAC(bin, "hi"))},
		{"method and URI", opts{"content": "{method}\n{uri}\n{body}"}, secret16, sendAll("hi", "S", hexMAC(secret16, "POST\n/in?x=1\nhi"))},
		{"path without the query", opts{"content": "{path}\n{body}"}, secret16, sendAll("hi", "S", hexMAC(secret16, "/in\nhi"))},
		{"hash of the body", opts{"content": "{body_sha256_hex}"}, secret16, sendAll("hi", "S", hexMAC(secret16, hexSum("hi")))},
		{"body that looks like a template", opts{"content": "{method}{body}"}, secret16, sendAll("{method}{ts}", "S", hexMAC(secret16, "POST{method}{ts}"))},
		{"body twice", opts{"content": "{body}.{body}"}, secret16, sendAll("hi", "S", hexMAC(secret16, "hi.hi"))},
		{"kv with another separator", opts{"signatures": "kv h1 ts ;", "content": "{ts}:{body}"}, secret16, sendAll("hi", "S", "ts="+t0s+";h1="+hexMAC(secret16, t0s, ":hi"))},
		{"kv, the timestamp said apart", opts{"signatures": "kv v1", "timestamp": "signature t", "content": "{ts}:{body}"}, secret16, sendAll("hi", "S", "t="+t0s+",v1="+hexMAC(secret16, t0s, ":hi"))},
		{"timestamp header", opts{"timestamp": "header T", "unit": "rfc3339", "content": "{body}{ts}", "tolerance": "1s"}, secret16, sendAll("hi", "T", rfc, "S", hexMAC(secret16, "hi", rfc))},
		{"milliseconds", opts{"timestamp": "header T", "unit": "ms", "content": "{ts}.{body}"}, secret16, sendAll("hi", "T", t0s+"000", "S", hexMAC(secret16, t0s, "000.hi"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := opts{"header": "S"}
			maps.Copy(o, tt.o)
			v := mustNew(t, Config{Provider: "hmac", Secrets: []string{"not the right one", tt.secret}[1:], Options: o})
			res, err := v.Verify(t0, tt.r)
			if err != nil || res.Scheme != "hmac" || len(res.MAC()) == 0 {
				t.Fatalf("Verify = %+v, %v", res, err)
			}
			tt.r.Body = append(tt.r.Body, '!')
			if _, err := v.Verify(t0, tt.r); !errors.Is(err, ErrMismatch) {
				t.Errorf("another body: Verify = %v, want ErrMismatch", err)
			}
		})
	}
}

func TestConfigurableProvider(t *testing.T) {
	v := mustNew(t, Config{Provider: "bce-lambda", Secrets: []string{secret16}, Options: opts{"header": "X-Mine", "algorithm": "sha512"}})
	mac := hex.EncodeToString(rawMAC(sha512.New, secret16, "hi"))
	for sig, want := range map[string]error{mac: nil, "sha512=" + mac: nil, "sha256=" + mac: ErrMalformed} {
		if _, err := v.Verify(t0, sendAll("hi", "X-Mine", sig)); !errors.Is(err, want) {
			t.Errorf("Verify(%.7s...) = %v, want %v", sig, err, want)
		}
	}
}

func TestCredentials(t *testing.T) {
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := []struct {
		name     string
		provider string
		secret   string
		header   string
		value    string
		want     error
	}{
		{"token", "token", secret16, "X-API-Key", secret16, nil},
		{"token, one character less", "token", secret16, "X-API-Key", secret16[1:], ErrMismatch},
		{"token, not ASCII", "token", secret16, "X-API-Key", secret16 + "é", ErrMalformed},
		{"token, 4097 bytes", "token", secret16, "X-API-Key", strings.Repeat("x", 4097), ErrMalformed},
		{"no token", "token", secret16, "X-Other", secret16, ErrMissing},
		{"bearer", "bearer", secret16, "Authorization", "bEARER  " + secret16, nil},
		{"bearer without token", "bearer", secret16, "Authorization", "Bearer ", ErrMalformed},
		{"bearer with two tokens", "bearer", secret16, "Authorization", "Bearer " + secret16 + " " + secret16, ErrMalformed},
		{"basic for bearer", "bearer", secret16, "Authorization", basic("a:b"), ErrMalformed},
		{"basic", "basic", "user:pa:ß", "Authorization", basic("user:pa:ß"), nil},
		{"basic without colon", "basic", "user:password", "Authorization", basic("userpassword"), ErrMalformed},
		{"basic without padding", "basic", "user:password", "Authorization", strings.TrimRight(basic("user:password"), "="), ErrMalformed},
		{"wrong password", "basic", "user:password", "Authorization", basic("user:passwore"), ErrMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := mustNew(t, Config{Provider: tt.provider, Secrets: []string{"first:secret", tt.secret}})
			res, err := v.Verify(t0, sendAll("hi", tt.header, tt.value))
			if !errors.Is(err, tt.want) {
				t.Fatalf("Verify = %v, want %v", err, tt.want)
			}
			if err == nil && (res.Secret != 1 || len(res.MAC()) != 0) {
				t.Errorf("Result = %+v", res)
			}
		})
	}
}

func TestNoneAcceptsAnything(t *testing.T) {
	v := mustNew(t, Config{Provider: "none"})
	if res, err := v.Verify(t0, &Request{}); err != nil || res.Scheme != "none" {
		t.Errorf("Verify = %+v, %v", res, err)
	}
}

func hexSum(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestZeroVerifierRefuses(t *testing.T) {
	var v Verifier
	if _, err := v.Verify(t0, &Request{}); !errors.Is(err, ErrMismatch) {
		t.Errorf("Verify = %v, want ErrMismatch", err)
	}
	if err := v.CheckHeader(t0, nil); !errors.Is(err, ErrMismatch) {
		t.Errorf("CheckHeader = %v, want ErrMismatch", err)
	}
}

func TestSeveralSchemes(t *testing.T) {
	c := Config{Provider: "broxi", Secrets: []string{"another secret..", secret16}, Options: opts{"scheme": "timestamped legacy"}}
	legacy, current := hexMAC(secret16, "hi"), hexMAC(secret16, t0s, ".hi")
	tests := []struct {
		name   string
		r      *Request
		scheme string
		want   error
	}{
		{"current", sendAll("hi", "X-Broxi-Signature", current, "X-Broxi-Timestamp", t0s), "timestamped", nil},
		{"legacy", sendAll("hi", "X-Broxi-Signature", legacy), "legacy", nil},
		{"legacy with a timestamp", sendAll("hi", "X-Broxi-Signature", legacy, "X-Broxi-Timestamp", t0s), "", ErrMismatch},
		{"legacy with an empty timestamp", sendAll("hi", "X-Broxi-Signature", legacy, "X-Broxi-Timestamp", ""), "", ErrNoTimestamp},
		{"current without its timestamp", sendAll("hi", "X-Broxi-Signature", current), "", ErrMismatch},
		{"neither", sendAll("hi"), "", ErrMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := mustNew(t, c).Verify(t0, tt.r)
			if !errors.Is(err, tt.want) || res.Scheme != tt.scheme {
				t.Fatalf("Verify = %q, %v, want %q, %v", res.Scheme, err, tt.scheme, tt.want)
			}
			if err == nil && res.Secret != 1 {
				t.Errorf("Secret = %d, want 1", res.Secret)
			}
		})
	}
}

func TestErrorIsOfTheSchemeThatApplies(t *testing.T) {
	v := mustNew(t, Config{Provider: "gitlab", Secrets: []string{"whsec_" + secret32}, Options: opts{"scheme": "signing token"}})
	if _, err := v.Verify(t0, sendAll("hi", "X-Gitlab-Token", "wrong-token")); !errors.Is(err, ErrMismatch) {
		t.Errorf("Verify = %v, want ErrMismatch: the signature is missing, but there is a token", err)
	}
}

func TestEd25519AndHMACTogether(t *testing.T) {
	public, private, err := ed25519.GenerateKey(bytes.NewReader(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	v := mustNew(t, Config{Provider: "standard-webhooks", Secrets: []string{"whsec_" + b64([]byte(secret32)), "whpk_" + b64(public)}, Options: opts{"scheme": "v1 v1a"}})
	sig := ed25519.Sign(private, []byte("msg_1."+t0s+".hi"))
	r := sendAll("hi", "webhook-id", "msg_1", "webhook-timestamp", t0s, "webhook-signature", "v1,AAAA v1a,"+b64(sig))
	res, err := v.Verify(t0, r)
	proof := sha256.Sum256([]byte("msg_1." + t0s + ".hi"))
	if err != nil || res.Scheme != "v1a" || res.Secret != 1 || !bytes.Equal(res.MAC(), proof[:]) {
		t.Errorf("Verify = %+v, %v", res, err)
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	v := mustNew(t, Config{Provider: "stripe", Secrets: []string{"SECRETSECRET"}})
	for _, sig := range []string{"HEADER", "t=HEADER,v1=" + hexMAC("x", ""), "t=1,v1=HEADER", "t=" + t0s + ",v1=" + hexMAC("x", "")} {
		_, err := v.Verify(t0, sendAll("BODY", "Stripe-Signature", sig))
		for _, s := range []string{"SECRET", "HEADER", "BODY", hexMAC("x", ""), hexMAC("SECRETSECRET", t0s, ".BODY")} {
			if strings.Contains(err.Error(), s) {
				t.Errorf("%v contains %s", err, s)
			}
		}
	}
}

func TestRequiredHeaders(t *testing.T) {
	p, err := decodeProvider([]byte(`{"name":"x","title":"X","confidence":"docs","schemes":[{"name":"a","kind":"hmac",
		"algorithm":"sha256","content":"{body}","signature":{"name":"S"},"required_headers":["A|B"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	v := &Verifier{provider: p}
	schemes, err := p.configure(nil)
	if err == nil {
		err = v.compile(schemes, Config{Secrets: []string{secret16}})
	}
	if err != nil {
		t.Fatal(err)
	}
	sig := hexMAC(secret16, "hi")
	tests := []struct {
		name string
		r    *Request
		want error
	}{
		{"the first", sendAll("hi", "S", sig, "A", "1"), nil},
		{"the other", sendAll("hi", "S", sig, "B", "1"), nil},
		{"neither", sendAll("hi", "S", sig), ErrMalformed},
		{"empty", sendAll("hi", "S", sig, "A", ""), ErrMalformed},
		{"repeated", sendAll("hi", "S", sig, "A", "1", "A", "2"), ErrAmbiguous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := v.CheckHeader(t0, tt.r.Header); !errors.Is(err, tt.want) {
				t.Errorf("CheckHeader = %v, want %v", err, tt.want)
			}
		})
	}
}
