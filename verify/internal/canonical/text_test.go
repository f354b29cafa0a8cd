package canonical

import (
	"net/url"
	"strings"
)

// sortedForm is the text that the pieces of Sorted are.
func sortedForm(form url.Values) string { return strings.Join(Sorted(form), "") }

// twilio returns the whole texts.
func twilio(rawURL string, form url.Values) []string {
	texts, fields := Twilio(rawURL, form)
	for i := range texts {
		texts[i] += strings.Join(fields, "")
	}
	return texts
}

func plivo(method, rawURL string, form url.Values, nonce string) string {
	return strings.Join(PlivoV3(method, rawURL, form, nonce), "")
}
