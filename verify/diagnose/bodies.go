package diagnose

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// rawBytes is what to do about nearly every cause in this file.
const rawBytes = " Verify the bytes as they arrive, before anything parses them."

// A repair makes of a body what it may have been when it was signed. Nil: it
// does not apply.
type repair struct {
	name, text string // of the cause
	make       func(body []byte) []byte
}

// bodies tries what a body may have been before something changed it.
func (e *explainer) bodies() bool {
	if e.headerRefused() {
		return false
	}
	repairs := slices.Clone(trims)
	if len(e.request.Body) <= maxRewritten {
		repairs = slices.Concat(repairs, unwrappings, rewritings(e.request.Body), formRewritings)
	} else {
		e.cut = true
	}
	seen := map[[sha256.Size]byte]bool{sha256.Sum256(e.request.Body): true}
	for _, p := range repairs {
		body := p.make(e.request.Body)
		if body == nil {
			continue
		}
		sum := sha256.Sum256(body)
		if seen[sum] {
			continue
		}
		seen[sum] = true
		if e.try(func(r *verify.Request) { setBody(r, body) }) {
			e.cause(p.name, "%s", p.text+e.encoded())
			return true
		}
	}
	return false
}

// headerRefused reports whether the header alone refuses the request, so that
// no body could help.
func (e *explainer) headerRefused() bool {
	for _, kind := range []error{verify.ErrMissing, verify.ErrAmbiguous, verify.ErrMalformed, verify.ErrNoTimestamp, verify.ErrBadTimestamp, verify.ErrBadID} {
		if errors.Is(e.err, kind) {
			return e.verifier.CheckHeader(e.sent(e.verifier, e.request), e.request.Header) != nil
		}
	}
	return false
}

// setBody also says that a body is a form if it became one, or JSON.
func setBody(r *verify.Request, body []byte) {
	r.Body = body
	isForm := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	switch {
	case bytes.HasPrefix(body, []byte("payload=")) && !isForm:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case json.Valid(body) && isForm:
		r.Header.Set("Content-Type", "application/json")
	}
}

// encoded adds to a cause that the request says that it is compressed.
func (e *explainer) encoded() string {
	if e.request.Header.Get("Content-Encoding") == "" {
		return ""
	}
	return " (The request has a Content-Encoding: mind what decompresses it.)"
}

var bom = []byte("\ufeff")

// trims are cheap and tried on bodies of any size.
var trims = []repair{
	{"newline_added", "The body ends with a line end that the sender did not sign: an editor, echo or a log added it. Capture and send the exact bytes.", func(b []byte) []byte {
		return changed(b, bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r")))
	}},
	{"newline_removed", "The sender signed a line end (\\n) at the end of the body, which is gone: something trimmed it." + rawBytes, func(b []byte) []byte {
		return slices.Concat(b, []byte("\n"))
	}},
	{"newline_removed", "The sender signed a line end (\\r\\n) at the end of the body, which is gone: something trimmed it." + rawBytes, func(b []byte) []byte {
		return slices.Concat(b, []byte("\r\n"))
	}},
	{"whitespace_added", "There is white space around the body that the sender did not sign. Capture and send the exact bytes.", func(b []byte) []byte {
		return changed(b, bytes.TrimSpace(b))
	}},
	{"bom_added", "The body begins with a byte order mark (EF BB BF) that the sender did not sign: an editor or a conversion added it.", func(b []byte) []byte {
		return changed(b, bytes.TrimPrefix(b, bom))
	}},
	{"bom_removed", "The sender signed a byte order mark (EF BB BF) at the start of the body, which is gone: something that parsed the body removed it." + rawBytes, func(b []byte) []byte {
		return slices.Concat(bom, b)
	}},
	{"line_ends", "The line ends were changed: the sender signed \\n, the body has \\r\\n. An editor, git or a transfer as text did that.", func(b []byte) []byte {
		return changed(b, bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
	}},
	{"line_ends", "The line ends were changed: the sender signed \\r\\n, the body has \\n. An editor, git or a transfer as text did that.", func(b []byte) []byte {
		return changed(b, bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")))
	}},
}

// changed is b, or nil if it is as before.
func changed(before, b []byte) []byte {
	if len(b) == len(before) && bytes.Equal(b, before) {
		return nil
	}
	return slices.Clone(b)
}

// unwrappings undo what carries or converts a body as a whole.
var unwrappings = []repair{
	{"body_base64", "The body is base64 of what was signed, as some API gateways hand bodies on. Decode it first.", func(b []byte) []byte {
		return orNil(base64.StdEncoding.DecodeString(strings.TrimSpace(string(b))))
	}},
	{"body_quoted", "The body is a JSON string that holds what was signed: it was encoded twice." + rawBytes, unquoted},
	{"body_gzip", "The body is compressed with gzip; the sender signed what is inside. Decompress it before it is verified.", gunzipped},
	{"body_decompressed", "The sender signed the body as compressed with gzip, and it was decompressed on the way. Verify it before that.", gzipped},
	{"payload_wrapped", "The body is a form whose field payload holds what was signed. Verify that field, or choose JSON as the content type at the sender.", payload},
	{"payload_unwrapped", "The sender signed a form with the JSON in the field payload, and something unwrapped it." + rawBytes, func(b []byte) []byte {
		if !json.Valid(b) {
			return nil
		}
		return []byte("payload=" + url.QueryEscape(string(b)))
	}},
	{"charset", "The body was converted from Latin-1 to UTF-8 after it was signed." + rawBytes, toLatin1},
	{"charset", "The body was converted from UTF-8 to Latin-1 after it was signed." + rawBytes, fromLatin1},
}

func orNil(b []byte, err error) []byte {
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}

func unquoted(b []byte) []byte {
	var inner string
	if len(b) < 2 || json.Unmarshal(b, &inner) != nil {
		return nil
	}
	return []byte(inner)
}

// maxInflated bounds a decompressed body, in bytes.
const maxInflated = 8 << 20

func gunzipped(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	inner, err := io.ReadAll(io.LimitReader(z, maxInflated+1))
	if err != nil || len(inner) > maxInflated {
		return nil
	}
	return inner
}

// gzipped is a guess: other programs compress differently.
func gzipped(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(b); err != nil || z.Close() != nil {
		return nil
	}
	return buf.Bytes()
}

func payload(b []byte) []byte {
	form, err := url.ParseQuery(string(b))
	if err != nil || len(form["payload"]) != 1 {
		return nil
	}
	return orNil([]byte(form["payload"][0]), nil)
}

func toLatin1(b []byte) []byte {
	if !utf8.Valid(b) {
		return nil
	}
	out := make([]byte, 0, len(b))
	for _, c := range string(b) {
		if c > 0xff {
			return nil
		}
		out = append(out, byte(c))
	}
	return changed(b, out)
}

func fromLatin1(b []byte) []byte {
	var out []byte
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return changed(b, out)
}

// formRewritings write a form anew, each pair by itself and in order.
var formRewritings = []repair{
	formRewriting("with %20 for a space", func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }),
	formRewriting("with + for a space", url.QueryEscape),
	formRewriting("with lower-case escapes", func(s string) string { return lowerEscapes(url.QueryEscape(s)) }),
	formRewriting("with ~ and * as browsers do", func(s string) string {
		return strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(s))
	}),
}

func formRewriting(how string, escape func(string) string) repair {
	return repair{"form_rewritten", "The form was parsed and written again: the sender signed it " + how + "." + rawBytes, func(b []byte) []byte {
		if !bytes.Contains(b, []byte("=")) || json.Valid(b) {
			return nil
		}
		pairs := strings.Split(string(b), "&")
		for i, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			n, err1 := url.QueryUnescape(name)
			v, err2 := url.QueryUnescape(value)
			if err1 != nil || err2 != nil {
				return nil
			}
			pairs[i] = escape(n) + "=" + escape(v)
		}
		return changed(b, []byte(strings.Join(pairs, "&")))
	}}
}

func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:i+3], bytes.ToLower(b[i:i+3]))
		}
	}
	return string(b)
}
