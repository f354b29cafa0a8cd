package command

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCapture(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		uri      string
		header   http.Header
		body     string
	}{
		{"all that follows", "POST /a?b=c HTTP/1.1\r\nX: 1\r\n\r\na\r\n\r\nb\n", "/a?b=c", http.Header{"X": {"1"}}, "a\r\n\r\nb\n"},
		{"lines that end in LF", "POST / HTTP/1.1\nX: 1\n\n\nbody", "/", http.Header{"X": {"1"}}, "\nbody"},
		{"no headers, no body", "POST / HTTP/1.1\r\n\r\n", "/", http.Header{}, ""},
		{"empty lines before", "\r\n\nPOST / HTTP/1.0\n\nx", "/", http.Header{}, "x"},
		{"Content-Length", "POST / HTTP/1.1\nContent-Length: 3\n\na\r\n", "/", http.Header{"Content-Length": {"3"}}, "a\r\n"},
		{"no body by Content-Length", "POST / HTTP/1.1\nContent-Length: 0\n\n", "/", http.Header{"Content-Length": {"0"}}, ""},
		{"bytes that are no text", "POST / HTTP/1.1\nX: \xff\n\n\x00\xff\n", "/", http.Header{"X": {"\xff"}}, "\x00\xff\n"},
		{"chunks", "POST / HTTP/1.1\nTransfer-Encoding: Chunked\n\n3\r\na\nb\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "/", http.Header{}, "a\nb0123456789"},
		{"a header on two lines", "POST / HTTP/1.1\nx-SIG: 1 \nX-Sig:\t2\nx-sig:\n\n", "/", http.Header{"X-Sig": {"1", "2", ""}}, ""},
		{"the host", "POST / HTTP/1.1\nHost: example.com\n\n", "/", http.Header{}, ""},
		{"a space in the query", "POST /a?b=c d HTTP/1.1\n\n", "/a?b=c d", http.Header{}, ""},
		{"a whole URL", "POST https://example.com:1/a%2Fb?c HTTP/1.1\n\n", "/a%2Fb?c", http.Header{}, ""},
		{"a URL without a path", "POST https://example.com HTTP/1.1\n\n", "/", http.Header{}, ""},
		{"a URL with only a query", "POST https://example.com?a=/b HTTP/1.1\n\n", "/?a=/b", http.Header{}, ""},
		{"a URL in the query", "POST /in?u=http://x/y HTTP/1.1\n\n", "/in?u=http://x/y", http.Header{}, ""},
		{"as curl shows HTTP/2", "POST / HTTP/2\n\n", "/", http.Header{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseCapture([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if c.Method != "POST" || c.URI != tt.uri || string(c.Body) != tt.body {
				t.Errorf("%s %s %q, want POST %s %q", c.Method, c.URI, c.Body, tt.uri, tt.body)
			}
			if diff := cmp.Diff(tt.header, c.Header); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseCaptureRefuses(t *testing.T) {
	const head = "POST / HTTP/1.1\n"
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", " \n", "no request"},
		{"no request line", "{}\n\n", "not a request line"},
		{"an answer", "HTTP/1.1 200 OK\n\n", "not a request line"},
		{"no address", "POST HTTP/1.1\n\n", "not a request line"},
		{"no version", "POST /a b\n\n", "not a request line"},
		{"no path", "POST a HTTP/1.1\n\n", "neither a path nor a URL"},
		{"a control character in the path", "POST /\x01 HTTP/1.1\n\n", "neither a path nor a URL"},
		{"no empty line", head + "X: 1\n", "before the empty line"},
		{"the body where headers are", head + "{}\n\n", "line 2 is not a header"},
		{"a header that goes on", head + "X: 1\n 2\n\n", "line 3 is not a header"},
		{"a space before the colon", head + "X : 1\n\n", "line 2 is not a header"},
		{"a lone CR", head + "X: 1\rY: 2\n\n", "line 2 is not a header"},
		{"a body that is cut short", head + "Content-Length: 3\n\nab", "2 bytes, but Content-Length is 3 (it was cut short"},
		{"a newline too many", head + "Content-Length: 2\n\nab\n", "(an editor or echo may have added the newline"},
		{"more than the body", head + "Content-Length: 2\n\nabcdef", "6 bytes, but Content-Length is 2"},
		{"a length that is none", head + "Content-Length: -1\n\n", "not one number"},
		{"a length with a sign", head + "Content-Length: +1\n\na", "not one number"},
		{"two lengths", head + "Content-Length: 1\nContent-Length: 1\n\na", "not one number"},
		{"a length and chunks", head + "Content-Length: 1\nTransfer-Encoding: chunked\n\na", "both"},
		{"another coding", head + "Transfer-Encoding: gzip, chunked\n\n", "not chunked"},
		{"two codings", head + "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n", "not chunked"},
		{"no chunks", head + "Transfer-Encoding: chunked\n\n{}", "not in complete chunks"},
		{"a chunk that is cut short", head + "Transfer-Encoding: chunked\n\n5\r\nab", "not in complete chunks"},
		{"no last chunk", head + "Transfer-Encoding: chunked\n\n2\r\nab\r\n", "not in complete chunks"},
		{"no end after the last chunk", head + "Transfer-Encoding: chunked\n\n0\r\n", "not followed by an empty line"},
		{"more than the chunks", head + "Transfer-Encoding: chunked\n\n0\r\n\r\nx", "after the last chunk"},
		{"a head without end", head + strings.Repeat("X: 1234567890\n", maxHead/10), "larger than 1024 KiB"},
		{"a body too large", head + "\n" + strings.Repeat("x", maxBody+1), "larger than 64 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if c, err := parseCapture([]byte(tt.in)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("= %+v, %v, want %q", c, err, tt.want)
			}
		})
	}
}

// FuzzParseCapture: what is accepted is the same when it is printed and read
// again.
func FuzzParseCapture(f *testing.F) {
	f.Add([]byte("POST /a?b HTTP/1.1\r\nX: 1\r\nContent-Length: 1\r\n\r\na"))
	f.Add([]byte("POST http://h HTTP/1.1\nTransfer-Encoding: chunked\n\n1\r\na\r\n0\r\n\r\n"))
	f.Add([]byte("\nGET / HTTP/1.1\nX:\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := parseCapture(in)
		if err != nil {
			return
		}
		u, err := url.ParseRequestURI(c.URI)
		if err != nil {
			t.Fatalf("%q was accepted: %v", c.URI, err)
		}
		if u.RequestURI() != c.URI {
			return // written another way than Go writes it
		}
		h := c.Header.Clone()
		h.Del("Content-Length")
		var b bytes.Buffer
		if err := writeHTTP(&b, &signed{Method: c.Method, URL: u, Header: h, Body: c.Body}); err != nil {
			t.Fatal(err)
		}
		again, err := parseCapture(b.Bytes())
		if err != nil {
			t.Fatalf("%q: %v", b.Bytes(), err)
		}
		if again.Method != c.Method || again.URI != c.URI || !bytes.Equal(again.Body, c.Body) {
			t.Errorf("%+v became %+v", c, again)
		}
	})
}

func TestParseTime(t *testing.T) {
	for in, want := range map[string]string{
		"1767225600":                "2026-01-01T00:00:00Z",
		"0":                         "1970-01-01T00:00:00Z",
		"1767225600.25":             "2026-01-01T00:00:00.25Z",
		"1767225600.0000000019":     "2026-01-01T00:00:00.000000001Z",
		"2026-01-01T01:00:00+01:00": "2026-01-01T00:00:00Z",
		"-1":                        "", "": "", "1e9": "", "1.": "", ".5": "", "1.-5": "", "1767225600000": "", "1.2.3": "", "2026-01-01": "",
	} {
		got, err := parseTime(in)
		if (err != nil) != (want == "") || err == nil && got.UTC().Format("2006-01-02T15:04:05.999999999Z07:00") != want {
			t.Errorf("parseTime(%q) = %v, %v, want %q", in, got, err, want)
		}
	}
}
