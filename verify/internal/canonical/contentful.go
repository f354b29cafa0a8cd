package canonical

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	contentfulList = "x-contentful-signed-headers"
	contentfulTime = "x-contentful-timestamp"

	// maxSignedHeaders bounds the work of one request: two names are always
	// signed, and Contentful's webhooks carry about ten headers.
	maxSignedHeaders = 64
)

// contentfulMethods are the methods that Contentful can sign.
var contentfulMethods = []string{"GET", "PATCH", "HEAD", "POST", "DELETE", "OPTIONS", "PUT"}

// Contentful returns the text that Contentful signs: the method, the path and
// query as received (uri), the headers that signedHeaders lists, and the body,
// on a line each. The list itself and the timestamp are always signed. From
// @contentful/node-apps-toolkit (src/requests), and
// https://www.contentful.com/developers/docs/extensibility/app-framework/request-verification/
//
// A listed header that is not there is left out; as the list is signed, no
// signature matches then. It is an error when a listed header is repeated,
// when a value could be taken for the next header, or when the URI is longer
// than MaxURI or has a second "?", behind which Contentful signs nothing.
func Contentful(method, uri string, h http.Header, signedHeaders string, body []byte) ([]byte, error) {
	path, err := contentfulPath(uri)
	if err != nil {
		return nil, err
	}
	headers, err := contentfulHeaders(h, signedHeaders)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(contentfulMethods, method) {
		return nil, fmt.Errorf("method: %w", ErrMalformed)
	}
	text := []byte(method + "\n" + path + "\n" + headers + "\n")
	return append(text, body...), nil
}

// contentfulPath encodes the query as one component, and then the whole: a
// "%" of the path is encoded once, one of the query twice.
func contentfulPath(uri string) (string, error) {
	path, query, _ := strings.Cut(uri, "?")
	if len(uri) > MaxURI || !strings.HasPrefix(path, "/") || strings.Contains(query, "?") {
		return "", fmt.Errorf("request URI: %w", ErrMalformed)
	}
	if query != "" {
		path += "?" + escape(query, uriComponent)
	}
	return escape(path, uriWhole), nil
}

// contentfulHeaders returns the signed headers, sorted, as name:value;name:value.
func contentfulHeaders(h http.Header, list string) (string, error) {
	names, err := contentfulNames(list)
	if err != nil {
		return "", err
	}
	var pairs []string
	for _, name := range names {
		lines := h[http.CanonicalHeaderKey(name)]
		if name == contentfulList {
			lines = []string{list}
		}
		if len(lines) == 0 {
			continue
		}
		value := strings.TrimSpace(lines[0])
		if len(lines) > 1 || strings.Contains(value, "\n") || passesForHeader(value, names) {
			return "", fmt.Errorf("a signed header is repeated or ambiguous: %w", ErrMalformed)
		}
		pairs = append(pairs, name+":"+value)
	}
	return strings.Join(pairs, ";"), nil
}

// contentfulNames returns the names in a list and the two that are always
// signed, sorted. They must be as Contentful writes them: in lower case and
// without white space.
func contentfulNames(list string) ([]string, error) {
	names := strings.SplitN(strings.TrimSpace(list), ",", maxSignedHeaders+1)
	if len(names) > maxSignedHeaders || len(names) < 2 {
		return nil, fmt.Errorf("list of signed headers: %w", ErrMalformed)
	}
	for i, name := range names {
		if !headerName(name) || slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("list of signed headers: %w", ErrMalformed)
		}
	}
	names = append(names, contentfulList, contentfulTime)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// headerName reports whether s is a token (RFC 9110, section 5.6.2) without
// capital letters.
func headerName(s string) bool {
	const token = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"
	return s != "" && strings.Trim(s, token) == ""
}

// passesForHeader reports whether a value contains what separates the headers
// in the text, with one of their names.
func passesForHeader(value string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(value, ";"+name+":") })
}
