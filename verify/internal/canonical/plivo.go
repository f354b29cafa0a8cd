package canonical

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// PlivoV3 returns the text that Plivo signs in version 3: the URL without
// userinfo and fragment, with its query sorted and decoded; for a POST then
// the fields, sorted; and the nonce. A GET has its fields in the query. From
// plivo-node (dist/utils/v3Security.js), and
// https://docs.plivo.com/docs/voice/xml/request/validation
//
// It returns "", which Plivo never signs, for other methods, without a nonce
// and for a URL or query that cannot be read.
//
// The format is ambiguous: names and values are decoded and not delimited. It
// does not tell a GET from a POST without fields either.
func PlivoV3(method, rawURL string, form url.Values, nonce string) string {
	rawURL, _, _ = strings.Cut(rawURL, "#")
	address, rawQuery, _ := strings.Cut(rawURL, "?")
	u, ok := splitURL(address)
	pairs, err := splitQuery(rawQuery)
	if !ok || err != nil || nonce == "" {
		return ""
	}
	base := u.scheme + u.host + u.port + u.rest
	query := values(pairs)
	switch method {
	case "GET":
		for name, list := range form {
			query[name] = append(query[name], list...)
		}
		return plivoURL(base, query) + "." + nonce
	case "POST":
		if len(form) == 0 {
			return plivoURL(base, query) + "." + nonce
		}
		base += "?" // also when nothing follows
		if sorted := sortedQuery(query); sorted != "" {
			base += sorted + "."
		}
		return base + SortedForm(form) + "." + nonce
	}
	return ""
}

func plivoURL(base string, query url.Values) string {
	if sorted := sortedQuery(query); sorted != "" {
		return base + "?" + sorted
	}
	return base
}

// sortedQuery sorts by name and then by value, and encodes nothing.
func sortedQuery(query url.Values) string {
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			fields = append(fields, name+"="+value)
		}
	}
	return strings.Join(fields, "&")
}
