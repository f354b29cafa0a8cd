package gateway

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// checkMethod refuses what cannot be a webhook, and what TLS may replay.
func (v *visit) checkMethod() error {
	r := v.r
	if !v.webhookMethod() && !slices.Contains(v.verifier.HandshakeMethods(), r.Method) {
		return v.notAllowed()
	}
	if r.TLS != nil && !r.TLS.HandshakeComplete {
		return &Refusal{Status: http.StatusTooEarly, Reason: ReasonEarlyData}
	}
	return nil
}

// webhookMethod reports whether the provider's webhooks come with the method.
func (v *visit) webhookMethod() bool {
	return v.r.Method == http.MethodPost || slices.Contains(v.verifier.Provider().Methods, v.r.Method)
}

// checkSender refuses addresses that are not on the allowlist.
func (v *visit) checkSender() error {
	v.outcome.Sender = v.Server.ClientIP(v.r).Unmap()
	if v.allowlist.allows(v.r, v.outcome.Sender) {
		return nil
	}
	return &Refusal{Status: http.StatusForbidden, Reason: ReasonIPDenied}
}

// checkHeaders refuses by the headers alone what no body can make right.
func (v *visit) checkHeaders() error {
	if err := v.checkHop(); err != nil {
		return &Refusal{Status: http.StatusBadRequest, Reason: ReasonMalformed, Err: err}
	}
	if err := v.verifier.CheckHeader(v.now, v.r.Header); err != nil && !v.mayGreet(err) {
		return refuse(err)
	}
	if v.r.ContentLength > v.config.MaxBody {
		return bodyRefusal(v.r, errTooLarge)
	}
	return nil
}

// checkHop refuses a Connection header that names a header we verify or set:
// nobody honest asks for the application not to see it.
func (v *visit) checkHop() error {
	if strings.EqualFold(v.r.Header.Get("Upgrade"), "websocket") {
		return errors.New("a webhook cannot be upgraded to a websocket")
	}
	for name := range hopNames(v.r.Header) {
		if v.reads[name] || strings.HasPrefix(name, headerPrefix) {
			return fmt.Errorf("the header Connection names %s, which is not of this hop alone", name)
		}
	}
	return nil
}

// readBody reads the body into pooled memory.
func (v *visit) readBody() error {
	b, err := readBody(v.w, v.r, v.maxBody(), time.Duration(v.config.BodyTimeout), v.Budget.share(v.outcome.Sender))
	v.body = b
	return err
}

// verify checks the signature. Everything after it may trust the bytes.
func (v *visit) verify() error {
	v.setRequest(v.body.bytes)
	start := v.Now()
	span := v.step(spanVerify)
	proof, err := v.verifier.Verify(v.now, &v.request)
	endVerify(span, err)
	v.outcome.Verify = v.Now().Sub(start)
	if err != nil {
		if greeting := v.greet(nil); greeting != nil || v.answered {
			return greeting
		}
		return refuse(err)
	}
	v.proof, v.outcome.Secret = proof, proof.Secret
	v.body.verified()
	return v.greet(&v.proof)
}

// client is the certificate of a mutual TLS connection whose chain the server
// has verified. One that it only asked for proves nothing.
func client(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return nil
	}
	return r.TLS.VerifiedChains[0][0]
}

// wanted reports whether the configuration wants the event; what it does not
// want is answered here.
func (v *visit) wanted() (bool, error) {
	if !v.events.Match(v.event.Type) {
		return false, v.ignore()
	}
	if v.accept == nil {
		return true, nil
	}
	holds, err := v.accept.Match(v.event)
	switch {
	case errors.Is(err, verify.ErrNotJSON):
		return false, v.unread(err)
	case holds:
		return true, nil
	}
	v.outcome.ConditionFailed = err != nil
	return false, v.ignore()
}

func (v *visit) ignore() error {
	return v.answer(OutcomeFiltered, http.StatusOK, `{"status":"ignored"}`)
}
