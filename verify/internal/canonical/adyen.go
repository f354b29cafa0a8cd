package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxItems bounds what one request can have us sign. Adyen sends one item as
// JSON, and up to six in its older formats; eight is also how many signatures
// a request of any other provider may have.
const maxItems = 8

// An Item is one notification of a batch. Signature is as sent, in base64; it
// is "" when the item has none, and must then be refused with all others.
type Item struct {
	Text      []byte
	Signature string
}

// AdyenItems returns the notifications in the body of a standard webhook of
// Adyen, at least one, each with the text that its signature is over: eight
// fields, joined by ":", in which nothing is escaped; what is missing is
// empty. From adyen-node-api-library (src/utils/hmacValidator.ts), and
// https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
//
// Only merchantReference may contain ":", so that the text says which field is
// which. The other members of an item, and live beside the items, are not
// signed.
func AdyenItems(body []byte) ([]Item, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	top, err := members(body, "notificationItems")
	if err != nil {
		return nil, err
	}
	batch, err := elements(top["notificationItems"], maxItems)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(batch))
	for i, raw := range batch {
		if items[i], err = adyenItem(raw); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func adyenItem(raw json.RawMessage) (Item, error) {
	const name = "NotificationRequestItem"
	wrapper, err := members(raw, name)
	if err != nil {
		return Item{}, err
	}
	fields, err := members(wrapper[name], "pspReference", "originalReference", "merchantAccountCode",
		"merchantReference", "amount", "eventCode", "success", "additionalData")
	if err != nil {
		return Item{}, err
	}
	amount, err := optional(fields["amount"], "value", "currency")
	if err != nil {
		return Item{}, err
	}
	extra, err := optional(fields["additionalData"], "hmacSignature")
	if err != nil {
		return Item{}, err
	}
	if len(extra["hmacSignature"]) > maxText {
		return Item{}, fmt.Errorf("signature is too long: %w", ErrMalformed)
	}
	signature, _, err := text(extra["hmacSignature"])
	if err != nil {
		return Item{}, err
	}
	text, err := adyenText(fields, amount)
	return Item{Text: text, Signature: signature}, err
}

// optional is members, of nothing for null and for none.
func optional(raw json.RawMessage, wanted ...string) (map[string]json.RawMessage, error) {
	if raw == nil || string(raw) == "null" {
		return nil, nil
	}
	return members(raw, wanted...)
}

func adyenText(fields, amount map[string]json.RawMessage) ([]byte, error) {
	signed := []json.RawMessage{
		fields["pspReference"],
		fields["originalReference"],
		fields["merchantAccountCode"],
		fields["merchantReference"],
		amount["value"],
		amount["currency"],
		fields["eventCode"],
		fields["success"],
	}
	const merchantReference = 3
	size := len(signed)
	for _, raw := range signed {
		size += len(raw)
	}
	b := make([]byte, 0, size)
	for i, raw := range signed {
		if i > 0 {
			b = append(b, ':')
		}
		from := len(b)
		var err error
		if b, err = appendScalar(b, raw); err != nil {
			return nil, err
		}
		if i != merchantReference && bytes.IndexByte(b[from:], ':') >= 0 {
			return nil, fmt.Errorf("colon in a signed field: %w", ErrMalformed)
		}
	}
	return b, nil
}

// appendScalar appends the text of a string, a truth value or a whole number,
// as JavaScript writes it, and nothing for null and for none.
func appendScalar(b []byte, raw json.RawMessage) ([]byte, error) {
	if string(raw) == "true" || string(raw) == "false" || whole(raw) {
		return append(b, raw...), nil
	}
	b, _, err := appendText(b, raw)
	return b, err
}

// whole reports whether a JSON number is one in whose writing there is no
// choice: no fraction, no exponent, no -0, and exact in a float64.
func whole(s []byte) bool {
	digits := bytes.TrimPrefix(s, []byte("-"))
	const exact = 15 // decimal digits
	return string(s) != "-0" && len(digits) > 0 && len(digits) <= exact && len(bytes.Trim(digits, "0123456789")) == 0
}
