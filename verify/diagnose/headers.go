package diagnose

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// headers looks for signatures that were moved or written anew.
func (e *explainer) headers() bool {
	return e.headerNames() || e.repeated() || e.spelling() || e.parameters() || e.elsewhere()
}

// headerNames tries names as CGI and careless captures write them.
func (e *explainer) headerNames() bool {
	if !e.try(func(r *verify.Request) { r.Header = renamed(r.Header) }) {
		return false
	}
	e.cause("header_name", "The names of the headers were changed on the way or when the request was captured: as in HTTP_X_NAME or x_name for X-Name. They are needed as they were sent.")
	return true
}

func renamed(h http.Header) http.Header {
	all := make(http.Header)
	for _, name := range slices.Sorted(keysOf(h)) {
		plain := strings.ReplaceAll(name, "_", "-")
		if len(plain) > 5 && strings.EqualFold(plain[:5], "HTTP-") {
			plain = plain[5:]
		}
		plain = http.CanonicalHeaderKey(plain)
		if all[plain] == nil {
			all[plain] = h[name]
		}
	}
	return all
}

func keysOf(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range h {
			if !yield(name) {
				return
			}
		}
	}
}

// maxCandidates bounds the headers, lines and parameters that are tried.
const maxCandidates = 8

// repeated tries each line of a header that is there several times, and each
// half of one that a proxy joined.
func (e *explainer) repeated() bool {
	for _, name := range e.verifier.Headers() {
		lines := e.request.Header[name]
		joined := len(lines) == 1
		if joined {
			lines = strings.Split(lines[0], ", ")
		}
		if len(lines) < 2 {
			continue
		}
		for _, line := range lines[:min(len(lines), maxCandidates)] {
			if !e.try(func(r *verify.Request) { r.Header[name] = []string{line} }) {
				continue
			}
			if joined {
				e.cause("header_joined", "The header %s holds several values in one line. One of them is right: something added to the header, or joined two.", name)
			} else {
				e.cause("header_repeated", "The header %s is there %d times. One of them is right: something on the way added to it instead of replacing it, or someone tries which is read.", name, len(lines))
			}
			return true
		}
	}
	return false
}

// A spelling is a way in which a signature was written anew.
type spelling struct {
	name, text string // of the cause; text follows "The header X "
	value      string
}

// spelling tries other spellings of the signature's header.
func (e *explainer) spelling() bool {
	for _, d := range e.readings {
		g := &d.Scheme.Signature
		name := http.CanonicalHeaderKey(g.Name)
		if g.In != "header" || len(e.request.Header[name]) != 1 {
			continue
		}
		for _, s := range e.spellings(g, e.request.Header[name][0]) {
			if e.try(func(r *verify.Request) { r.Header[name] = []string{s.value} }) {
				e.cause(s.name, "The header %s %s", name, s.text)
				return true
			}
		}
	}
	return false
}

var foreignPrefix = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,15}[=: ] ?`)

func (e *explainer) spellings(g *verify.Signature, value string) []spelling {
	var all []spelling
	add := func(name, value, text string) {
		if value != "" {
			all = append(all, spelling{name, text, value})
		}
	}
	add("header_quotes", strings.Trim(value, "\"' "), "is in quotes, which do not belong to it.")
	if decoded, err := url.PathUnescape(value); err == nil && decoded != value {
		add("header_url_encoded", decoded, "is URL-encoded.")
	}
	add("header_plus", strings.ReplaceAll(value, " ", "+"), "has spaces where the signature has a plus: it was taken for a form's text.")
	rest := foreignPrefix.ReplaceAllString(value, "")
	if rest != value {
		add("prefix_extra", g.Prefix+rest, "has a prefix that is not the provider's"+prefixWords(g)+".")
	}
	if g.Prefix != "" {
		add("prefix_missing", g.Prefix+value, "lacks the prefix "+g.Prefix+" before the signature.")
	}
	if g.Strip != "" {
		add("prefix_missing", g.Strip+value, "lacks "+g.Strip+" before the credential.")
	}
	for _, text := range reencoded(g, strings.TrimPrefix(value, g.Prefix)) {
		add("encoding", g.Prefix+text, "is not written in "+g.Encoding+", as the scheme says"+e.encodingAdvice())
	}
	return all
}

func prefixWords(g *verify.Signature) string {
	if g.Prefix == "" {
		return ", which has none"
	}
	return " (" + g.Prefix + ")"
}

func (e *explainer) encodingAdvice() string {
	if slices.Contains(e.provider.Schemes[0].Configurable, "encoding") {
		return ". Set the option encoding."
	}
	return "."
}

// reencoded writes a signature in the encoding that the scheme wants, if it is
// in another.
func reencoded(g *verify.Signature, text string) (all []string) {
	var decoded [][]byte
	if b, err := hex.DecodeString(text); err == nil {
		decoded = append(decoded, b)
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(text); err == nil {
			decoded = append(decoded, b)
			break
		}
	}
	for _, b := range decoded {
		switch g.Encoding {
		case "hex":
			all = append(all, hex.EncodeToString(b))
		case "base64":
			all = append(all, base64.StdEncoding.EncodeToString(b))
		case "base64url":
			all = append(all, base64.URLEncoding.EncodeToString(b))
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == text })
}

// likely are words in the names of headers and parameters with signatures.
var likely = regexp.MustCompile(`(?i)sign|hmac|sha|token|auth|secret|api-?key`)

// elsewhere tries headers of similar names, and what a proxy makes of them.
func (e *explainer) elsewhere() bool {
	want := e.signatureHeader()
	if want == "" {
		return false
	}
	tried := 0
	for _, name := range slices.Sorted(keysOf(e.request.Header)) {
		if name == want || !likely.MatchString(name) || tried == maxCandidates {
			continue
		}
		tried++
		if e.try(func(r *verify.Request) { r.Header[want] = r.Header[name] }) {
			e.cause("header_other", "The signature is in the header %s; expected is %s. Something renamed it, or the sender is configured so%s", name, want, e.headerAdvice(name))
			return true
		}
	}
	return false
}

func (e *explainer) headerAdvice(name string) string {
	if slices.Contains(e.provider.Schemes[0].Configurable, "header") {
		return ": set the option header to " + name + "."
	}
	return "."
}

// signatureHeader is the canonical name of the first header with a signature.
func (e *explainer) signatureHeader() string {
	for _, d := range e.readings {
		if d.Scheme.Signature.In == "header" {
			return http.CanonicalHeaderKey(strings.ReplaceAll(d.Scheme.Signature.Name, "{n}", "1"))
		}
	}
	return ""
}

// parameters tries signatures and tokens in the query.
func (e *explainer) parameters() bool {
	want := e.signatureHeader()
	_, query, _ := strings.Cut(e.request.URI, "?")
	values, err := url.ParseQuery(query)
	if err != nil || want == "" {
		return false
	}
	tried := 0
	strip := e.readings[0].Scheme.Signature.Strip
	for _, name := range slices.Sorted(keysOf(http.Header(values))) {
		if tried == maxCandidates {
			return false
		}
		tried++
		if e.try(func(r *verify.Request) { r.Header[want] = []string{strip + values[name][0]} }) {
			e.cause("in_query", "The signature or token is in the query parameter %s; expected is the header %s. An address is written to logs: have it sent in the header.", printable(name), want)
			return true
		}
	}
	return false
}
