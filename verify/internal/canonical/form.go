package canonical

import (
	"bytes"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
)

// maxContentType is how many bytes a content type may have: a boundary has 70.
const maxContentType = 1024

// ParseForm reads the fields of a body whose type is
// application/x-www-form-urlencoded or multipart/form-data (RFC 7578). Any
// other type is an error, and so are a bad percent encoding, a ";" that is not encoded
// (some parsers separate fields there), a multipart body that does not end in
// its closing boundary, and more than 1000 fields. What it returns is not
// larger than the body, nor is more memory needed for it. No field at all is no
// error.
//
// Parts with a file name are counted and left out: no provider signs them, so
// whoever relies on such a part relies on nothing.
func ParseForm(contentType string, body []byte) (url.Values, error) {
	if len(contentType) > maxContentType {
		return nil, fmt.Errorf("content type is too long: %w", ErrMalformed)
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("content type: %w", ErrMalformed)
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		return parseURLEncoded(body)
	case "multipart/form-data":
		return parseMultipart(params["boundary"], body)
	}
	return nil, fmt.Errorf("content type is not a form's: %w", ErrMalformed)
}

func parseURLEncoded(body []byte) (url.Values, error) {
	if bytes.IndexByte(body, ';') >= 0 {
		return nil, fmt.Errorf("semicolon in a form: %w", ErrMalformed)
	}
	pairs, err := splitQuery(body)
	if err != nil {
		return nil, err
	}
	return values(pairs), nil
}

// Sorted returns each name and its value, sorted by name and then by value.
// With nothing between them they are what Mandrill signs:
// https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
//
// The format is ambiguous: the field ab with the value c has the text of the
// field a with the value bc.
func Sorted(form url.Values) []string {
	pieces := make([]string, 0, 2*len(form))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Sorted(slices.Values(form[name])) {
			pieces = append(pieces, name, value)
		}
	}
	return pieces
}
