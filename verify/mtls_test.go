package verify

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net/url"
	"testing"
)

func TestClientCertificate(t *testing.T) {
	raw := []byte("the certificate's DER")
	sum := sha256.Sum256(raw)
	v := mustNew(t, Config{Provider: "mtls", Secrets: []string{"hooks.example.com", "spiffe://example.com/hooks", "sha256:" + hex.EncodeToString(sum[:])}})
	uri, err := url.Parse("spiffe://example.com/hooks")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		cert   *x509.Certificate
		secret int
		want   error
	}{
		{"none", nil, 0, ErrMissing},
		{"no names", &x509.Certificate{}, 0, ErrMismatch},
		{"another name", &x509.Certificate{DNSNames: []string{"other.example.com"}}, 0, ErrMismatch},
		{"a name", &x509.Certificate{DNSNames: []string{"other.example.com", "hooks.example.com"}}, 0, nil},
		{"a URI", &x509.Certificate{URIs: []*url.URL{uri}}, 1, nil},
		{"a fingerprint", &x509.Certificate{Raw: raw}, 2, nil},
		{"the common name does not count", &x509.Certificate{}, 0, ErrMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := v.Verify(t0, &Request{Client: tt.cert})
			if !errors.Is(err, tt.want) || res.Secret != tt.secret || len(res.MAC()) > 0 {
				t.Errorf("Verify = %+v, %v, want secret %d, %v", res, err, tt.secret, tt.want)
			}
		})
	}
}
