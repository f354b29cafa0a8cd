package verify

import (
	"crypto"
	"fmt"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// A canonicalText builds the texts that a signature may be over where no
// template can, and yields one after the other until it is told to stop. None
// means that the request is not the provider's.
type canonicalText func(c *checker, v *view, in *input, yield func(text []byte) bool) error

// canonicalTexts are the ways that Scheme.Canonical can name. They are set by
// init, because a scheme's check looks names up here.
var canonicalTexts map[string]canonicalText

// undelimited are those with nothing between the names and values of a form.
var undelimited = []string{"plivo_v3", "twilio"}

func init() {
	canonicalTexts = map[string]canonicalText{
		"adyen_items":   nil, // each element is signed: see verifyItems
		"contentful":    contentfulText,
		"mercado_pago":  mercadoPagoText,
		"php_serialize": phpText,
		"plivo_v3":      plivoText,
		"sns":           snsText,
		"twilio":        twilioText,
		"twilio_json":   twilioJSONText,
	}
}

// twilioText is for forms, and for requests without a body, where the URL
// alone is signed.
func twilioText(c *checker, v *view, _ *input, yield func([]byte) bool) error {
	form, err := v.signedFields()
	if err != nil {
		return err
	}
	for _, u := range c.urls(v.Request) {
		urls, fields := canonical.Twilio(u, form)
		for _, signed := range urls {
			if !yield(v.join([]string{signed}, fields)) {
				return nil
			}
		}
	}
	return nil
}

// twilioJSONText is for other bodies, whose hash is in the signed URL.
func twilioJSONText(c *checker, v *view, _ *input, yield func([]byte) bool) error {
	for _, u := range c.urls(v.Request) {
		if !canonical.TwilioBody(u, v.Body) {
			continue
		}
		urls, _ := canonical.Twilio(u, nil)
		for _, signed := range urls {
			if !yield([]byte(signed)) {
				return nil
			}
		}
	}
	return nil
}

func plivoText(c *checker, v *view, _ *input, yield func([]byte) bool) error {
	form, err := v.signedFields()
	if err != nil {
		return err
	}
	nonce, err := c.required[0].get(v.Header)
	if err != nil {
		return err
	}
	for _, u := range c.urls(v.Request) {
		if text := canonical.PlivoV3(v.Method, u, form, nonce); text != nil && !yield(v.join(text)) {
			return nil
		}
	}
	return nil
}

func contentfulText(_ *checker, v *view, _ *input, yield func([]byte) bool) error {
	signed := v.Header.Get("X-Contentful-Signed-Headers")
	text, err := canonical.Contentful(v.Method, v.URI, v.Header, signed, v.Body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	yield(text)
	return nil
}

func mercadoPagoText(_ *checker, v *view, in *input, yield func([]byte) bool) error {
	id, err := v.signedParameter("data.id")
	if err != nil {
		return err
	}
	request, err := one(v.Header["X-Request-Id"])
	if err != nil {
		return fmt.Errorf("X-Request-Id: %w", err)
	}
	text := canonical.MercadoPago(id, request, in.ts)
	if text == "" {
		return nil
	}
	yield([]byte(text))
	return nil
}

func phpText(c *checker, v *view, _ *input, yield func([]byte) bool) error {
	form, err := v.signedFields()
	if err != nil {
		return err
	}
	text, err := canonical.PHPSerialize(form, c.signature.name)
	if err != nil {
		return fmt.Errorf("form: %w: %w", ErrMalformed, err)
	}
	yield(text)
	return nil
}

func snsText(_ *checker, v *view, in *input, yield func([]byte) bool) error {
	m, err := canonical.SNS(v.Body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	in.digest = crypto.SHA256
	if m.Version == "1" {
		in.digest = crypto.SHA1
	}
	yield(m.Text)
	return nil
}
