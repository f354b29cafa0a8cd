// Package keyset holds the public keys that webhook providers publish at an
// address, so that a signature can be judged without asking for them each time.
//
// There are two kinds. A [Set] is the keys at one address that is configured: a
// JWK Set (RFC 7517), PEM (RFC 7468), or PEM inside a JSON document.
// [Certificates] are X.509 certificates (RFC 5280) at addresses that a request
// names, which are therefore pinned to the provider's hosts.
//
// Both fail closed, and neither fetches more often than its limits say, however
// many requests there are: an address is asked over https only, follows no
// redirect, and answers in 5 seconds and at most 256 KiB or not at all. The
// package reads no clock: the instant is an argument of each call, from one
// clock, though slightly out of order does no harm. Its errors never quote a
// key, a file, an answer or the address that a request named.
package keyset

import (
	"crypto"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// A Key is a public key that may have made a signature.
type Key struct {
	ID        string           // the JWK's "kid"; empty where the source has none, as PEM
	Public    crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	Algorithm string           // the JWK's "alg", such as RS256; empty: any for the type
}

// What a caller can decide on. Test with [errors.Is].
var (
	// ErrUnavailable: there is nothing to judge a signature with, now. It may
	// be genuine: ask the sender to try again later.
	ErrUnavailable = errors.New("no keys to judge with")
	// ErrUnknownKey: the keys are there and none has the id.
	ErrUnknownKey = errors.New("unknown key id")
	// ErrForeignURL: the address of a certificate is not one of the provider's,
	// or is not plainly written.
	ErrForeignURL = errors.New("not an address of the provider")
	// ErrBadCertificate: what is at the address is no certificate, or one that
	// is not valid at this instant, not signed by a known authority, or not
	// made out to the provider.
	ErrBadCertificate = errors.New("certificate not valid")
	// ErrMalformed: a text is not written as its format says.
	ErrMalformed = errors.New("keys malformed")
	// ErrPrivate: a text holds a private or symmetric key. It is refused
	// as a whole, so that somebody notices.
	ErrPrivate = errors.New("holds a private or symmetric key")
	// ErrNoKey: a text is well formed and holds no key that could verify a
	// signature here.
	ErrNoKey = errors.New("no usable public key")
)

const (
	maxText    = 256 << 10 // bytes of a file or an answer
	maxKeys    = 64        // in one text: more of them are not tried
	fetchTime  = 5 * time.Second
	minRefresh = 5 * time.Minute // the least and the most that Cache-Control can ask for
	maxRefresh = 24 * time.Hour
	minRSA     = 1024 // bits; crypto/rsa verifies with none smaller
	maxRSA     = 8192 // bits; larger ones cost too much time
)

// Options are how keys are fetched. The zero value is usable.
type Options struct {
	// Client fetches. It is copied: the copy follows no redirects and keeps no
	// cookies. Nil: one that takes proxies from the environment, trusts the
	// system's authorities and keeps no connections open.
	Client *http.Client
	// Roots are the authorities that sign the certificates of [Certificates];
	// nil: the system's. TLS connections are the Client's own matter.
	Roots *x509.CertPool
	// Refresh is how long the keys of a [Set] are used before they are fetched
	// again, where the answer has no Cache-Control max-age. Zero means 1 h;
	// more than 24 h means 24 h.
	Refresh time.Duration
	// Logger hears when keys of a [Set] could not be refreshed. Nil: nobody.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Refresh <= 0 {
		o.Refresh = time.Hour
	}
	o.Refresh = min(o.Refresh, maxRefresh)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
