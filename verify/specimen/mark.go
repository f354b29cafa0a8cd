package specimen

import (
	"bytes"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// mark is the name of what Mark adds.
const mark = "caddy_webhook_test"

// Mark returns the body as one that nobody has sent before: with one more
// member of JSON, field of a form, part of a multipart form, or comment of XML.
// What is none of these, by its Content-Type, is ErrNoField.
func Mark(h http.Header, body []byte) ([]byte, error) {
	kind, params, _ := mime.ParseMediaType(h.Get("Content-Type"))
	text := NewID(nil, &verify.Place{})
	switch {
	case kind == "application/x-www-form-urlencoded":
		return Put(h, body, &verify.Place{In: "form", Name: mark}, text)
	case kind == "multipart/form-data":
		return addPart(body, params["boundary"], text)
	case strings.HasSuffix(kind, "/xml"), strings.HasSuffix(kind, "+xml"):
		return append(bytes.Clone(body), "<!-- "+mark+" "+text+" -->"...), nil
	}
	marked, err := Put(h, body, &verify.Place{In: "json", Name: mark}, text)
	if err != nil { // a list: then its first
		return Put(h, body, &verify.Place{In: "json", Name: "0." + mark}, text)
	}
	return marked, nil
}

// MarkField does so inside a field of a form, which holds JSON or, in base64, XML:
// for signatures that cover the field alone.
func MarkField(h http.Header, body []byte, name string) ([]byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil || !form.Has(name) {
		return nil, ErrNoField
	}
	inside, kind := []byte(form.Get(name)), "application/json"
	plain, err := base64.StdEncoding.DecodeString(string(inside)) // it skips line breaks
	encoded := err == nil && len(plain) > 0
	if encoded {
		inside, kind = plain, "text/xml"
	}
	if inside, err = Mark(http.Header{"Content-Type": {kind}}, inside); err != nil {
		return nil, err
	}
	if encoded {
		inside = []byte(base64.StdEncoding.EncodeToString(inside) + "\n")
	}
	return Put(h, body, &verify.Place{In: "form", Name: name}, string(inside))
}

// addPart adds a part at the end of a multipart form.
func addPart(body []byte, boundary, text string) ([]byte, error) {
	end := bytes.LastIndex(body, []byte("--"+boundary+"--"))
	if boundary == "" || end < 0 {
		return nil, ErrNoField
	}
	part := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + mark + "\"\r\n\r\n" + text + "\r\n"
	return append(append(bytes.Clone(body[:end]), part...), body[end:]...), nil
}
