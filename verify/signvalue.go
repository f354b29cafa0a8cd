package verify

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// privateKey reads the private key that belongs to a scheme's public one.
func (s *Scheme) privateKey(secret string) (crypto.Signer, error) {
	if block, _ := pem.Decode([]byte(secret)); block != nil {
		k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		signer, ok := k.(crypto.Signer)
		if err != nil || !ok {
			return nil, errors.New("is not a private key in PKCS #8 PEM")
		}
		_, err = s.usable(0, keysOf(signer))
		return signer, err
	}
	if s.Kind != "ed25519" {
		return nil, errors.New("is not a private key in PEM")
	}
	k := s.Key
	k.StripPrefix = "whsk_"
	b, err := k.decode(strings.TrimSpace(secret))
	if err != nil || len(b) != ed25519.SeedSize && len(b) != ed25519.PrivateKeySize {
		return nil, errors.New("is not the seed of an Ed25519 key")
	}
	return ed25519.NewKeyFromSeed(b[:ed25519.SeedSize]), nil
}

// value is the text of the signature or token.
func (d *signing) value() (string, error) {
	g := &d.Signature
	switch d.Kind {
	case "token":
		return g.Strip + d.secret, nil
	case "basic":
		return g.Strip + base64.StdEncoding.EncodeToString([]byte(d.secret)), nil
	case "jwt":
		token, err := d.token()
		return g.Strip + token, err
	case "jws":
		return d.detached()
	}
	for text, err := range d.texts(&view{Request: d.r}, &d.in, d.key) {
		if err != nil {
			return "", fmt.Errorf("what is to be signed: %w", err)
		}
		sig, err := d.sign(text)
		if err != nil {
			return "", err
		}
		return d.format(sig), nil
	}
	return "", errors.New("the provider does not send such a request")
}

// sign is the signature over a text.
func (d *signing) sign(text []byte) ([]byte, error) {
	if d.private == nil {
		return d.sum(d.key, text), nil
	}
	if d.Prehash == "sha256" {
		sum := sha256.Sum256(text)
		text = sum[:]
	}
	if d.Kind == "ed25519" {
		return d.private.Sign(rand.Reader, text, crypto.Hash(0))
	}
	hash := digester(d.Algorithm)
	if d.in.digest != 0 {
		hash = d.in.digest
	}
	h := hash.New()
	h.Write(text)
	return d.private.Sign(rand.Reader, h.Sum(nil), hash)
}

// format writes a signature as the provider does.
func (d *signing) format(sig []byte) string {
	g := &d.Signature
	text := hex.EncodeToString(sig)
	switch g.Encoding {
	case "base64":
		text = base64.StdEncoding.EncodeToString(sig)
	case "base64url":
		text = base64.RawURLEncoding.EncodeToString(sig)
	}
	switch g.Parse {
	case "prefix", "optional_prefix":
		return g.Prefix + text
	case "kv":
		pairs := []string{g.SigKey + g.KVSep + text}
		if d.in.element != "" {
			pairs = append([]string{headersKey + g.KVSep + d.in.element}, pairs...)
		}
		if d.parser.tsKey != "" {
			pairs = append([]string{d.parser.tsKey + g.KVSep + d.in.ts}, pairs...)
		}
		return strings.Join(pairs, g.PairSep)
	case "versioned_list":
		return g.Version + g.VersionSep + text
	case "positional":
		return d.in.ts + g.PairSep + text
	case "key_pairs":
		return g.Strip + d.parser.keyID + g.KVSep + text
	case "envelope":
		b, _ := json.Marshal(map[string]string{"alg": "ecdsa", "kid": "test", "signature": text, "digest": strings.ToUpper(d.Algorithm)}, json.Deterministic(true))
		return base64.StdEncoding.EncodeToString(b)
	}
	return text
}

// token is a signed JWT that says what the scheme requires.
func (d *signing) token() (string, error) {
	claims, err := json.Marshal(d.claims(), json.Deterministic(true))
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(d.JWT.Algorithms[0], "HS") { // go-jose refuses short secrets
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+d.JWT.Algorithms[0]+`","typ":"JWT"}`)) + "." +
			base64.RawURLEncoding.EncodeToString(claims)
		return text + "." + base64.RawURLEncoding.EncodeToString(secretVerifier(d.key.secret).mac(d.JWT.Algorithms[0], []byte(text))), nil
	}
	signed, err := d.jose(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func (d *signing) detached() (string, error) {
	signed, err := d.jose(d.r.Body)
	if err != nil {
		return "", err
	}
	return signed.DetachedCompactSerialize()
}

func (d *signing) jose(payload []byte) (*jose.JSONWebSignature, error) {
	alg := jose.SignatureAlgorithm(d.JWT.Algorithms[0])
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: d.private}, nil)
	if err != nil {
		return nil, err
	}
	return signer.Sign(payload)
}

// claims are those that the scheme looks at.
func (d *signing) claims() map[string]any {
	w := d.JWT
	c := map[string]any{"iat": d.now.Unix(), "nbf": d.now.Unix(), "exp": d.now.Add(5 * time.Minute).Unix(), "jti": d.id()}
	set := func(name, value string) {
		if value != "" {
			c[name] = value
		}
	}
	if len(w.Issuers) > 0 {
		c["iss"] = w.Issuers[0]
	} else {
		c["iss"] = "test"
	}
	set("aud", d.values[w.Audience])
	if w.Email != "" {
		c["email"], c["email_verified"] = d.values[w.Email], true
	}
	all := d.urls(d.r)
	address := all[len(all)-1]
	if w.Subject != "" {
		c["sub"] = address
	}
	if w.BodyHash != nil {
		c[w.BodyHash.Claim] = w.BodyHash.of(d.r.Body)
	}
	if w.URLHash != nil {
		c[w.URLHash.Claim] = w.URLHash.of([]byte(address))
	}
	if w.QueryHash {
		c["qsh"] = canonical.QueryHash(d.r.Method, d.r.path(), d.r.rawQuery(), d.basePath())
	}
	return c
}

// of writes the hash of data as the claim has it.
func (h *HashClaim) of(data []byte) string {
	sum := sha256.Sum256(data)
	if h.Encoding == "hex" {
		return hex.EncodeToString(sum[:])
	}
	return base64.URLEncoding.EncodeToString(sum[:])
}

// place puts a text where a source reads it.
func (d *signing) place(s *source, value string) error {
	switch s.in {
	case "header":
		d.r.Header.Set(s.field.names[0], value)
		return nil
	case "query":
		path, query := d.r.path(), d.r.rawQuery()
		q, err := url.ParseQuery(query)
		if err != nil {
			return err
		}
		q.Set(s.name, value)
		d.r.URI = path + "?" + q.Encode()
		return nil
	case "form":
		return d.setField(s.name, value)
	}
	if s.from == "" {
		body, err := setJSON(d.r.Body, s.path, value)
		d.r.Body = body
		return err
	}
	v := view{Request: d.r}
	text, err := v.json(s.from)
	if err != nil {
		return err
	}
	if text, err = setJSON(text, s.path, value); err != nil {
		return err
	}
	return d.setField(s.from, string(text))
}

// setField sets a field of a form.
func (d *signing) setField(name, value string) error {
	form := url.Values{}
	if len(d.r.Body) > 0 {
		v := view{Request: d.r}
		var err error
		if form, err = v.fields(); err != nil {
			return fmt.Errorf("body: is not a form: %w", err)
		}
	}
	form.Set(name, value)
	d.r.Body = []byte(form.Encode())
	d.r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return nil
}

// fillBody sets a field or member that is signed and absent.
func (d *signing) fillBody(s *source) error {
	if s == nil {
		return nil
	}
	if _, err := s.get(&view{Request: d.r}); err == nil {
		return nil
	}
	return d.place(s, d.id())
}
