package verify

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
)

// Identify returns the delivery id and the event type of a request that
// Verify has accepted with res; nil stands for the first scheme. What is not
// there is "". Numbers are returned
// digit for digit; objects, arrays and the other values of JSON do not count
// as ids.
//
// A body in which a place is must be JSON: to its end if whole, else as far
// as it has to be read. An error that is ErrNotJSON or ErrAmbiguousID comes
// with what the headers say.
func (v *Verifier) Identify(r *Request, res *Result, whole bool) (id, event string, err error) {
	c := v.accepted(res)
	if c == nil {
		return "", "", errNoScheme
	}
	q := query{whole: whole}
	form := view{Request: r}
	id, err = c.id.read(&form, &q, 0)
	event, err2 := c.event.read(&form, &q, 1)
	if err == nil {
		err = err2
	}
	if err != nil || q.paths[0] == nil && q.paths[1] == nil {
		return id, event, err
	}
	text, err := form.json(c.JSONFrom)
	if err != nil {
		return id, event, ErrNotJSON
	}
	if err := q.run(text); err != nil {
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

// accepted is the scheme that accepted a request.
func (v *Verifier) accepted(res *Result) *checker {
	switch {
	case res != nil && res.checker != nil:
		return res.checker
	case len(v.checkers) > 0:
		return v.checkers[0]
	}
	return nil
}

// A place is a Place, compiled; nil is nowhere.
type place struct {
	in    string
	name  string   // of a form's field
	names []string // of a header, canonical; the first that is present counts
	path  []string
	batch bool
}

func newPlace(p *Place) *place {
	if p == nil || p.In == "none" {
		return nil
	}
	c := &place{in: p.In, name: p.Name, batch: p.Batch}
	switch p.In {
	case "header":
		c.names = []string{http.CanonicalHeaderKey(p.Name)}
	case "json":
		c.path, _ = parsePath(p.Name) // check has seen it
	}
	return c
}

// read returns what is in a header or a form, or adds the path to q as its i-th.
func (p *place) read(v *view, q *query, i int) (string, error) {
	switch {
	case p == nil:
		return "", nil
	case p.in == "json":
		q.paths[i] = p.path
		return "", nil
	}
	name, lines := p.lines(v)
	switch len(lines) {
	case 0:
		return "", nil
	case 1:
		return textproto.TrimString(lines[0]), nil
	}
	return "", fmt.Errorf("%s: %w", name, ErrAmbiguousID)
}

// lines returns what a header or a form holds, and under which name.
func (p *place) lines(v *view) (name string, lines []string) {
	if p.in == "form" {
		form, err := v.fields()
		if err != nil {
			return p.name, nil // not a form: there is none
		}
		return p.name, form[p.name]
	}
	for _, name := range p.names {
		if lines := v.Header[name]; len(lines) > 0 {
			return name, lines
		}
	}
	return p.names[0], nil
}

// followSigned has an id in a signed header read under each name that the
// signature takes it from, in the same order. Otherwise whoever replays a
// request could rename the header, and its id would be another or none.
func (c *checker) followSigned() {
	if c.id == nil || c.id.in != "header" {
		return
	}
	for _, t := range c.contents {
		for i := range t {
			if t[i].kind == partHeader && slices.Contains(t[i].header.names, c.id.names[0]) {
				c.id.names = t[i].header.names
				return
			}
		}
	}
}

// IDSigned reports whether the delivery id is covered by the signature of
// every scheme. One that is not can be exchanged by anyone who has seen the
// request.
func (v *Verifier) IDSigned() bool {
	return len(v.checkers) > 0 && !slices.ContainsFunc(v.checkers, func(c *checker) bool { return !c.covers(c.id) })
}

// BodySigned reports whether every scheme signs the body, or what counts in it.
func (v *Verifier) BodySigned() bool {
	return len(v.checkers) > 0 && !slices.ContainsFunc(v.checkers, func(c *checker) bool { return c.BodyUnsigned })
}

// EventInBody reports whether the event type is read in the body.
func (v *Verifier) EventInBody() bool {
	return slices.ContainsFunc(v.checkers, func(c *checker) bool { return c.event != nil && c.event.in == "json" })
}

// Timestamped reports whether the time of sending is part of the signed text,
// so that two deliveries of one event have different signatures.
func (v *Verifier) Timestamped() bool {
	return slices.ContainsFunc(v.checkers, func(c *checker) bool { return c.stamp != nil || c.Kind == "jwt" })
}
