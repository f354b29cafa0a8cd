package gateway

import (
	"maps"
	"net/http"
	"sync"
)

// longestHeld is how much of an application's answer is held back, in bytes.
const longestHeld = 64 << 10

// A reply is the application's answer to an attempt that a sender waits for.
// It is held back until it is complete, because what fails is stored and
// answered with something else. An answer that the sender is to have whatever
// follows, and is too long to be held, is passed on from then on.
//
// The attempt and the request may use a reply at the same time.
type reply struct {
	retry Retry

	mu        sync.Mutex
	w         http.ResponseWriter // the sender's
	abandoned bool                // the sender is answered by somebody else
	passing   bool                // what is written goes to the sender at once
	header    http.Header
	first     http.Header // what header was when the status was written; the rest are trailers
	status    int
	held      []byte
	cut       bool // more was written than is held
}

func newReply(w http.ResponseWriter, retry Retry) *reply {
	return &reply{w: w, retry: retry, header: maps.Clone(w.Header())}
}

// Header is what the route sets, on top of what the server has set.
func (r *reply) Header() http.Header { return r.header }

// WriteHeader remembers the first status that is not informational.
func (r *reply) WriteHeader(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin(status)
}

func (r *reply) begin(status int) {
	if r.status != 0 || status < 200 {
		return
	}
	r.status, r.first = status, r.header
	if _, announced := r.header["Trailer"]; announced {
		r.first = maps.Clone(r.header)
	}
}

// Write implies a 200, as everywhere in net/http. It never fails: that the
// sender is gone is nothing to the application.
func (r *reply) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin(http.StatusOK)
	if !r.passing && len(r.held)+len(p) > longestHeld && r.presentable() {
		r.pass()
	}
	if r.passing {
		_, _ = r.w.Write(p)
		return len(p), nil
	}
	room := min(len(p), longestHeld-len(r.held))
	r.held = append(r.held, p[:room]...)
	r.cut = r.cut || room < len(p)
	return len(p), nil
}

// presentable reports whether the answer is one for the sender, whatever may
// follow.
func (r *reply) presentable() bool {
	return !r.abandoned && !r.cut && (r.status/100 == 2 || !r.retry.again(ReasonStatus, r.status))
}

// pass writes what was held.
func (r *reply) pass() {
	r.passing = true
	h := r.w.Header()
	clear(h)
	maps.Copy(h, r.first)
	r.w.WriteHeader(r.status)
	_, _ = r.w.Write(r.held)
}

// Flush does nothing until the answer is being passed on.
func (r *reply) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.passing {
		_ = http.NewResponseController(r.w).Flush() // a sender that is gone is noticed when it is written to
	}
}

// Status is the final status; 0 before it is written.
func (r *reply) Status() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Beginning is the beginning of the body.
func (r *reply) Beginning() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[:min(len(r.held), keptAnswer)]
}

// send gives the sender an answer that is complete, and reports whether it
// could: not if a part of it was not kept.
func (r *reply) send() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cut {
		return false
	}
	if !r.passing {
		r.pass()
	}
	maps.Copy(r.w.Header(), r.header) // trailers
	return true
}

// begun reports whether the sender has seen a part of the answer.
func (r *reply) begun() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passing
}

// abandon takes the sender away from the answer: it is not written to from
// then on. It reports false when it has been already.
func (r *reply) abandon() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.passing {
		return false
	}
	r.abandoned = true
	return true
}

// resume gives an abandoned answer its sender back.
func (r *reply) resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.abandoned = false
}
