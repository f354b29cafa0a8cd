package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

// keyPair is a private key for signing and its public key, both in PEM, as the
// secret of a subject.
func keyPair(kind string) string { return pairs()[kind][0] + "\n" + pairs()[kind][1] }

// edPair is keyPair with the public key as a provider writes it.
func edPair(write func(ed25519.PublicKey) string) string {
	private := pairs()["ed25519"][0]
	return private + "\n" + write(privateOf(private).Public().(ed25519.PublicKey))
}

func base64Public(k ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(k) }
func hexPublic(k ed25519.PublicKey) string    { return hex.EncodeToString(k) }

func privateOf(text string) crypto.Signer {
	block, _ := pem.Decode([]byte(text))
	k, _ := x509.ParsePKCS8PrivateKey(block.Bytes)
	return k.(crypto.Signer)
}

// fromBase64 and fromHex read what has one spelling, nil if it has another.
func fromBase64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(b) != s {
		return nil
	}
	return b
}

func fromHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

// publicProver is the prover of a private key.
func publicProver(hash crypto.Hash, write func([]byte) string, read func(string) []byte) func(string) prover {
	return func(secret string) prover {
		private := privateOf(secret)
		return prover{
			sign: func(text string) string {
				sig, _ := private.Sign(rand.Reader, digestOf(hash, text), hash)
				return write(sig)
			},
			check: func(text, sig string) []byte {
				if b := read(sig); b != nil && genuine(private.Public(), hash, digestOf(hash, text), b) {
					sum := sha256.Sum256([]byte(text))
					return sum[:]
				}
				return nil
			},
		}
	}
}

func edProver(write func([]byte) string, read func(string) []byte) func(string) prover {
	return publicProver(0, write, read)
}

// digestOf is the hash of a text, or the text itself for Ed25519.
func digestOf(hash crypto.Hash, text string) []byte {
	if hash == 0 {
		return []byte(text)
	}
	h := hash.New()
	h.Write([]byte(text))
	return h.Sum(nil)
}

func genuine(public crypto.PublicKey, hash crypto.Hash, digest, sig []byte) bool {
	switch k := public.(type) {
	case ed25519.PublicKey:
		return len(sig) == ed25519.SignatureSize && ed25519.Verify(k, digest, sig)
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, digest, sig) == nil
	}
	return false
}

// FuzzPublicKey: schemes with a key pair.
func FuzzPublicKey(f *testing.F) {
	rsaOf := func(hash crypto.Hash) func(string) prover { return publicProver(hash, asBase64, fromBase64) }
	timeBody := func(between string) func(q *asked) []string {
		return func(q *asked) []string { return []string{q.time + between + string(q.Body)} }
	}
	fuzzFamily(f,
		&subject{provider: "discord", scheme: "default", secret: edPair(hexPublic), signature: "X-Signature-Ed25519", stamp: "X-Signature-Timestamp", form: "$S", body: sampleJSON, unit: "s10", texts: timeBody(""), prover: edProver(asHex, fromHex)},
		&subject{provider: "telnyx", scheme: "default", secret: edPair(base64Public), signature: "telnyx-signature-ed25519", stamp: "telnyx-timestamp", form: "$S", body: sampleJSON, unit: "s", tolerance: 300, texts: timeBody("|"), prover: edProver(asBase64, fromBase64)},
		&subject{provider: "sendgrid", scheme: "default", secret: keyPair("ecdsa"), signature: "X-Twilio-Email-Event-Webhook-Signature", stamp: "X-Twilio-Email-Event-Webhook-Timestamp", form: "$S", body: sampleJSON, unit: "s10", texts: timeBody(""), prover: rsaOf(crypto.SHA256)},
		ebay(),
		&subject{provider: "wise", scheme: "sha256", secret: keyPair("rsa"), signature: "X-Signature-SHA256", form: "$S", body: sampleJSON, prover: rsaOf(crypto.SHA256)},
		&subject{provider: "wise", scheme: "sha1-legacy", secret: keyPair("rsa"), signature: "X-Signature", form: "$S", body: sampleJSON, prover: rsaOf(crypto.SHA1)},
		&subject{provider: "fireblocks", scheme: "v1-legacy", secret: keyPair("rsa"), signature: "Fireblocks-Signature", form: "$S", body: sampleJSON, prover: rsaOf(crypto.SHA512)},
		&subject{provider: "travis-ci", scheme: "default", secret: keyPair("rsa"), signature: "Signature", form: "$S", body: "payload=%7B%22id%22%3A1%7D&x=1", kind: kindForm, fixedBody: true, texts: payloadText, prover: rsaOf(crypto.SHA1)},
		paypal(rsaOf(crypto.SHA256)),
		bridgeXYZ(),
	)
}

func ebay() *subject {
	return &subject{provider: "ebay", scheme: "default", secret: keyPair("ecdsa"), signature: "x-ebay-signature", form: "$E", body: sampleJSON, prover: publicProver(crypto.SHA1, asBase64, fromBase64),
		fill: func(q *asked, text string) string { // $E is the envelope
			if !strings.Contains(text, "$E") {
				return text
			}
			return strings.ReplaceAll(text, "$E", asBase64([]byte(`{"alg":"ecdsa","kid":"x","digest":"SHA1","signature":"`+q.s.proof.sign(string(q.Body))+`"}`)))
		},
		read: func(value string) []reading {
			var envelope struct{ Signature string }
			if b := fromBase64(value); b == nil || json.Unmarshal(b, &envelope) != nil {
				return nil
			}
			return []reading{{sigs: []string{envelope.Signature}}}
		}}
}

func paypal(prover func(string) prover) *subject {
	return &subject{provider: "paypal", scheme: "default", secret: keyPair("rsa"), options: opts{"webhook_id": "WEBHOOK"}, signature: "Paypal-Transmission-Sig", stamp: "Paypal-Transmission-Time", extra: "Paypal-Transmission-Id", form: "$S", body: sampleJSON, unit: "rfc3339", prover: prover,
		fixed: map[string]string{"Paypal-Cert-Url": "https://api.paypal.com/v1/notifications/certs/CERT", "Paypal-Auth-Algo": "SHA256withRSA"},
		texts: func(q *asked) []string {
			id := q.header(q.s.extra)
			if (!visible(id) || strings.Contains(id, "|")) && !q.signing {
				return nil
			}
			return []string{fmt.Sprintf("%s|%s|WEBHOOK|%d", id, q.time, crc32.ChecksumIEEE(q.Body))}
		}}
}

// bridgeXYZ hashes twice, but what stands for the text is its hash.
func bridgeXYZ() *subject {
	rsaOf := publicProver(crypto.SHA256, asBase64, fromBase64)
	return &subject{provider: "bridge-xyz", scheme: "v0", secret: keyPair("rsa"), signature: "X-Webhook-Signature", form: "t=$T,v0=$S", body: sampleJSON, unit: "ms", tolerance: 600,
		read:  keyValues(",", "t", "v0"),
		texts: func(q *asked) []string { return []string{q.time + "." + string(q.Body)} },
		prover: func(secret string) prover {
			p := rsaOf(secret)
			twice := func(text string) string {
				sum := sha256.Sum256([]byte(text))
				return string(sum[:])
			}
			return prover{
				sign: func(text string) string { return p.sign(twice(text)) },
				check: func(text, sig string) []byte {
					if p.check(twice(text), sig) == nil {
						return nil
					}
					return []byte(twice(text))
				},
			}
		}}
}
