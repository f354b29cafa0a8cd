package command

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const (
	maxHead     = 1 << 20  // bytes of request line and headers
	maxBody     = 64 << 20 // bytes
	maxCaptured = maxHead + maxBody + maxBody/4
)

// A capture is a request as it was on the wire.
type capture struct {
	verify.Request
	Host string // for information: nothing is signed with it
}

// readCapture reads one HTTP/1.1 request (RFC 9112) to the end of the input.
func readCapture(r io.Reader) (*capture, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxCaptured+1))
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	if len(b) > maxCaptured {
		return nil, fmt.Errorf("the request is larger than %d MiB", maxBody>>20)
	}
	return parseCapture(b)
}

// parseCapture parses a whole request. Lines of the head may end in LF alone,
// as those of pasted text do; the body is taken byte for byte.
func parseCapture(b []byte) (*capture, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, errors.New("there is no request on standard input")
	}
	lines, rest, err := splitHead(b)
	if err != nil {
		return nil, err
	}
	c := new(capture)
	if err := c.parseRequestLine(lines[0]); err != nil {
		return nil, err
	}
	if err := c.parseHeader(lines[1:]); err != nil {
		return nil, err
	}
	if c.Body, err = c.body(rest); err != nil {
		return nil, err
	}
	if len(c.Body) > maxBody {
		return nil, fmt.Errorf("the body is larger than %d MiB", maxBody>>20)
	}
	return c, nil
}

// splitHead returns the lines before the first empty one, and what follows it.
// Empty lines before the request line are ignored (RFC 9112, section 2.2).
func splitHead(b []byte) (lines []string, rest []byte, err error) {
	read := 0
	for {
		line, after, found := bytes.Cut(b, []byte("\n"))
		if read += len(line) + 1; read > maxHead {
			return nil, nil, fmt.Errorf("the head of the request is larger than %d KiB", maxHead>>10)
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		switch {
		case !found:
			return nil, nil, errors.New("the request ends before the empty line that follows the headers")
		case len(line) > 0:
			lines = append(lines, string(line))
		case len(lines) > 0:
			return lines, after, nil
		}
		b = after
	}
}

func (c *capture) parseRequestLine(line string) error {
	method, rest, _ := strings.Cut(line, " ")
	// The last space counts: some logs decode the address, which then has more.
	end := strings.LastIndexByte(rest, ' ')
	if end < 0 || !httpguts.ValidHeaderFieldName(method) || !strings.HasPrefix(rest[end+1:], "HTTP/") {
		return errors.New("the first line is not a request line, as POST /hooks HTTP/1.1")
	}
	c.Method, c.URI = method, rest[:end]
	if u, err := url.ParseRequestURI(c.URI); err != nil || u.Scheme != "" && u.Host == "" {
		return errors.New("the address in the request line is neither a path nor a URL")
	}
	// A proxy is sent the whole URL; what is signed is the path and the query.
	if _, after, absolute := strings.Cut(c.URI, "://"); absolute && !strings.HasPrefix(c.URI, "/") {
		start := strings.IndexAny(after, "/?")
		if start < 0 {
			start = len(after)
		}
		c.Host, c.URI = after[:start], after[start:]
		if !strings.HasPrefix(c.URI, "/") {
			c.URI = "/" + c.URI
		}
	}
	return nil
}

func (c *capture) parseHeader(lines []string) error {
	c.Header = make(http.Header)
	for i, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return fmt.Errorf("line %d is not a header, as Content-Type: text/plain (an empty line must follow the last one)", i+2)
		}
		c.Header.Add(name, value)
	}
	if hosts := c.Header["Host"]; len(hosts) > 0 {
		c.Host = hosts[0]
	}
	c.Header.Del("Host") // as the server has it
	return nil
}

var errLength = errors.New("Content-Length is not one number")

// body returns the bytes that the headers say are the body: no more and no
// fewer may have been captured.
func (c *capture) body(rest []byte) ([]byte, error) {
	coding, chunked := c.Header["Transfer-Encoding"]
	lengths, sized := c.Header["Content-Length"]
	switch {
	case chunked && sized:
		return nil, errors.New("there are both Transfer-Encoding and Content-Length")
	case chunked && (len(coding) != 1 || !strings.EqualFold(coding[0], "chunked")):
		return nil, errors.New("Transfer-Encoding is not chunked")
	case chunked:
		c.Header.Del("Transfer-Encoding") // as the server has it
		return dechunk(rest)
	case !sized:
		return rest, nil
	case len(lengths) != 1:
		return nil, errLength
	}
	length, err := strconv.ParseUint(lengths[0], 10, 62)
	if err != nil {
		return nil, errLength
	}
	if have := uint64(len(rest)); have != length {
		return nil, fmt.Errorf("the body is %d bytes, but Content-Length is %d%s", have, length, lengthHint(rest, int64(have)-int64(length)))
	}
	return rest, nil
}

func lengthHint(body []byte, extra int64) string {
	switch {
	case extra > 0 && extra <= 2 && bytes.HasSuffix(body, []byte("\n")):
		return " (an editor or echo may have added the newline at the end)"
	case extra < 0:
		return " (it was cut short, or saved in another form)"
	}
	return ""
}

// dechunk undoes the chunked coding (RFC 9112, section 7.1). Nothing may
// follow the trailer, which is dropped.
func dechunk(b []byte) ([]byte, error) {
	r := bufio.NewReader(bytes.NewReader(b))
	body, err := io.ReadAll(httputil.NewChunkedReader(r))
	if err != nil {
		return nil, errors.New("the body is not in complete chunks, as Transfer-Encoding says; if it was decoded when it was captured, remove that header")
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, errors.New("the body's last chunk is not followed by an empty line")
		}
		if strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r") == "" {
			break
		}
	}
	if _, err := r.ReadByte(); err == nil {
		return nil, errors.New("there are bytes after the last chunk")
	}
	return body, nil
}
