package canonical

import (
	"bytes"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxContentType is how many bytes a content type may have: a boundary has 70.
const maxContentType = 1024

// ascii are charsets in which ASCII is ASCII, as WordPress may be set to. In
// others, some applications would read other names and values than these.
var ascii = regexp.MustCompile(`(?i)^(|utf-?8|us-ascii|iso-8859-[0-9]+|windows-125[0-9])$`)

// ParseForm reads the fields of a body whose type is
// application/x-www-form-urlencoded or multipart/form-data (RFC 7578). Any
// other type is an error, and so are a charset without ASCII, a bad percent
// encoding, a ";" that is not encoded (some parsers separate fields there), a
// multipart body that does not end in its closing boundary, and more than 1000
// fields. What it returns is not larger than the body, nor is more memory needed
// for it. No field at all is no error.
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
	if !ascii.MatchString(params["charset"]) {
		return nil, fmt.Errorf("content type has an odd charset: %w", ErrMalformed)
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

// Alike reports whether some application takes a field of a form, or a parameter
// of a query, for the other. ASP.NET knows no case. PHP cuts off spaces in front
// of a name and what is behind a zero byte, and puts "_" for other spaces, dots
// and a lone "[". PHP, Rack and qs make a list or a map of what has a "[" behind
// its name.
func Alike(a, b string) bool {
	return strings.EqualFold(phpVariable(a), phpVariable(b)) || strings.EqualFold(list(a), list(b))
}

var phpReplacer = strings.NewReplacer(" ", "_", ".", "_", "[", "_")

func phpVariable(name string) string {
	name, _, _ = strings.Cut(strings.TrimLeft(name, " "), "\x00")
	return phpReplacer.Replace(name)
}

// list is the name of the list or map that a field is in, or its own.
func list(name string) string {
	name, _, _ = strings.Cut(name, "[")
	return phpVariable(name)
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
