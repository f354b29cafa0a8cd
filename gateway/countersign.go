package gateway

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A SignSecret is a Config's secret for the application: empty only if it is
// not given. A variable that is not set must not have attempts go unsigned.
type SignSecret string

// UnmarshalText refuses an empty secret.
func (s *SignSecret) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("sign: the secret is empty")
	}
	*s = SignSecret(text)
	return nil
}

// A Countersigner signs attempts for the application, in the form of Standard
// Webhooks (https://www.standardwebhooks.com): so it can verify a retry that
// comes when the provider's own signature is too old.
type Countersigner struct{ signer *verify.Signer }

// NewCountersigner returns a Countersigner with the secret, as Standard
// Webhooks writes it: base64 of 24 bytes or more, with or without whsec_ in
// front. The error does not contain it.
func NewCountersigner(secret string) (*Countersigner, error) {
	signer, err := verify.NewSigner(verify.Config{Provider: "standard-webhooks", Secrets: []string{secret}})
	if err != nil {
		return nil, err
	}
	return &Countersigner{signer}, nil
}

// Names of the headers, by the standard.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// sign signs the event as sent at now.
func (c *Countersigner) sign(h http.Header, e *Event, now time.Time) error {
	r := verify.Request{Method: e.Method, URI: e.Target, Header: http.Header{headerID: {e.standardID()}}, Body: e.Body}
	if err := c.signer.Sign(now, &r); err != nil {
		return err
	}
	for _, name := range []string{headerID, headerTimestamp, headerSignature} {
		h[name] = r.Header[name]
	}
	return nil
}

// standardID is the event's id for Standard Webhooks: the same for all
// attempts, and without the dot that separates what is signed.
func (e *Event) standardID() string { return strings.ReplaceAll(e.Reference(), ".", "_") }
