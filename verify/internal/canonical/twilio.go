package canonical

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// bodyHash is the parameter of the URL by which Twilio signs a body that is
// not a form.
const bodyHash = "bodySHA256"

// Twilio returns what the texts that Twilio may have signed for a request to a
// URL with its query begin with, and the fields of the form that each of them
// ends in: sorted by name, name and value, equal values of one name once and in
// order. Which texts, and that a URL with bodySHA256 has no signed form, are from
// twilio-node (lib/webhooks/webhooks.js); the rest is
// https://www.twilio.com/docs/usage/webhooks/webhooks-security
//
// A nil form is for a body that [TwilioBody] has checked. With any other form
// a URL that has bodySHA256 gives no texts, or the body of a request could be
// taken away: the signature covers the URL alone.
//
// The format is ambiguous: there is nothing between a name and its value.
func Twilio(rawURL string, form url.Values) (urls, fields []string) {
	if form != nil && strings.Contains(rawURL, bodyHash) {
		return nil, nil
	}
	once := url.Values{}
	for name, values := range form {
		once[name] = slices.Compact(slices.Sorted(slices.Values(values)))
	}
	return twilioURLs(rawURL), Sorted(once)
}

// TwilioBody reports whether a URL's query has one bodySHA256 and it is the
// SHA-256 of body in hex.
func TwilioBody(rawURL string, body []byte) bool {
	withoutFragment, _, _ := strings.Cut(rawURL, "#")
	_, query, _ := strings.Cut(withoutFragment, "?")
	pairs, err := splitQuery([]byte(query))
	if err != nil {
		return false
	}
	hashes := values(pairs)[bodyHash]
	if len(hashes) != 1 {
		return false
	}
	want := sha256.Sum256(body)
	got, err := hex.DecodeString(hashes[0])
	return err == nil && subtle.ConstantTimeCompare(got, want[:]) == 1
}

// twilioURLs returns a URL as it is, with and without a port, and as the
// WHATWG URL standard writes it, that also with its query encoded by the
// querystring module of Node.js. A fragment, which sets how Twilio connects
// and which no request carries, may be part of them or not.
func twilioURLs(raw string) []string {
	urls := twilioVariants(raw)
	if withoutFragment, _, found := strings.Cut(raw, "#"); found {
		urls = append(urls, twilioVariants(withoutFragment)...)
	}
	var once []string
	for _, u := range urls {
		if !slices.Contains(once, u) {
			once = append(once, u)
		}
	}
	return once
}

func twilioVariants(raw string) []string {
	given, ok := splitURL(raw)
	if !ok {
		return []string{raw}
	}
	urls := []string{given.withoutPort(), given.withPort()}
	normal, ok := normalizeURL(given)
	if !ok {
		return urls
	}
	urls = append(urls, normal.withoutPort(), normal.withPort())
	if legacy, ok := legacyQuery(normal); ok {
		urls = append(urls, legacy.withoutPort(), legacy.withPort())
	}
	return urls
}

// legacyQuery encodes a query as querystring.stringify does with the result
// of querystring.parse: equal names come together, where the first one was.
// (Names that are numbers come first there; Twilio sends none.)
func legacyQuery(u splitted) (splitted, bool) {
	path, query, found := strings.Cut(u.rest, "?")
	if !found || query == "" || strings.Contains(u.rest, "#") {
		return u, false
	}
	pairs, err := splitQuery([]byte(query))
	if err != nil {
		return u, false
	}
	all := values(pairs)
	var encoded []string
	for _, p := range pairs {
		for _, value := range all[p.name] {
			encoded = append(encoded, escape(p.name, uriComponent)+"="+escape(value, uriComponent))
		}
		delete(all, p.name)
	}
	u.rest = path + "?" + strings.Join(encoded, "&")
	return u, true
}
