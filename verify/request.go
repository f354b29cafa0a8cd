package verify

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// A Request is what a sender sent, as far as a signature can cover it.
type Request struct {
	Method string
	URI    string      // path and query as received, before any rewrite
	Header http.Header // keys in canonical form, as net/http reads them
	Body   []byte      // the exact bytes
	// Client is the certificate that the client presented and the server
	// verified; nil without one.
	Client *x509.Certificate
	// Sender is the address that the request came from; zero when it is not
	// known. Nothing is verified by it: it bounds what one sender can have
	// fetched.
	Sender netip.Addr
}

// path is the URI without its query.
func (r *Request) path() string {
	path, _, _ := strings.Cut(r.URI, "?")
	return path
}

func (r *Request) rawQuery() string {
	_, query, _ := strings.Cut(r.URI, "?")
	return query
}

// A view is a request as a scheme reads it: every part is parsed at most once.
type view struct {
	*Request
	form    url.Values
	formErr error
	parsed  bool
	inner   []byte // the JSON in a field of the form
	memory  []byte // of the signed text
}

// scratch returns memory for a signed text. There is one at a time.
func (v *view) scratch() []byte {
	if v.memory == nil {
		v.memory = make([]byte, 0, len(v.Body)+len(v.URI)+256)
	}
	return v.memory[:0]
}

// join returns a text of pieces.
func (v *view) join(pieces ...[]string) []byte {
	text := v.scratch()
	for _, p := range pieces {
		text = appendAll(text, p)
	}
	v.memory = text
	return text
}

func appendAll(b []byte, pieces []string) []byte {
	for _, p := range pieces {
		b = append(b, p...)
	}
	return b
}

// fields returns the fields of the body as a form.
func (v *view) fields() (url.Values, error) {
	if !v.parsed {
		v.parsed = true
		v.form, v.formErr = canonical.ParseForm(v.Header.Get("Content-Type"), v.Body)
	}
	return v.form, v.formErr
}

// signedFields returns the fields of a form of which every byte is signed:
// multipart may carry files, which the signatures here leave out.
func (v *view) signedFields() (url.Values, error) {
	if len(v.Body) == 0 {
		return url.Values{}, nil
	}
	if strings.HasPrefix(strings.ToLower(v.Header.Get("Content-Type")), "multipart/") {
		return nil, fmt.Errorf("form: %w", ErrMalformed)
	}
	form, err := v.fields()
	if err != nil {
		return nil, fmt.Errorf("form: %w", ErrMalformed)
	}
	return form, nil
}

// field returns the one value of a form field, "" when it is not there.
func (v *view) field(name string) (string, error) {
	form, err := v.fields()
	if err != nil {
		return "", fmt.Errorf("form: %w", ErrMalformed)
	}
	return one(form[name])
}

// parameters returns those of the query.
func (v *view) parameters() (url.Values, error) {
	query, err := url.ParseQuery(v.rawQuery())
	if err != nil {
		return nil, fmt.Errorf("query: %w", ErrMalformed)
	}
	return query, nil
}

// parameter returns the one value of a query parameter, "" without one.
func (v *view) parameter(name string) (string, error) {
	query, err := v.parameters()
	if err != nil {
		return "", err
	}
	return one(query[name])
}

// signedParameter is parameter for one that is signed by itself.
func (v *view) signedParameter(name string) (string, error) {
	query, err := v.parameters()
	if err != nil {
		return "", err
	}
	return alone(query, name)
}

// signedField is field for one that is signed by itself. Nothing else in the
// body is, so nothing may be there that an application could read for it.
func (v *view) signedField(name string) (string, error) {
	form, err := v.signedFields()
	if err != nil {
		return "", err
	}
	return alone(form, name)
}

// alone is one for a name for which no application could read another.
func alone(fields url.Values, name string) (string, error) {
	for other := range fields {
		if other != name && canonical.Alike(other, name) {
			return "", ErrAmbiguous
		}
	}
	return one(fields[name])
}

func one(values []string) (string, error) {
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", ErrAmbiguous
}

// json returns the JSON text: the body, or the form field that holds it.
func (v *view) json(field string) ([]byte, error) {
	if field == "" {
		return v.Body, nil
	}
	if v.inner == nil {
		text, err := v.field(field)
		if err != nil {
			return nil, err
		}
		v.inner = []byte(text)
	}
	return v.inner, nil
}

// value returns the text or number at a path of the JSON, "" without one.
func (v *view) value(field string, path []string) (string, error) {
	text, err := v.json(field)
	if err != nil {
		return "", err
	}
	q := query{whole: true}
	q.paths[0] = path
	switch err = q.run(text); {
	case errors.Is(err, ErrAmbiguousID):
		return "", fmt.Errorf("%s: %w", strings.Join(path, "."), ErrAmbiguous)
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return q.values[0], nil
}

// A source is where a scheme reads a text: a header, the query or the body.
type source struct {
	in     string
	name   string
	path   []string
	from   string // the form field that holds the JSON
	field  *field // of a header
	signed bool   // a form field that is signed by itself

	missing error
}

// newSource returns a source whose absence is reported as kind.
func newSource(kind error, in, jsonFrom string, names ...string) *source {
	s := &source{in: in, name: names[0], from: jsonFrom}
	s.missing = fmt.Errorf("%s: %w", s.name, kind)
	switch in {
	case "header":
		s.field = newField(kind, names...)
		s.missing = s.field.missing
	case "json":
		s.path = strings.Split(s.name, ".")
	}
	return s
}

func (s *source) many() bool { return slices.Contains(s.path, "*") }

// get returns the text without surrounding white space; empty is missing.
func (s *source) get(v *view) (text string, err error) {
	switch s.in {
	case "header":
		return s.field.get(v.Header)
	case "query":
		text, err = v.parameter(s.name)
	case "form":
		read := v.field
		if s.signed {
			read = v.signedField
		}
		text, err = read(s.name)
	default:
		text, err = v.value(s.from, s.path)
	}
	if err == nil && trim(text) == "" {
		err = s.missing
	}
	if errors.Is(err, ErrAmbiguous) {
		err = fmt.Errorf("%s: %w", s.name, ErrAmbiguous)
	}
	return trim(text), err
}
