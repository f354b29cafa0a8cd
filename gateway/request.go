package gateway

import (
	"context"
	"crypto/tls"
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// request is the request for the application: the sender's own bytes and
// headers, framed anew, with the event's facts in place of a stranger's. It is
// made for every attempt anew, because handlers change what they are given.
func (e *Event) request(ctx context.Context, body *bodyReader) (*http.Request, error) {
	u, err := url.ParseRequestURI(e.Target)
	if err != nil {
		return nil, err
	}
	r := new(http.Request).WithContext(ctx)
	r.Method, r.URL, r.RequestURI, r.Host, r.RemoteAddr = e.Method, u, e.Target, e.Host, e.RemoteAddr
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.Header = e.Header.Clone()
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	e.dress(r.Header)
	if e.TLS {
		r.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: (&url.URL{Host: e.Host}).Hostname()}
	}
	return e.reframe(r, body), nil
}

// reframe gives the request the event's bytes, in one piece.
func (e *Event) reframe(r *http.Request, body *bodyReader) *http.Request {
	r.Body, r.ContentLength = body, int64(len(e.Body))
	r.TransferEncoding, r.Trailer = nil, nil
	if len(e.Body) == 0 {
		r.Body = http.NoBody
	}
	return r
}

// dress makes the sender's headers those for the application: with the event's
// facts, and without what is of the sender's connection.
func (e *Event) dress(h http.Header) {
	for name := range hopNames(h) {
		delete(h, name)
	}
	h.Del("Connection") // or a proxy behind us would remove what it names of the headers we add
	e.stamp(h)
	h.Del("Upgrade")
	h.Del("Expect")      // the body is here: nobody waits for a 100
	h.Del("Incremental") // nor for its beginning, which is why Caddy would not buffer it
}

// hopNames are the canonical names in the header Connection: of headers that
// are of the sender's connection alone (RFC 9110, section 7.6.1).
func hopNames(h http.Header) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range h["Connection"] {
			for token := range strings.SplitSeq(line, ",") {
				if !yield(http.CanonicalHeaderKey(strings.TrimSpace(token))) {
					return
				}
			}
		}
	}
}
