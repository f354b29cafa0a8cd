package specimen

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestMark(t *testing.T) {
	const part = "--b\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{}\r\n--b--\r\n"
	for _, tt := range []struct {
		odd, kind, body string
		marked          func(kind string, body []byte) string // "" is not
		want            error
	}{
		{"an object", "application/json", `{"a":1}`, contains(`{"a":1,"caddy_webhook_test":"test_`), nil},
		{"no body", "application/json", "", contains(`{"caddy_webhook_test":"test_`), nil},
		{"a list", "application/json; charset=utf-8", `[{"a":1},2]`, contains(`[{"a":1,"caddy_webhook_test":"test_`), nil},
		{"an empty list", "application/json", "[]", nil, ErrNoField},
		{"a text", "text/plain", "a", nil, ErrNoField},
		{"a form", "application/x-www-form-urlencoded", "a=1", field, nil},
		{"a multipart form", "multipart/form-data; boundary=b", part, partOf, nil},
		{"a multipart form without an end", "multipart/form-data; boundary=b", strings.TrimSuffix(part, "--b--\r\n"), nil, ErrNoField},
		{"a multipart form without a boundary", "multipart/form-data", part, nil, ErrNoField},
		{"XML", "application/xml", "<a>1</a>", comment, nil},
		{"XML as text", "text/xml; charset=utf-8", "<?xml version=\"1.0\"?>\n<a>1</a>\n", comment, nil},
		{"a kind of XML", "application/atom+xml", "<a>1</a>", comment, nil},
	} {
		t.Run(tt.odd, func(t *testing.T) {
			h := http.Header{"Content-Type": {tt.kind}}
			first, err := Mark(h, []byte(tt.body))
			second, _ := Mark(h, []byte(tt.body))
			if !errors.Is(err, tt.want) {
				t.Fatalf("Mark = %v, want %v", err, tt.want)
			}
			if err == nil && (tt.marked(tt.kind, first) == "" || bytes.Equal(first, second)) {
				t.Errorf("marked %q, and then %q", first, second)
			}
		})
	}
}

func TestMarkField(t *testing.T) {
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, tt := range []struct {
		odd, body, want string
		err             error
	}{
		{"JSON", "a=1&p=%7B%7D", `{"caddy_webhook_test":"test_`, nil},
		{"XML in base64", "a=1&p=PGE%2BMTwvYT4%3D%0A", "PGE+MTwvYT48IS0tIGNhZGR5X3dlYmhvb2tfdGVzdCB0ZXN0X", nil},
		{"neither", "a=1&p=*", "", ErrNoField},
		{"no such field", "a=1", "", ErrNoField},
		{"no form", "%", "", ErrNoField},
	} {
		body, err := MarkField(form, []byte(tt.body), "p")
		values, _ := url.ParseQuery(string(body))
		if !errors.Is(err, tt.err) || !strings.HasPrefix(values.Get("p"), tt.want) || err == nil && values.Get("a") != "1" {
			t.Errorf("%s: MarkField = %q, %v, want %q, %v", tt.odd, values, err, tt.want, tt.err)
		}
	}
}

func contains(text string) func(string, []byte) string {
	return func(_ string, body []byte) string {
		if !bytes.HasPrefix(body, []byte(text)) {
			return ""
		}
		return text
	}
}

func field(_ string, body []byte) string {
	form, _ := url.ParseQuery(string(body))
	return form.Get("caddy_webhook_test")
}

func partOf(kind string, body []byte) string {
	_, params, _ := mime.ParseMediaType(kind)
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(1 << 20)
	if err != nil || form.Value["json"][0] != "{}" {
		return ""
	}
	return form.Value["caddy_webhook_test"][0]
}

func comment(_ string, body []byte) (found string) {
	for dec := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := dec.Token()
		if c, is := token.(xml.Comment); is {
			found = string(c)
		}
		switch {
		case errors.Is(err, io.EOF):
			return found
		case err != nil:
			return ""
		}
	}
}
