package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// claims is what a token says. Numbers keep their digits.
type claims map[string]any

// proveJWT checks a signed token (RFC 7519) and what it says about the
// request. The algorithm is one that the scheme names, never the token's
// choice alone.
func (c *checker) proveJWT(now time.Time, v *view, token string, res *Result) error {
	signed, err := jose.ParseSignedCompact(token, c.algorithms())
	if err != nil || !plainToken(token) || len(signed.Signatures) != 1 { // its text may quote the token
		return c.malformed
	}
	keys, err := c.keysFor(now, v, signed.Signatures[0].Header.KeyID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		payload, err := signed.Verify(k.material())
		if err != nil {
			continue
		}
		if err := c.checkClaims(now, v, payload); err != nil {
			return err
		}
		res.accept(k, nil)
		if !c.BodyUnsigned {
			proof := sha256.Sum256([]byte(token[:strings.LastIndexByte(token, '.')]))
			res.accept(k, proof[:])
		}
		return nil
	}
	return c.mismatch
}

// proveJWS checks a detached signature over the body (RFC 7515, appendix F).
func (c *checker) proveJWS(now time.Time, v *view, text string, res *Result) error {
	signed, err := jose.ParseDetached(text, v.Body, c.algorithms())
	if err != nil || !plainToken(text) || len(signed.Signatures) != 1 {
		return c.malformed
	}
	keys, err := c.keysFor(now, v, signed.Signatures[0].Header.KeyID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if signed.DetachedVerify(v.Body, k.material()) == nil {
			proof := sha256.Sum256(v.Body)
			res.accept(k, proof[:])
			return nil
		}
	}
	return c.mismatch
}

// plainToken reports whether each part of a token is in its one spelling. A
// parser that is lenient here would have one delivery pass for many.
func plainToken(token string) bool {
	for part := range strings.SplitSeq(token, ".") {
		if strings.ContainsAny(part, "\r\n") { // which base64 skips
			return false
		}
		if _, err := rawBase64URL.DecodeString(part); err != nil {
			return false
		}
	}
	return true
}

// material is the key as go-jose takes it.
func (k *key) material() any {
	if k.public != nil {
		return k.public
	}
	return secretVerifier(k.secret)
}

// A secretVerifier checks HS256, HS384 and HS512. go-jose's own refuses keys
// shorter than the hash, as RFC 7518 says; providers issue shorter ones.
type secretVerifier []byte

// VerifyPayload compares the MAC of a token with its signature.
func (s secretVerifier) VerifyPayload(payload, signature []byte, alg jose.SignatureAlgorithm) error {
	if !strings.HasPrefix(string(alg), "HS") || len(s) == 0 {
		return jose.ErrUnsupportedAlgorithm
	}
	if !hmac.Equal(s.mac(string(alg), payload), signature) {
		return jose.ErrCryptoFailure
	}
	return nil
}

func (s secretVerifier) mac(alg string, payload []byte) []byte {
	m := hmac.New(hashes["sha"+strings.TrimPrefix(alg, "HS")], s)
	m.Write(payload)
	return m.Sum(nil)
}

func (c *checker) algorithms() []jose.SignatureAlgorithm {
	var all []jose.SignatureAlgorithm
	for _, a := range c.JWT.Algorithms {
		all = append(all, jose.SignatureAlgorithm(a))
	}
	return all
}

// checkClaims holds the claims of a genuine token against the request.
func (c *checker) checkClaims(now time.Time, v *view, payload []byte) error {
	var said claims
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	if err := dec.Decode(&said); err != nil {
		return c.malformed
	}
	w := c.JWT
	for _, name := range w.Require {
		if _, there := said[name]; !there {
			return c.claimError(name, ErrMismatch)
		}
	}
	if err := c.checkTimes(now, said); err != nil {
		return err
	}
	if w.Issuers != nil && !slices.Contains(w.Issuers, said.text("iss")) {
		return c.claimError("iss", ErrMismatch)
	}
	if want := c.values[w.Audience]; want != "" && !slices.Contains(said.list("aud"), want) {
		return c.claimError("aud", ErrMismatch)
	}
	if w.Subject != "" && !slices.Contains(c.urls(v.Request), said.text("sub")) {
		return c.claimError("sub", ErrMismatch)
	}
	if want := c.values[w.Email]; want != "" && (said.text("email") != want || said["email_verified"] != true) {
		return c.claimError("email", ErrMismatch)
	}
	return c.checkHashes(v, said)
}

func (c *checker) claimError(name string, kind error) error {
	return fmt.Errorf("%s: claim %s: %w", c.signature.name, name, kind)
}

// checkTimes judges exp, nbf and iat (RFC 7519, section 4.1), if they are there.
func (c *checker) checkTimes(now time.Time, said claims) error {
	leeway := time.Duration(c.JWT.Leeway) * time.Second
	for _, name := range []string{"exp", "nbf", "iat"} {
		if _, there := said[name]; !there {
			continue
		}
		t, ok := said.time(name)
		switch {
		case !ok:
			return c.claimError(name, ErrBadTimestamp)
		case name == "exp" && now.Sub(t) > leeway:
			return c.claimError(name, ErrStale)
		case name != "exp" && t.Sub(now) > max(leeway, defaultLeeway):
			return c.claimError(name, ErrFuture)
		case name == "iat" && c.JWT.MaxAge > 0 && now.Sub(t) > time.Duration(c.JWT.MaxAge)*time.Second:
			return c.claimError(name, ErrStale)
		}
	}
	return nil
}

// defaultLeeway is how far ahead of ours the sender's clock may be where the
// provider sets nothing.
const defaultLeeway = 5 * time.Second

func (c *checker) checkHashes(v *view, said claims) error {
	w := c.JWT
	if h := w.BodyHash; h != nil && !(h.OptionalIfEmpty && len(v.Body) == 0 && said[h.Claim] == nil) {
		if !h.matches(said.text(h.Claim), v.Body) {
			return c.claimError(h.Claim, ErrMismatch)
		}
	}
	if h := w.URLHash; h != nil && !slices.ContainsFunc(c.urls(v.Request), func(u string) bool {
		return h.matches(said.text(h.Claim), []byte(u))
	}) {
		return c.claimError(h.Claim, ErrMismatch)
	}
	if w.QueryHash {
		want := canonical.QueryHash(v.Method, v.path(), v.rawQuery(), c.basePath())
		if subtle.ConstantTimeCompare([]byte(said.text("qsh")), []byte(want)) != 1 {
			return c.claimError("qsh", ErrMismatch)
		}
	}
	return nil
}

// basePath is the path of the option base_url.
func (c *checker) basePath() string {
	u, err := url.Parse(c.values["base_url"])
	if err != nil {
		return ""
	}
	return u.Path
}

// matches reports whether a claim is the SHA-256 of data.
func (h *HashClaim) matches(claim string, data []byte) bool {
	sum := sha256.Sum256(data)
	var got []byte
	var err error
	if h.Encoding == "hex" {
		got, err = hex.DecodeString(claim)
	} else {
		got, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(claim, "="))
	}
	return err == nil && subtle.ConstantTimeCompare(got, sum[:]) == 1
}

func (s claims) text(name string) string {
	text, _ := s[name].(string)
	return text
}

// list is a claim that is one text or several, as aud is.
func (s claims) list(name string) []string {
	switch value := s[name].(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, v := range value {
			if text, ok := v.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// time is a NumericDate: seconds since 1970, which may have a fraction.
func (s claims) time(name string) (time.Time, bool) {
	number, ok := s[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	whole, _, _ := strings.Cut(number.String(), ".")
	seconds, ok := digits(whole, 1, 12)
	return time.Unix(seconds, 0), ok
}
