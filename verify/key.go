package verify

import (
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
	"sha1":   sha1.New,
	"sha256": sha256.New,
	"sha384": sha512.New384,
	"sha512": sha512.New,
}

// A key is one secret, ready for use by several goroutines at once.
type key struct {
	index  int               // in Config.Secrets
	macs   *sync.Pool        // of *mac, for hmac
	public ed25519.PublicKey // for ed25519
	digest [sha256.Size]byte // of a token or user:password
}

// A mac is a keyed hash with the memory it needs, so that using it does not
// allocate.
type mac struct {
	hash.Hash
	sum     [maxDigest]byte
	scratch []byte
}

// newKey makes a key of a secret. Its errors do not contain the secret.
func newKey(s *Scheme, index int, secret string, least int) (*key, error) {
	if err := checkSecret(s, secret, least); err != nil {
		return nil, err
	}
	k := &key{index: index}
	if s.carriesSecret() {
		k.digest = sha256.Sum256([]byte(secret))
		return k, nil
	}
	b, err := s.Key.decode(secret)
	switch {
	case err != nil:
		return nil, err
	case s.Kind == "ed25519":
		if len(b) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("is %d bytes, an Ed25519 public key is %d", len(b), ed25519.PublicKeySize)
		}
		k.public = b
	case len(b) < least:
		return nil, fmt.Errorf("is shorter than %d bytes", least)
	default:
		h := hashes[s.Algorithm]
		k.macs = &sync.Pool{New: func() any { return &mac{Hash: hmac.New(h, b)} }}
	}
	return k, nil
}

func checkSecret(s *Scheme, secret string, least int) error {
	switch {
	case secret == "":
		return errors.New("is empty")
	case strings.TrimSpace(secret) != secret:
		return errors.New("begins or ends with white space (a newline at the end of a file?)")
	case s.Kind != "ed25519" && strings.HasPrefix(secret, publicPrefix):
		return errors.New("is a public key, which is no secret")
	case s.carriesSecret() && len(secret) < least:
		return fmt.Errorf("is shorter than %d bytes", least)
	case s.carriesSecret() && len(secret) > maxCredential/2:
		return fmt.Errorf("is longer than %d bytes", maxCredential/2)
	case s.Kind == "token" && !printable(secret):
		return errors.New("is not printable ASCII without spaces, which a header's token is")
	case s.Kind == "basic" && !strings.Contains(secret, ":"):
		return errors.New("is not user:password")
	}
	return nil
}

func (k Key) decode(secret string) ([]byte, error) {
	text := strings.TrimPrefix(secret, k.StripPrefix)
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
