package diagnose

import (
	"errors"
	"strconv"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// fallback says what is known when nothing that was tried makes the request
// verify.
func (e *explainer) fallback() {
	e.hints()
	err := e.err
	switch {
	case errors.Is(err, verify.ErrMismatch) && special(err) == nil && claim(err) == "" && e.placeholder():
	case errors.Is(err, verify.ErrUnavailable):
		e.cause("keys_unavailable", "The provider's public keys could not be fetched, so nothing can be said. Is the provider reachable from here? A secret or the option keys may name them instead.")
	case errors.Is(err, verify.ErrMissing):
		e.missing()
	case errors.Is(err, verify.ErrNoTimestamp), errors.Is(err, verify.ErrBadTimestamp):
		e.cause("timestamp_missing", "The timestamp that the provider signs is missing or not as it writes it: %v. Something on the way removed or changed it, or this is not the provider's request.%s", err, e.docs())
	case errors.Is(err, verify.ErrBadID), e.lacksHeader():
		e.cause("header_missing", "A header that belongs to the signature is missing or was changed: %v. Something on the way dropped it, or the capture is not complete.%s", err, e.docs())
	case errors.Is(err, verify.ErrAmbiguous):
		e.cause("header_repeated", "A header or field is there several times, and none of them is right by itself: %v.", err)
	case claim(err) != "":
		e.cause("claim", "The token is genuine, but made for something else: %s%s", claimWords(claim(err)), e.docs())
	case special(err) != nil:
		e.cause(special(err).Name, "%s%s", special(err).Text, e.docs())
	case errors.Is(err, verify.ErrMismatch):
		e.wrongSecret()
	default:
		e.cause("signature_malformed", "The signature is not written as the provider writes it: %v. Something on the way changed it, or this is not the provider's request.%s%s", err, e.similar(), e.docs())
	}
}

// lacksHeader reports whether a required header of the first scheme is missing.
func (e *explainer) lacksHeader() bool {
	return errors.Is(e.err, verify.ErrMalformed) && len(e.readings[0].Missing) > 0 && e.readings[0].Err == nil
}

// hints add what speaks for a changed body.
func (e *explainer) hints() {
	if !errors.Is(e.err, verify.ErrMismatch) || !e.verifier.BodySigned() {
		return
	}
	n, err := strconv.Atoi(e.request.Header.Get("Content-Length"))
	switch {
	case err == nil && n != len(e.request.Body):
		e.cause("body_length", "The header Content-Length says %s, the body has %d: it is not complete, or was changed.", count(n, "byte"), len(e.request.Body))
	case len(e.request.Body) == 0 && e.request.Method != "GET":
		e.cause("body_empty", "The body is empty. Something may have read it before it was captured.")
	}
}

func (e *explainer) missing() {
	d := e.readings[0]
	name := e.signatureHeader()
	switch {
	case d.Scheme.Kind == "mtls":
		e.cause("certificate_missing", "The client presented no certificate, or the server did not ask for one. A capture does not hold it.")
	case d.Lines > 0:
		e.cause("signature_empty", "The header %s is there but empty: the sender has no secret configured, and does not sign.%s", d.Scheme.Signature.Name, e.docs())
	case name == "Authorization":
		e.cause("authorization_missing", "There is no header Authorization. Proxies and captures often remove it; or the sender has none configured.%s", e.similar()+e.docs())
	default:
		e.cause("signature_missing", "There is no signature: %s is missing. The sender has no secret configured, something on the way removed it, or this is not a request of %s.%s",
			where(d.Scheme.Signature.In, d.Scheme.Signature.Name), e.provider.Title, e.similar()+e.docs())
	}
}

// wrongSecret is what is left when the signature can be read and nothing fits.
func (e *explainer) wrongSecret() {
	s := e.applicable()
	tail := e.doubts(s)
	switch s.Kind {
	case "token", "basic":
		e.cause("wrong_secret", "What the request carries is none of the secrets: it belongs to another endpoint or environment (test or live), was changed at one side only, or the request is forged.%s", e.docs())
	case "mtls":
		e.cause("wrong_secret", "The client's certificate names none of what is configured (a DNS name, e-mail address, URI or sha256:<fingerprint>).")
	case "ed25519", "ecdsa", "rsa", "jws":
		e.cause("wrong_secret", "The signature was made with another key: the public key belongs to another application or environment (test or live), or was replaced.%s%s", tail, e.docs())
	case "jwt":
		e.cause("wrong_secret", "The token was signed with another key or secret: it belongs to another application or environment (test or live), or was replaced.%s", e.docs())
	default:
		e.cause("wrong_secret", "The secret is another one: it belongs to another endpoint or environment (test or live), or was replaced since.%s%s", tail, e.docs())
	}
}

// doubts name what else may be wrong, besides the secret.
func (e *explainer) doubts(s *verify.Scheme) (text string) {
	for _, name := range s.Requires {
		text += " Or the option " + name + " is not what the provider has."
	}
	if !s.BodyUnsigned {
		text += " Or the body was changed in a way that was not tried."
	}
	return text
}

// applicable is the scheme that the request was meant for.
func (e *explainer) applicable() *verify.Scheme {
	for _, d := range e.readings {
		if d.Err == nil {
			return d.Scheme
		}
	}
	return e.readings[0].Scheme
}

// docs is where the provider says how to get it right.
func (e *explainer) docs() string {
	if len(e.provider.Docs) == 0 {
		return ""
	}
	return " See " + e.provider.Docs[0]
}

// claimWords says what a claim of a token is held against.
func claimWords(name string) string {
	switch name {
	case "iss":
		return "its issuer (iss) is not the provider."
	case "aud":
		return "its audience (aud) is not the one in the option aud: it was made for another receiver."
	case "sub":
		return "its subject (sub) is not the address in the option url."
	case "email":
		return "its service account (email) is not the one in the option email, or not verified."
	case "exp", "iat", "nbf":
		return "its claim " + name + " is not within the time allowed."
	case "qsh":
		return "its hash of the request (qsh) does not fit the method, path and query, or the option base_url."
	}
	return "its claim " + name + " does not fit the request: the body or the address was changed, or it belongs to another request."
}

// claim is the claim of a token that a refusal names, "" if none.
func claim(err error) string {
	_, rest, found := strings.Cut(err.Error(), ": claim ")
	name, _, _ := strings.Cut(rest, ":")
	if !found {
		return ""
	}
	return name
}

// refusals are what verify says where no secret would help, and the cause.
var refusals = []struct {
	says string
	Cause
}{
	{"not one of the provider's addresses", Cause{"certificate_host", "The certificate is not at one of the provider's addresses: the request is forged, or from another environment of the provider. It was not fetched."}},
	{"a key that the provider does not publish", Cause{"unknown_key", "The request is signed with a key that the provider does not publish: it is from another environment (test or live), or forged."}},
	{"not of the configured key", Cause{"key_id", "The signature is of another API key than the option public_key names: set it to the id of the key that belongs to the secret."}},
	{"option topic", Cause{"topic", "The message is of a topic that the option topic does not name: add the topic, or unsubscribe from it."}},
}

// special returns the cause that a refusal names; nil if none.
func special(err error) *Cause {
	for i := range refusals {
		if strings.Contains(err.Error(), refusals[i].says) {
			return &refusals[i].Cause
		}
	}
	return nil
}
