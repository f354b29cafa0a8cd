package activity

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A Refusal is a request that was turned away. Its texts are a stranger's, cut
// off where they are long.
type Refusal struct {
	ID       int64 // grows with each
	Time     time.Time
	Endpoint string
	Provider string
	Reason   string // gateway's
	Status   int
	Detail   string // what exactly; has no secrets
	Sender   netip.Addr
	Method   string
	Path     string   // as it was sent, without the query, which may have secrets
	Headers  []string // names alone, in order
	Size     int      // bytes of the body that were read
	Body     []byte   // nil unless the endpoint keeps bodies of refused requests; the first 64 KiB
	Advice   string   // what a person can do about it
}

// What is kept of a refusal, in bytes.
const (
	longestDetail = 512
	longestMethod = 32
	longestPath   = 512
	longestName   = 64 // of a header
	mostNames     = 64
	longestBody   = 64 << 10
)

// mostRefusals is how many are remembered if the Options do not say.
const mostRefusals = 1000

// Refusals returns up to limit refusals with an ID below before (0: all), the
// latest first, of an endpoint and a reason ("": all).
func (l *Log) Refusals(endpoint, reason string, before int64, limit int) []Refusal {
	r := &l.refusals
	oldest, newest := r.span()
	if before > 0 {
		newest = min(newest, before-1)
	}
	var found []Refusal
	for id := newest; id >= oldest && len(found) < limit; id-- {
		if one, ok := r.get(id, endpoint, reason); ok {
			found = append(found, one)
		}
	}
	return found
}

// refusals are the latest, in a ring whose memory is used again: in a flood of
// them each costs a copy of a few short texts.
type refusals struct {
	mu     sync.Mutex
	newest int64 // ID
	ring   []refusal
	bodies arena
}

// A refusal is one in the ring.
type refusal struct {
	Refusal             // without the texts that follow, and the body
	detail, path, names []byte
	method              []byte
	start               int64 // of the body in the arena
	length              int   // of it; 0: it is not kept
}

func (r *refusals) init(n int) {
	if n <= 0 {
		n = mostRefusals
	}
	r.ring = make([]refusal, n)
}

// slot is where the refusal with the ID is, if it is still there.
func (r *refusals) slot(id int64) *refusal { return &r.ring[id%int64(len(r.ring))] }

// keep remembers a refusal in place of the oldest one.
func (r *refusals) keep(o *gateway.Outcome, at time.Time) {
	var detail string
	if o.Err != nil {
		detail = o.Err.Error()
	}
	var method, path string
	var space [mostNames]string
	names := space[:0]
	if o.Request != nil {
		method, path = o.Request.Method, o.Request.URL.EscapedPath()
		names = headerNames(names, o.Request.Header)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest++
	s := r.slot(r.newest)
	s.Refusal = Refusal{
		ID: r.newest, Time: at, Endpoint: o.Endpoint, Provider: o.Provider, Reason: o.Name, Status: o.Status,
		Sender: o.Sender, Size: len(o.Body),
	}
	s.detail = fill(s.detail, detail, longestDetail)
	s.method = fill(s.method, method, longestMethod)
	s.path = fill(s.path, path, longestPath)
	s.names = s.names[:0]
	for _, name := range names {
		s.names = append(append(s.names, name[:min(len(name), longestName)]...), '\n')
	}
	s.length = 0
	if o.KeepBody {
		body := o.Body[:min(len(o.Body), longestBody)]
		s.start, s.length = r.bodies.put(body), len(body)
	}
}

// headerNames appends names until there is no more space, in order. Of a
// request with more of them, some are left out.
func headerNames(names []string, h http.Header) []string {
	for name := range h {
		if len(names) == cap(names) {
			break
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// fill puts the beginning of a text into p's memory.
func fill(p []byte, text string, most int) []byte {
	return append(p[:0], text[:min(len(text), most)]...)
}

// span is the range of IDs that are remembered.
func (r *refusals) span() (oldest, newest int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(1, r.newest-int64(len(r.ring))+1), r.newest
}

// get returns a copy of the refusal with the ID, if it is still there and of
// the endpoint and the reason.
func (r *refusals) get(id int64, endpoint, reason string) (Refusal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.slot(id)
	if s.ID != id || endpoint != "" && s.Endpoint != endpoint || reason != "" && s.Reason != reason {
		return Refusal{}, false
	}
	found := s.Refusal
	found.Detail, found.Method, found.Path = text(s.detail), text(s.method), text(s.path)
	if names := strings.TrimSuffix(text(s.names), "\n"); names != "" {
		found.Headers = strings.Split(names, "\n")
	}
	found.Body = r.bodies.get(s.start, s.length)
	found.Advice = advice[s.Reason]
	return found, true
}

// text is a copy, without a character that was cut in two.
func text(p []byte) string { return strings.ToValidUTF8(string(p), "") }
