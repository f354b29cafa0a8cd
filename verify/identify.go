package verify

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
)

// A place is a Place, compiled: a header, a path in the body, or neither.
type place struct {
	header string // canonical
	path   []string
}

func newPlace(p *Place) *place {
	if p == nil || p.In == "none" {
		return nil
	}
	if p.In == "header" {
		return &place{header: http.CanonicalHeaderKey(p.Name)}
	}
	path, _ := parsePath(p.Name) // Place.check has seen it
	return &place{path: path}
}

// locate sets the verifier's places. An id or event that only some of its
// schemes have is the first one's; it counts as signed if all of them sign it.
func (v *Verifier) locate() {
	for _, c := range v.checkers {
		if v.id == nil {
			v.id = newPlace(c.ID)
		}
		if v.event == nil {
			v.event = newPlace(c.Event)
		}
	}
	v.idSigned = v.id != nil
	for _, c := range v.checkers {
		v.idSigned = v.idSigned && c.covers(v.id)
	}
}

// covers reports whether what is at p is part of the signed text.
func (c *checker) covers(p *place) bool {
	return slices.ContainsFunc(c.content, func(t part) bool {
		if p.header == "" {
			return t.kind == partBody
		}
		// When the header is not the first choice, another may be signed.
		return t.kind == partHeader && t.header.names[0] == p.header
	})
}

// IDSigned reports whether the delivery id is covered by the signature. One
// that is not can be exchanged by anyone who has seen the request.
func (v *Verifier) IDSigned() bool { return v.idSigned }

// Identify returns the delivery id and the event type of a request. What is
// not there is "". Numbers are returned digit for digit; objects, arrays and
// the other values of JSON do not count as ids.
//
// A body in which a place is must be JSON: to its end if whole, else as far
// as it has to be read. An error that is ErrNotJSON or ErrAmbiguousID comes
// with what the headers say. Call it after Verify.
func (v *Verifier) Identify(r *Request, whole bool) (id, event string, err error) {
	q := query{whole: whole}
	id, err = v.id.read(r.Header, &q, 0)
	event, err2 := v.event.read(r.Header, &q, 1)
	if err == nil {
		err = err2
	}
	if err != nil || q.paths[0] == nil && q.paths[1] == nil {
		return id, event, err
	}
	if err := q.run(r.Body); err != nil {
		return id, event, err
	}
	if q.paths[0] != nil {
		id = q.values[0]
	}
	if q.paths[1] != nil {
		event = q.values[1]
	}
	return id, event, nil
}

// read returns the header's value, or adds the path to q as its i-th.
func (p *place) read(h http.Header, q *query, i int) (string, error) {
	if p == nil {
		return "", nil
	}
	if p.header == "" {
		q.paths[i] = p.path
		return "", nil
	}
	switch lines := h[p.header]; len(lines) {
	case 0:
		return "", nil
	case 1:
		return textproto.TrimString(lines[0]), nil
	}
	return "", fmt.Errorf("%s: %w", p.header, ErrAmbiguousID)
}

// EventInBody reports whether the event type is read in the body.
func (v *Verifier) EventInBody() bool { return v.event != nil && v.event.header == "" }

// Timestamped reports whether a timestamp is part of the signed text, so that
// two deliveries of one event have different signatures.
func (v *Verifier) Timestamped() bool {
	return slices.ContainsFunc(v.checkers, func(c *checker) bool {
		return slices.ContainsFunc(c.content, func(t part) bool { return t.kind == partTime })
	})
}
