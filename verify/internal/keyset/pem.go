package keyset

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

const pemBegin = "-----BEGIN"

// ParsePEM reads the public keys in a text, in its order: blocks PUBLIC KEY,
// RSA PUBLIC KEY (PKCS #1) and CERTIFICATE, of which only the key is taken:
// whether it is valid today is not looked at. There may be other text between
// the blocks (RFC 7468, section 2), but no other blocks and no broken ones.
func ParsePEM(text []byte) ([]Key, error) {
	all, err := blocks(text)
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, b := range all {
		public, err := publicOf(b)
		if err != nil {
			return nil, err
		}
		if err := usable(public); err != nil {
			return nil, err
		}
		keys = append(keys, Key{Public: public})
	}
	return keys, nil
}

// blocks returns all of a text's blocks, at least one. pem.Decode skips what it
// cannot read; here each beginning must have come to something.
func blocks(text []byte) ([]*pem.Block, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("longer than %d bytes: %w", maxText, ErrMalformed)
	}
	begun := bytes.Count(text, []byte(pemBegin))
	switch {
	case begun == 0:
		return nil, fmt.Errorf("no PEM block: %w", ErrNoKey)
	case begun > maxKeys:
		return nil, fmt.Errorf("more than %d PEM blocks: %w", maxKeys, ErrMalformed)
	case bytes.Contains(text, []byte("PRIVATE KEY-----")): // even in a broken block
		return nil, ErrPrivate
	}
	var all []*pem.Block
	for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
		if len(b.Headers) > 0 {
			return nil, fmt.Errorf("PEM block with headers: %w", ErrMalformed)
		}
		all = append(all, b)
	}
	if len(all) != begun {
		return nil, fmt.Errorf("broken PEM block: %w", ErrMalformed)
	}
	return all, nil
}

func publicOf(b *pem.Block) (crypto.PublicKey, error) {
	var public crypto.PublicKey
	var err error
	switch b.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(b.Bytes)
	case "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(b.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(b.Bytes); err == nil {
			public = cert.PublicKey
		}
	default: // its name is not ours to repeat
		return nil, fmt.Errorf("PEM block that is no public key or certificate: %w", ErrMalformed)
	}
	if err != nil {
		return nil, fmt.Errorf("PEM block %s is broken: %w", strings.ToLower(b.Type), ErrMalformed)
	}
	return public, nil
}
