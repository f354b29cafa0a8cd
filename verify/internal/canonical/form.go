package canonical

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
)

// ParseForm reads the fields of a body whose type is
// application/x-www-form-urlencoded or multipart/form-data (RFC 7578). Any
// other type is an error, and so are a bad percent encoding, a ";" that is not encoded
// (some parsers separate fields there), a multipart body that does not end in
// its closing boundary, and more than 1000 fields. What it returns is not
// larger than the body. No field at all is no error.
//
// Parts with a file name are counted and left out: no provider signs them, so
// whoever relies on such a part relies on nothing.
func ParseForm(contentType string, body []byte) (url.Values, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("content type: %w", ErrMalformed)
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		return parseURLEncoded(string(body))
	case "multipart/form-data":
		return parseMultipart(params["boundary"], body)
	}
	return nil, fmt.Errorf("content type is not a form's: %w", ErrMalformed)
}

func parseURLEncoded(body string) (url.Values, error) {
	if strings.Contains(body, ";") {
		return nil, fmt.Errorf("semicolon in a form: %w", ErrMalformed)
	}
	pairs, err := splitQuery(body)
	if err != nil {
		return nil, err
	}
	return values(pairs), nil
}

func parseMultipart(boundary string, body []byte) (url.Values, error) {
	// The reader takes some truncated bodies for finished ones.
	if end := "\n--" + boundary + "--"; boundary == "" || !bytes.HasSuffix(bytes.TrimRight(body, "\r\n\t "), []byte(end)) {
		return nil, fmt.Errorf("multipart form does not end: %w", ErrMalformed)
	}
	form := url.Values{}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		// The raw part: RFC 7578 forbids other transfer encodings than these,
		// and some parsers decode them while others do not.
		part, err := parts.NextRawPart()
		switch {
		case err == io.EOF && n > 0: // as it is: a wrapped one is a body cut short
			return form, nil
		case err != nil:
			return nil, fmt.Errorf("multipart form: %w", ErrMalformed)
		case n == maxFields:
			return nil, fmt.Errorf("form has more than %d fields: %w", maxFields, ErrMalformed)
		}
		if err := addPart(form, part); err != nil {
			return nil, err
		}
	}
}

// addPart adds a part's value to form unless it is a file.
func addPart(form url.Values, part *multipart.Part) error {
	name, file, err := partName(part.Header)
	if err != nil {
		return err
	}
	value, err := io.ReadAll(part) // of a file too: it must be finished
	if err != nil {
		return fmt.Errorf("multipart form: %w", ErrMalformed)
	}
	if !file {
		form.Add(name, string(value))
	}
	return nil
}

// partName returns a part's field name and whether it is a file, which it is
// with any file name, also an empty one.
func partName(h textproto.MIMEHeader) (name string, file bool, err error) {
	lines := h["Content-Disposition"]
	if len(lines) != 1 || !plain(h["Content-Transfer-Encoding"]) {
		return "", false, fmt.Errorf("header of a part: %w", ErrMalformed)
	}
	kind, params, err := mime.ParseMediaType(lines[0])
	name, named := params["name"]
	if err != nil || kind != "form-data" || !named {
		return "", false, fmt.Errorf("header of a part: %w", ErrMalformed)
	}
	_, file = params["filename"]
	return name, file, nil
}

// plain reports whether a part's bytes are its value.
func plain(transferEncodings []string) bool {
	return !slices.ContainsFunc(transferEncodings, func(e string) bool {
		return !slices.Contains([]string{"7bit", "8bit", "binary"}, strings.ToLower(e))
	})
}

// SortedForm returns each name and its value, sorted by name and then by
// value, with nothing between them, as Mandrill signs a form:
// https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
//
// The format is ambiguous: the field ab with the value c has the text of the
// field a with the value bc.
func SortedForm(form url.Values) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Sorted(slices.Values(form[name])) {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	return b.String()
}
