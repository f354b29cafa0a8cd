package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// A digest is the hash that a public key's signature is over; 0: the scheme's.
type digest = crypto.Hash

// prove checks what has been read with the keys.
func (c *checker) prove(now time.Time, v *view, in *input, res *Result) error {
	if err := c.remote.check(v); err != nil {
		return err
	}
	switch c.Kind {
	case "hmac", "hash":
		return c.proveKeyed(v, in, res)
	case "token", "basic":
		return c.proveCredential(in, res)
	case "jwt":
		return c.proveJWT(now, v, in.credential, res)
	case "jws":
		return c.proveJWS(now, v, in.credential, res)
	}
	return c.provePublic(now, v, in, res)
}

// verifyHMAC computes one MAC per secret and compares it with each signature.
func (c *checker) verifyHMAC(r *Request, in *input, res *Result) error {
	for i, k := range c.keys {
		m := k.macs.Get().(*mac)
		m.Reset()
		m.feed(c.contents[0], r, in)
		sum := m.Sum(m.sum[:0])
		matched := in.has(sum)
		if i == 0 || !c.many { // with many, not that of whichever signature was left
			res.accept(k, sum)
		}
		k.macs.Put(m)
		if matched {
			res.Secret = k.index
			if c.byText {
				c.acceptText(k, r, in, res)
			}
			return nil
		}
	}
	return c.mismatch
}

// hashed are the hashes of signed texts.
var hashed = sync.Pool{New: func() any { return &mac{Hash: sha256.New()} }}

// acceptText notes the SHA-256 of the signed text, which is streamed.
func (c *checker) acceptText(k *key, r *Request, in *input, res *Result) {
	m := hashed.Get().(*mac)
	defer hashed.Put(m)
	m.Reset()
	m.feed(c.contents[0], r, in)
	res.accept(k, m.Sum(m.sum[:0]))
}

// feed streams the signed text into m. The small parts are gathered in m's
// own scratch; the body is never copied.
func (m *mac) feed(t template, r *Request, in *input) {
	m.scratch = m.scratch[:0]
	for i := range t {
		p := &t[i]
		if p.kind != partBody {
			m.scratch = p.appendTo(m.scratch, r, in)
			continue
		}
		if len(m.scratch) > 0 {
			m.Write(m.scratch)
			m.scratch = m.scratch[:0]
		}
		m.Write(r.Body)
	}
	if len(m.scratch) > 0 {
		m.Write(m.scratch)
	}
}

// proveKeyed checks a MAC or keyed hash over each text that may be signed.
func (c *checker) proveKeyed(v *view, in *input, res *Result) error {
	if c.Kind != "hash" {
		return c.proveTexts(v, in, res, c.keys...)
	}
	for _, k := range c.keys { // each of which is in its text
		if err := c.proveTexts(v, in, res, k); !errors.Is(err, ErrMismatch) {
			return err
		}
	}
	return c.mismatch
}

// proveTexts checks each text with each key.
func (c *checker) proveTexts(v *view, in *input, res *Result, keys ...*key) error {
	match, matched := *res, false // by itself: res would move to the heap in every scheme
	for text, err := range c.texts(v, in, keys[0]) {
		if err != nil {
			return err
		}
		matched = slices.ContainsFunc(keys, func(k *key) bool { return !c.grown(k, text) && c.matches(k, text, in, &match) })
		if matched {
			break
		}
	}
	if !matched {
		return c.mismatch
	}
	*res = match
	return nil
}

// grown reports whether a text may be one that was made longer. A plain hash
// of a secret and a text behind it is all that anybody needs for the hash of
// that text, the hash's padding and what he likes (length extension). The
// padding ends in the number of bits, in 8 bytes of which the first are zero
// for any text that exists; what providers sign, JSON and URLs, never has a
// zero byte. UTF-8 would not do: the padding's first byte, 0x80, may complete
// a letter.
func (c *checker) grown(k *key, text []byte) bool {
	return c.grows && bytes.IndexByte(bytes.TrimPrefix(text, k.secret), 0) >= 0
}

// matches reports whether one of the signatures is a key's over a text.
func (c *checker) matches(k *key, text []byte, in *input, res *Result) bool {
	sum := c.sum(k, text)
	if !in.has(sum) {
		return false
	}
	res.accept(k, sum)
	if c.byText {
		proof := sha256.Sum256(text)
		res.accept(k, proof[:])
	}
	return true
}

// sum is the MAC of a text, or its plain hash.
func (c *checker) sum(k *key, text []byte) []byte {
	if c.Kind == "hash" {
		h := hashes[c.Algorithm]()
		h.Write(text)
		return h.Sum(nil)
	}
	m := k.macs.Get().(*mac)
	defer k.macs.Put(m)
	m.Reset()
	m.Write(text)
	return m.Sum(nil)
}

// provePublic checks a signature that a private key made.
func (c *checker) provePublic(now time.Time, v *view, in *input, res *Result) error {
	var keys []*key
	match, matched := *res, false // as in proveTexts
	for text, err := range c.texts(v, in, nil) {
		if err != nil {
			return err
		}
		if keys == nil { // not before there is something to check
			if keys, err = c.keysFor(now, v, ""); err != nil {
				return err
			}
		}
		if matched = c.signedBy(keys, text, in, &match); matched {
			break
		}
	}
	if !matched {
		return c.mismatch
	}
	*res = match
	return nil
}

// signedBy reports whether one of the signatures is one of the keys' over a
// text.
func (c *checker) signedBy(keys []*key, text []byte, in *input, res *Result) bool {
	hash := in.digest
	if hash == 0 {
		hash = digester(c.Algorithm)
	}
	proof := sha256.Sum256(text)
	if c.Prehash == "sha256" {
		text = proof[:]
	}
	for _, k := range keys {
		for i := range in.n {
			if checkSignature(k.public, hash, text, in.at(i, c.size())) {
				res.accept(k, proof[:])
				return true
			}
		}
	}
	return false
}

// checkSignature checks one signature over a text. SHA-1 is the choice of the
// providers that use it (RFC 8017 PKCS #1 v1.5, and ECDSA in DER).
func checkSignature(public crypto.PublicKey, hash crypto.Hash, text, sig []byte) bool {
	if k, ok := public.(ed25519.PublicKey); ok {
		return ed25519.Verify(k, text, sig)
	}
	h := hash.New()
	h.Write(text)
	switch k := public.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, h.Sum(nil), sig) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, h.Sum(nil), sig)
	}
	return false
}

// proveCredential checks a token, or user and password.
func (c *checker) proveCredential(in *input, res *Result) error {
	if c.Kind == "token" {
		return c.compare(sha256.Sum256([]byte(in.credential)), res)
	}
	b, err := strictBase64.DecodeString(in.credential)
	if err != nil || bytes.IndexByte(b, ':') < 0 {
		return c.malformed
	}
	return c.compare(sha256.Sum256(b), res)
}

// knows reports whether there is a secret with this digest. Comparing digests
// hides the secrets' lengths too.
func (c *checker) knows(digest [sha256.Size]byte, res *Result) bool {
	for _, k := range c.keys {
		if subtle.ConstantTimeCompare(digest[:], k.digest[:]) == 1 {
			res.Secret = k.index
			return true
		}
	}
	return false
}

// compare is knows for a request with a signature place.
func (c *checker) compare(digest [sha256.Size]byte, res *Result) error {
	if c.knows(digest, res) {
		return nil
	}
	return c.mismatch
}

// verifyEach checks a token that every element of a batch must carry.
func (c *checker) verifyEach(v *view, res *Result) error {
	n := 0
	var match Result // by itself: res would move to the heap in every scheme
	err := v.each(c.JSONFrom, c.signature.path, func(token string) error {
		n++
		if token == "" {
			return c.signature.missing
		}
		return c.compare(sha256.Sum256([]byte(token)), &match)
	})
	if err == nil && n == 0 {
		err = c.signature.missing
	}
	res.Secret = match.Secret
	return err
}

// verifyItems checks a batch in which every element is signed by itself, as
// Adyen's standard notifications are. Neither the items' order nor how often
// one is there is signed: a batch is the same in any order, and holds each once.
func (c *checker) verifyItems(v *view, res *Result) error {
	items, err := canonical.AdyenItems(v.Body)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", c.signature.name, ErrMalformed, err)
	}
	if len(items) == 0 {
		return c.signature.missing
	}
	var proofs [][]byte
	for _, item := range items {
		if item.Signature == "" {
			return c.signature.missing
		}
		var in input
		if err := c.parser.parse(item.Signature, &in); err != nil {
			return err
		}
		if !slices.ContainsFunc(c.keys, func(k *key) bool { return c.matches(k, item.Text, &in, res) }) {
			return c.mismatch
		}
		proofs = append(proofs, bytes.Clone(res.MAC()))
	}
	slices.SortFunc(proofs, bytes.Compare)
	if len(slices.CompactFunc(proofs, bytes.Equal)) < len(items) {
		return fmt.Errorf("%s: an item is repeated: %w", c.signature.name, ErrMalformed)
	}
	whole := sha256.Sum256(bytes.Join(proofs, nil))
	res.size = copy(res.mac[:], whole[:])
	return nil
}

var (
	errNoClient    = fmt.Errorf("client certificate: %w", ErrMissing)
	errWrongClient = fmt.Errorf("client certificate: %w", ErrMismatch)
)

// verifyClient checks who the client of a mutual TLS connection is. The server
// has checked the certificate's chain.
func (c *checker) verifyClient(cert *x509.Certificate, res *Result) error {
	if cert == nil {
		return errNoClient
	}
	fingerprint := sha256.Sum256(cert.Raw)
	names := append([]string{"sha256:" + hex.EncodeToString(fingerprint[:])}, cert.DNSNames...)
	names = append(names, cert.EmailAddresses...)
	for _, u := range cert.URIs {
		names = append(names, u.String())
	}
	for _, name := range names {
		if c.knows(sha256.Sum256([]byte(name)), res) {
			return nil
		}
	}
	return errWrongClient
}
