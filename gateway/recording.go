package gateway

import "net/http"

// keptAnswer is how much of an application's answer is kept for the record, in
// bytes.
const keptAnswer = 4 << 10

// A Recording is an Answer that nobody waits for: the beginning of what is
// written is kept, the rest is thrown away. The zero Recording is empty.
type Recording struct {
	header http.Header
	status int
	body   []byte
}

// Header is what the route sets.
func (r *Recording) Header() http.Header {
	if r.header == nil {
		r.header = make(http.Header)
	}
	return r.header
}

// WriteHeader remembers the first status that is not informational.
func (r *Recording) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
}

// Write implies a 200, as everywhere in net/http.
func (r *Recording) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, p[:min(len(p), keptAnswer-len(r.body))]...)
	return len(p), nil
}

// Flush does nothing: there is nobody to flush to.
func (*Recording) Flush() {}

// Status is the final status; 0 before it is written.
func (r *Recording) Status() int { return r.status }

// Beginning is the beginning of the body.
func (r *Recording) Beginning() []byte { return r.body }
