package verify

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
	"sync"

	"golang.org/x/crypto/sha3"
	"golang.org/x/text/unicode/norm"
)

const (
	// minSecret is the fewest bytes of a secret for a generic provider, where
	// people make it up themselves: 8 random bytes cannot be guessed online.
	// A named provider's secret is taken as the provider issued it.
	minSecret = 8
	// maxCredential is the longest token or user:password, in bytes as sent.
	maxCredential = 4096
	// publicPrefix marks a public key, which is no secret.
	publicPrefix = "whpk_"
)

var hashes = map[string]func() hash.Hash{
	"sha1":      sha1.New,
	"sha256":    sha256.New,
	"sha384":    sha512.New384,
	"sha512":    sha512.New,
	"keccak256": sha3.NewLegacyKeccak256, // Ethereum's, which SHA3-256 is not
}

// A key is one secret, ready for use by several goroutines at once.
type key struct {
	index  int               // in Config.Secrets
	macs   *sync.Pool        // of *mac, for hmac
	secret []byte            // for hash, and for the tokens of a jwt
	public crypto.PublicKey  // for the kinds with public keys
	id     string            // of a public key; may be ""
	digest [sha256.Size]byte // of a token or user:password
}

// A mac is a keyed hash with the memory it needs, so that using it does not
// allocate.
type mac struct {
	hash.Hash
	sum     [maxDigest]byte
	scratch []byte
}

// newKeys makes the keys of a secret: one, or as many as a set of public keys
// has. Its errors do not contain the secret.
func (s *Scheme) newKeys(index int, secret string, least int) ([]*key, error) {
	if err := s.checkSecret(secret, least); err != nil {
		return nil, err
	}
	if s.public() {
		return s.publicKeys(index, secret)
	}
	k := &key{index: index}
	if s.carriesSecret() {
		k.digest = sha256.Sum256([]byte(secret))
		return []*key{k}, nil
	}
	b, err := s.Key.decode(secret)
	least = max(least, s.Key.Least)
	switch {
	case err != nil:
		return nil, err
	case len(b) < least:
		return nil, fmt.Errorf("is shorter than %d bytes", least)
	}
	k.secret = b
	if s.Kind == "hmac" {
		h := hashes[s.Algorithm]
		k.macs = &sync.Pool{New: func() any { return &mac{Hash: hmac.New(h, b)} }}
	}
	return []*key{k}, nil
}

func (s *Scheme) checkSecret(secret string, least int) error {
	switch {
	case secret == "":
		return errors.New("is empty")
	case strings.TrimSpace(secret) != secret && !s.public():
		return errors.New("begins or ends with white space (a newline at the end of a file?)")
	case s.Kind != "ed25519" && strings.HasPrefix(secret, publicPrefix):
		return errors.New("is a public key, which is no secret")
	case s.Kind == "mtls":
		return nil
	case s.carriesSecret() && len(secret) < least:
		return fmt.Errorf("is shorter than %d bytes", least)
	case s.carriesSecret() && len(secret) > maxCredential/2:
		return fmt.Errorf("is longer than %d bytes", maxCredential/2)
	case s.Kind == "token" && !printableText(secret):
		return errors.New("is not printable ASCII, which a header's token is")
	case s.Kind == "basic" && !strings.Contains(secret, ":"):
		return errors.New("is not user:password")
	}
	return nil
}

// decode turns a secret into the bytes of the key.
func (k Key) decode(secret string) ([]byte, error) {
	text := strings.TrimPrefix(secret, k.StripPrefix)
	if k.Normalize == "NFKD" {
		text = norm.NFKD.String(text)
	}
	var b []byte
	var err error
	switch k.Decode {
	case "hex":
		b, err = hex.DecodeString(text)
	case "base64":
		enc := base64.StdEncoding
		if k.LenientPadding {
			text, enc = strings.TrimRight(text, "="), base64.RawStdEncoding
		}
		b, err = enc.DecodeString(text)
	case "sha1": // Braintree's way of making a key of its private key
		sum := sha1.Sum([]byte(text))
		b = sum[:]
	default:
		b = []byte(text)
	}
	if err != nil { // its text would quote the secret
		return nil, fmt.Errorf("is not %s", k.Decode)
	}
	if len(b) == 0 {
		return nil, errors.New("is empty")
	}
	return b, nil
}

// rawEd25519 reads the 32 bytes of an Ed25519 public key in the scheme's
// encoding, which are no PEM, JWK or DER.
func (k Key) rawEd25519(secret string) (ed25519.PublicKey, error) {
	b, err := k.decode(strings.TrimSpace(secret))
	if err != nil {
		return nil, err
	}
	if len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("is %d bytes, an Ed25519 public key is %d", len(b), ed25519.PublicKeySize)
	}
	return b, nil
}
