package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/net/http/httpguts"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/specimen"
)

// An event is the flags that say what is sent: the same for sign and send.
type event struct {
	identity
	method, url   string
	typ, id, body string
	headers       []string
}

func (e *event) register(cmd *cobra.Command) {
	e.identity.register(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVar(&e.method, "method", http.MethodPost, "HTTP method")
	flags.StringVar(&e.typ, "event", "", "event type (default the sample's)")
	flags.StringVar(&e.id, "id", "", "delivery id (default a new one; of one in a body, see above)")
	flags.StringVar(&e.body, "body", "", "file with the body, - is standard input (default the provider's sample, or {})")
	flags.StringArrayVar(&e.headers, "header", nil, "more headers as 'Name: value'; repeatable")
}

// A mint makes signed requests.
type mint struct {
	method string
	target *url.URL
	host   string // of the header; "": the target's
	header http.Header
	body   []byte
	id     string // "": a new one for each request
	// bodyID: new ids go into the body too. Else only into headers.
	bodyID  bool
	idPlace *verify.Place // nil: nowhere
	// proven: the signature covers the id, so that it tells events apart. Else
	// the body has to.
	proven      bool
	signedField string // of a form, if the signature covers that alone
	signer      *verify.Signer
}

// A signed is a request that is ready to be sent.
type signed struct {
	Method string
	URL    *url.URL
	Host   string // for the header; "": the URL's
	Header http.Header
	Body   []byte
	ID     string // "" when the provider has none, or the sample's own
}

// mint prepares the requests that the flags describe. sample is how the body
// is found when there is no --body.
func (e *event) mint(in io.Reader) (*mint, error) {
	c, err := e.config()
	if err != nil {
		return nil, err
	}
	p, _ := verify.Lookup(c.Provider)
	m := &mint{method: strings.ToUpper(e.method), id: e.id}
	if m.target, err = target(e.url, p.Name); err != nil {
		return nil, err
	}
	schemes := chosen(p, c.Options)
	for _, s := range schemes {
		if _, given := c.Options["url"]; !given && needs(s, "url") {
			origin := *m.target // with which the provider's own query is no trouble
			origin.Path, origin.RawPath, origin.RawQuery, origin.ForceQuery = "", "", "", false
			c.Options["url"] = origin.String()
		}
	}
	if m.signer, err = verify.NewSigner(c); err != nil {
		return nil, err
	}
	return m, e.fill(m, in, p, schemes, c.Options)
}

// fill puts the body, the headers and the event type in place.
func (e *event) fill(m *mint, in io.Reader, p *verify.Provider, schemes []*verify.Scheme, options map[string]string) (err error) {
	m.header = http.Header{}
	if err := addHeaders(m.header, e.headers); err != nil {
		return err
	}
	m.host = m.header.Get("Host")
	m.header.Del("Host") // no header for net/http
	if err := e.fillBody(m, in, p, schemes); err != nil {
		return err
	}
	if e.body == "" {
		m.address(p, options["topic"])
	}
	typ := e.typ
	place := placeOf("event", p.Event, schemes, options)
	if typ == "" && p.Sample != nil && place != nil && place.In == "header" {
		typ = p.Sample.Event
	}
	if m.body, err = specimen.Put(m.header, m.body, place, typ); err != nil {
		return fmt.Errorf("--event: %w", err)
	}
	m.idPlace = placeOf("id", p.ID, schemes, options)
	m.signedField = signedFieldOf(schemes)
	m.proven = m.idPlace != nil && (m.idPlace.In != "header" || p.IDSigned())
	if e.id != "" {
		if _, err := specimen.Put(m.header.Clone(), m.body, m.idPlace, e.id); err != nil {
			return fmt.Errorf("--id: %w", err)
		}
	}
	return nil
}

// address makes the provider's sample one about the first topic that is wanted.
func (m *mint) address(p *verify.Provider, option string) {
	topics := strings.Fields(option)
	for _, h := range p.Handshakes {
		if h.Topic == nil || !h.Topic.Events || len(topics) == 0 || topics[0] == "*" {
			continue
		}
		if body, err := specimen.Put(m.header, m.body, &verify.Place{In: h.Topic.In, Name: h.Topic.Name}, topics[0]); err == nil {
			m.body = body
		}
	}
}

// fillBody finds the body: that of --body, or else the provider's sample in
// the form that the scheme reads.
func (e *event) fillBody(m *mint, in io.Reader, p *verify.Provider, schemes []*verify.Scheme) (err error) {
	contentType := "application/json"
	switch {
	case e.body == "-":
		m.body, err = io.ReadAll(io.LimitReader(in, maxBody+1))
	case e.body != "":
		m.body, err = os.ReadFile(e.body)
	case p.Sample != nil:
		m.body = []byte(p.Sample.Body)
		if p.Sample.ContentType != "" {
			contentType = p.Sample.ContentType
		}
		fallthrough
	default:
		m.body, contentType = specimen.AsForm(m.body, contentType, schemes)
	}
	switch {
	case err != nil:
		return fmt.Errorf("--body: %w", err)
	case len(m.body) > maxBody:
		return fmt.Errorf("--body: larger than %d MiB", maxBody>>20)
	case m.header.Get("Content-Type") == "":
		m.header.Set("Content-Type", contentType)
	}
	return nil
}

// next makes a request that is signed now.
func (m *mint) next(now time.Time) (*signed, error) {
	r := &verify.Request{Method: m.method, URI: m.target.RequestURI(), Header: m.header.Clone(), Body: bytes.Clone(m.body)}
	id, err := m.identify(r)
	if err != nil {
		return nil, err
	}
	m.distinguish(r)
	if err := m.signer.Sign(now, r); err != nil {
		return nil, err
	}
	signedURI, err := url.ParseRequestURI(r.URI)
	if err != nil {
		return nil, err
	}
	u := *m.target // not resolved against it: dots in a path are part of what is signed
	u.Path, u.RawPath, u.RawQuery, u.ForceQuery = signedURI.Path, signedURI.RawPath, signedURI.RawQuery, signedURI.ForceQuery
	return &signed{Method: r.Method, URL: &u, Host: m.host, Header: r.Header, Body: r.Body, ID: id}, nil
}

// identify gives the request its id, if there is a place for one.
func (m *mint) identify(r *verify.Request) (id string, err error) {
	if m.idPlace == nil || m.id == "" && !m.bodyID && m.idPlace.In != "header" {
		return "", nil
	}
	id = m.id
	if id == "" && m.idPlace.In == "header" && r.Header.Get(m.idPlace.Name) != "" {
		return r.Header.Get(m.idPlace.Name), nil // given with --header
	}
	if id == "" {
		id = specimen.NewID(r.Body, m.idPlace)
	}
	body, err := specimen.Put(r.Header, r.Body, m.idPlace, id)
	if err != nil {
		return "", nil // a body of another form: it has no place for an id of ours
	}
	r.Body = body
	return id, nil
}

// distinguish makes the body, or the part of it that is signed, one that has not
// been sent yet, if that is what tells events apart.
func (m *mint) distinguish(r *verify.Request) {
	if m.proven || m.id != "" || !m.bodyID {
		return
	}
	mark := specimen.Mark
	if m.signedField != "" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		mark = func(h http.Header, body []byte) ([]byte, error) { return specimen.MarkField(h, body, m.signedField) }
	}
	if body, err := mark(r.Header, r.Body); err == nil { // else there is no place for it
		r.Body = body
	}
}

// formField is a signed text that is a field of a form.
var formField = regexp.MustCompile(`^\{form:([^{}]+)\}$`)

// signedFieldOf returns the field of a form that one of the schemes signs, and
// nothing else.
func signedFieldOf(schemes []*verify.Scheme) string {
	for _, s := range schemes {
		if match := formField.FindStringSubmatch(s.Content); match != nil {
			return match[1]
		}
	}
	return ""
}

// needs reports whether an option changes what a scheme verifies.
func needs(s *verify.Scheme, option string) bool {
	for _, name := range s.Requires {
		if name == option {
			return true
		}
	}
	return false
}

// placeOf returns where the id or the event is: as the option of that name
// says, else as the scheme or the provider does.
func placeOf(option string, place *verify.Place, schemes []*verify.Scheme, options map[string]string) *verify.Place {
	override := schemes[0].ID
	if option == "event" {
		override = schemes[0].Event
	}
	if override != nil {
		place = override
	}
	if words := strings.Fields(options[option]); len(words) == 2 {
		place = &verify.Place{In: words[0], Name: words[1]}
	}
	if place == nil || place.In == "none" {
		return nil
	}
	return place
}

// target parses the address that requests go to.
func target(address, provider string) (*url.URL, error) {
	if address == "" {
		address = "http://localhost:8080/" + provider
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the address is not an http or https URL") // it may hold a password
	}
	u.Fragment = ""
	return u, nil
}

// addHeaders adds lines as 'Name: value'.
func addHeaders(h http.Header, lines []string) error {
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return errors.New("--header takes 'Name: value'")
		}
		if strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding") {
			return fmt.Errorf("--header: %s is not a matter of choice", name)
		}
		h.Add(name, value)
	}
	return nil
}
