package keyset

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // a key of a type that is of no use
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
)

type equaler interface{ Equal(crypto.PublicKey) bool }

// checkKeys compares what a parser returned with the keys wanted.
func checkKeys(t *testing.T, got []Key, err error, want []crypto.PublicKey, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) || wantErr == nil && err != nil {
		t.Fatalf("error is %v, want %v", err, wantErr)
	}
	if err != nil && got != nil {
		t.Errorf("%d keys beside an error", len(got))
	}
	if len(got) != len(want) {
		t.Fatalf("%d keys, want %d", len(got), len(want))
	}
	for i := range want {
		if !got[i].Public.(equaler).Equal(want[i]) {
			t.Errorf("key %d is another one", i)
		}
	}
}

func publics(keys ...crypto.PublicKey) []crypto.PublicKey { return keys }

func TestParsePEM(t *testing.T) {
	rsaPEM, ecPEM, edPEM := publicPEM(rsaKey.Public()), publicPEM(ecKey.Public()), publicPEM(edKey.Public())
	pkcs1 := block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey))
	small := publicPEM(&rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 511, 1), E: 65537})
	tests := []struct {
		name, text string
		want       []crypto.PublicKey
		err        error
	}{
		{"RSA", rsaPEM, publics(rsaKey.Public()), nil},
		{"elliptic curve", ecPEM, publics(ecKey.Public()), nil},
		{"Ed25519", edPEM, publics(edKey.Public()), nil},
		{"PKCS 1", pkcs1, publics(rsaKey.Public()), nil},
		{"certificate", newAuthority(t, "root").issue(t, leaf{}), publics(leafKey.Public()), nil},
		{"several, in order", ecPEM + pkcs1 + edPEM, publics(ecKey.Public(), rsaKey.Public(), edKey.Public()), nil},
		{"text around it", "Subject: PayPal\r\n" + strings.ReplaceAll(rsaPEM, "\n", "\r\n") + "\nbye", publics(rsaKey.Public()), nil},

		{"empty", "", nil, ErrNoKey},
		{"HTML", "<html>", nil, ErrNoKey},
		{"private key", block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ecKey))), nil, ErrPrivate},
		{"RSA private key after a public one", rsaPEM + block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), nil, ErrPrivate},
		{"broken private key", "-----BEGIN EC PRIVATE KEY-----\n!", nil, ErrPrivate},
		{"encrypted private key", block("ENCRYPTED PRIVATE KEY", nil), nil, ErrPrivate},
		{"cut off", rsaPEM[:len(rsaPEM)-30], nil, ErrMalformed},
		{"a broken block before a good one", strings.Replace(rsaPEM, "A", "!", 1) + ecPEM, nil, ErrMalformed},
		{"no base64", "-----BEGIN PUBLIC KEY-----\n????\n-----END PUBLIC KEY-----\n", nil, ErrMalformed},
		{"no key in it", block("PUBLIC KEY", []byte("secret")), nil, ErrMalformed},
		{"PKCS 1 named as SPKI", strings.ReplaceAll(pkcs1, "RSA PUBLIC", "PUBLIC"), nil, ErrMalformed},
		{"another kind of block", block("X509 CRL", []byte("secret")), nil, ErrMalformed},
		{"headers", strings.Replace(rsaPEM, "\n", "\nProc-Type: 4,ENCRYPTED\n\n", 1), nil, ErrMalformed},
		{"too many", strings.Repeat(edPEM, maxKeys+1), nil, ErrMalformed},
		{"too long", edPEM + strings.Repeat(" ", maxText), nil, ErrMalformed},
		{"RSA of 512 bits", small, nil, ErrNoKey},
		{"one of two too small", rsaPEM + small, nil, ErrNoKey},
		{"P-224", publicPEM(must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)).Public()), nil, ErrNoKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParsePEM([]byte(tt.text))
			checkKeys(t, got, err, tt.want, tt.err)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v quotes the text", err)
			}
		})
	}
}

func TestUsable(t *testing.T) {
	n := new(big.Int).SetBit(big.NewInt(1), 2047, 1)
	even := new(big.Int).SetBit(new(big.Int), 2047, 1)
	tests := []struct {
		name   string
		public crypto.PublicKey
		want   error
	}{
		{"smallest", &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 3}, nil},
		{"1023 bits", &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1022, 1), E: 3}, ErrNoKey},
		{"largest", &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 8191, 1), E: 3}, nil},
		{"8193 bits", &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 8192, 1), E: 3}, ErrNoKey},
		{"exponent 1, which signs itself", &rsa.PublicKey{N: n, E: 1}, ErrNoKey},
		{"exponent 0", &rsa.PublicKey{N: n}, ErrNoKey},
		{"even exponent", &rsa.PublicKey{N: n, E: 65536}, ErrNoKey},
		{"negative exponent", &rsa.PublicKey{N: n, E: -3}, ErrNoKey},
		{"exponent of 33 bits", &rsa.PublicKey{N: n, E: 1<<32 + 1}, ErrNoKey},
		{"even modulus", &rsa.PublicKey{N: even, E: 3}, ErrNoKey},
		{"DSA", &dsa.PublicKey{}, ErrNoKey},
		{"bytes", []byte("secret"), ErrNoKey},
		{"nothing", nil, ErrNoKey},
	}
	for _, tt := range tests {
		if err := usable(tt.public); !errors.Is(err, tt.want) {
			t.Errorf("%s: usable = %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestParsePublic(t *testing.T) {
	der := base64.StdEncoding.EncodeToString(spki(ecKey.Public())) // ends in ==
	stray := der[:len(der)-3] + string(der[len(der)-3]+1) + "=="
	tests := []struct {
		name, text string
		want       []crypto.PublicKey
		err        error
	}{
		{"PEM", "\n " + publicPEM(rsaKey.Public()), publics(rsaKey.Public()), nil},
		{"JWK", " " + jwk(ecKey.Public(), "", nil) + "\n", publics(ecKey.Public()), nil},
		{"JWK Set", jwks(jwk(ecKey.Public(), "a", nil), jwk(edKey.Public(), "b", nil)), publics(ecKey.Public(), edKey.Public()), nil},
		{"base64", der, publics(ecKey.Public()), nil},
		{"base64 in lines", der[:60] + "\r\n" + der[60:] + "\n", publics(ecKey.Public()), nil},
		{"empty", " ", nil, ErrMalformed},
		{"a word", "secret", nil, ErrMalformed},
		{"base64 of something else", "c2VjcmV0", nil, ErrMalformed},
		{"base64 that ends in stray bits", stray, nil, ErrMalformed},
		{"base64 of a key and more", base64.StdEncoding.EncodeToString(append(spki(ecKey.Public()), 0)), nil, ErrMalformed},
		{"base64 of a private key", base64.StdEncoding.EncodeToString(must(x509.MarshalPKCS8PrivateKey(ecKey))), nil, ErrMalformed},
		{"JSON list", "[]", nil, ErrMalformed},
		{"too long", strings.Repeat("AAAA", maxText/4+1), nil, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParsePublic(tt.text)
			checkKeys(t, got, err, tt.want, tt.err)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%v quotes the text", err)
			}
		})
	}
}
