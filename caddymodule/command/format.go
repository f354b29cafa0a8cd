package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// formats are the ways to print a signed request.
var formats = map[string]func(io.Writer, *signed) error{
	"curl": writeCurl,
	"http": writeHTTP,
	"json": writeRequestJSON,
}

// maxArgument is the most bytes of one argument of a command, a bit under what
// Linux takes (MAX_ARG_STRLEN, 128 KiB).
const maxArgument = 96 << 10

var errNotText = errors.New("the body is not text, so a shell cannot take it; use --format http or --format json")

// writeCurl prints a command for sh that sends the request with curl. Headers
// that curl would add are left out, so that what arrives is what was signed.
func writeCurl(w io.Writer, r *signed) error {
	switch {
	case !utf8.Valid(r.Body) || bytes.IndexByte(r.Body, 0) >= 0:
		return errNotText
	case len(r.Body) > maxArgument:
		return errors.New("the body is too large for the command line; use --format http or --format json")
	}
	lines := []string{"curl -sS -X " + quote(r.Method) + " -g --path-as-is " + quote(r.URL.String())}
	header := r.Header.Clone()
	if r.Host != "" {
		header.Set("Host", r.Host)
	}
	for _, h := range headerLines(header) {
		if name, empty := strings.CutSuffix(h, ": "); empty {
			h = name + ";" // curl's way of saying that it has no value
		}
		lines = append(lines, "-H "+quote(h))
	}
	if r.Header.Get("Content-Type") == "" {
		lines = append(lines, "-H 'Content-Type:'")
	}
	option := "--data-binary "
	if bytes.HasPrefix(r.Body, []byte("@")) {
		option = "--data-raw " // to the other, @ is the name of a file
	}
	lines = append(lines, option+quote(string(r.Body)))
	_, err := io.WriteString(w, strings.Join(lines, " \\\n  ")+"\n")
	return err
}

// quote makes one word of sh that stands for s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// headerLines returns "Name: value" lines, sorted by name.
func headerLines(h http.Header) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			lines = append(lines, name+": "+value)
		}
	}
	return lines
}

// writeHTTP prints the request as it goes over the wire, which is what verify
// reads.
func writeHTTP(w io.Writer, r *signed) error {
	var b bytes.Buffer
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), host)
	for _, line := range headerLines(r.Header) {
		b.WriteString(line + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(r.Body))
	b.Write(r.Body)
	_, err := w.Write(b.Bytes())
	return err
}

func writeRequestJSON(w io.Writer, r *signed) error {
	if r.Host != "" {
		r.Header.Set("Host", r.Host)
	}
	return writeJSON(w, struct {
		Method  string      `json:"method"`
		URL     string      `json:"url"`
		Headers http.Header `json:"headers"`
		Body    []byte      `json:"body_base64"`
	}{r.Method, r.URL.String(), r.Header, r.Body})
}
