package canonical

import (
	"net/url"
	"strings"
)

// PlivoV3 returns the pieces of the text that Plivo signs in version 3, with
// nothing between them: the URL without
// userinfo and fragment, with its query sorted and decoded; for a POST then
// the fields, sorted; and the nonce. A GET has its fields in the query. From
// plivo-node (dist/utils/v3Security.js), and
// https://docs.plivo.com/docs/voice/xml/request/validation
//
// It returns none, which Plivo never signs, for other methods, without a nonce
// and for a URL or query that cannot be read.
//
// The format is ambiguous: names and values are decoded and not delimited. It
// does not tell a GET from a POST without fields either.
func PlivoV3(method, rawURL string, form url.Values, nonce string) []string {
	rawURL, _, _ = strings.Cut(rawURL, "#")
	address, rawQuery, _ := strings.Cut(rawURL, "?")
	u, ok := splitURL(address)
	pairs, err := splitQuery([]byte(rawQuery))
	if !ok || err != nil || nonce == "" {
		return nil
	}
	base := u.scheme + u.host + u.port + u.rest
	query := values(pairs)
	switch method {
	case "GET":
		for name, list := range form {
			query[name] = append(query[name], list...)
		}
		return append(plivoURL(base, query), ".", nonce)
	case "POST":
		if len(form) == 0 {
			return append(plivoURL(base, query), ".", nonce)
		}
		text := append([]string{base, "?"}, sortedQuery(query)...) // "?" also when nothing follows
		if len(query) > 0 {
			text = append(text, ".")
		}
		return append(append(text, Sorted(form)...), ".", nonce)
	}
	return nil
}

func plivoURL(base string, query url.Values) []string {
	if len(query) > 0 {
		base += "?"
	}
	return append([]string{base}, sortedQuery(query)...)
}

// sortedQuery sorts by name and then by value, and encodes nothing.
func sortedQuery(query url.Values) []string {
	var pieces []string
	for i, piece := range Sorted(query) {
		switch {
		case i%2 == 1:
			pieces = append(pieces, "=")
		case i > 0:
			pieces = append(pieces, "&")
		}
		pieces = append(pieces, piece)
	}
	return pieces
}
