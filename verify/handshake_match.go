package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// A spot is where a handshake has a text.
type spot struct {
	in   string
	name string // canonical for a header
	path []string
}

func newSpot(in, name string) *spot {
	s := &spot{in: in, name: name}
	switch in {
	case "header":
		s.name = http.CanonicalHeaderKey(name)
	case "json":
		s.path = strings.Split(name, ".")
	}
	return s
}

// inHead reports whether the body is not needed.
func (s *spot) inHead() bool { return s.in == "query" || s.in == "header" }

// read returns the text, "" without one.
func (s *spot) read(v *view) (string, error) {
	switch {
	case s.in == "query":
		return v.parameter(s.name)
	case s.in == "header":
		return one(v.Header[s.name])
	case s.in == "form":
		return v.posted(s.name)
	}
	return v.value("", s.path)
}

// posted is field for bodies that may come without a content type, as
// WordPress' do. JSON is no form, whatever its type is said to be: that is not
// signed, and a signed text may have an & in it.
func (v *view) posted(name string) (string, error) {
	if json.Valid(v.Body) && bytes.HasPrefix(bytes.TrimSpace(v.Body), []byte("{")) {
		return "", ErrMalformed
	}
	contentType := v.Header.Get("Content-Type")
	if contentType == "" {
		contentType = "application/x-www-form-urlencoded"
	}
	form, err := canonical.ParseForm(contentType, v.Body)
	if err != nil {
		return "", ErrMalformed
	}
	return one(form[name])
}

// A condition is a text that must have a value: "*" any, "" none.
type condition struct {
	*spot
	want string
}

func (c condition) holds(v *view) bool {
	if c.in == "json" && c.want != "*" && !bytes.Contains(v.Body, []byte(c.want)) {
		return false // which spares most webhooks the parser
	}
	value, err := c.read(v)
	if c.want == "*" {
		return err == nil && value != ""
	}
	return err == nil && value == c.want
}

// A greeting is a Handshake, compiled.
type greeting struct {
	*Handshake
	method     string
	head, body []condition
	challenge  *spot
	pattern    *regexp.Regexp
	token      *spot
	topic      *spot
	confirm    *spot
	host       *regexp.Regexp
	content    replyTemplate // of the proof
	text       replyTemplate
	headers    map[string]replyTemplate
}

// newGreeting compiles a handshake that has passed check.
func newGreeting(h *Handshake) *greeting {
	g := &greeting{Handshake: h, method: h.When.method(), headers: make(map[string]replyTemplate)}
	g.head = append(conditions("query", h.When.Query), conditions("header", h.When.Header)...)
	g.body = append(conditions("json", h.When.JSON), conditions("form", h.When.Form)...)
	if c := h.Challenge; c != nil {
		g.challenge = newSpot(c.In, c.Name)
		if c.Pattern != "" {
			g.pattern = regexp.MustCompile(c.Pattern)
		}
		there := condition{g.challenge, "*"}
		if g.challenge.inHead() {
			g.head = append(g.head, there)
		} else {
			g.body = append(g.body, there)
		}
	}
	if h.Token != nil {
		g.token = newSpot("query", h.Token.Query)
	}
	if h.Topic != nil {
		g.topic = newSpot(h.Topic.In, h.Topic.Name)
	}
	if h.Confirm != nil {
		g.confirm = newSpot("json", h.Confirm.JSON)
		g.host = regexp.MustCompile(h.Confirm.HostPattern)
	}
	g.compileAnswer()
	return g
}

func (g *greeting) compileAnswer() {
	if g.Proof != nil {
		content := g.Proof.Content
		if content == "" {
			content = "{challenge}"
		}
		g.content, _ = compileReply(content) // check has seen them all
	}
	g.text, _ = compileReply(g.Answer.Body)
	for name, text := range g.Answer.Headers {
		g.headers[http.CanonicalHeaderKey(name)], _ = compileReply(text)
	}
}

func conditions(in string, wanted map[string]string) (all []condition) {
	for name, want := range wanted {
		all = append(all, condition{newSpot(in, name), want})
	}
	return all
}

// matchesHead reports whether a request may be this handshake, as far as can
// be told without its body.
func (g *greeting) matchesHead(v *view) bool {
	return v.Method == g.method && all(g.head, v)
}

// matches reports whether a request is this handshake.
func (g *greeting) matches(v *view) bool {
	switch {
	case !g.matchesHead(v), g.When.EmptyBody && len(v.Body) > 0, len(g.body) > 0 && len(v.Body) > MaxHandshake:
		return false
	}
	return all(g.body, v)
}

func all(cs []condition, v *view) bool {
	for _, c := range cs {
		if !c.holds(v) {
			return false
		}
	}
	return true
}

// readChallenge returns the challenge of a request that matches.
func (g *greeting) readChallenge(v *view) (string, error) {
	if g.challenge == nil {
		return "", nil
	}
	text, err := g.challenge.read(v)
	if err != nil || len(text) > maxChallenge || !printableText(text) || g.pattern != nil && !g.pattern.MatchString(text) {
		return "", fmt.Errorf("%s: %w", g.challenge.name, ErrBadHandshake)
	}
	return text, nil
}

// presents reports whether a request carries a signature or token of any
// configured scheme, good or bad.
func (v *Verifier) presents(r *view) bool {
	for _, c := range v.checkers {
		if c.signature == nil {
			continue
		}
		if c.signature.there(r) || c.alternate != nil && c.alternate.there(r) {
			return true
		}
		for _, s := range c.more {
			if s.there(r) {
				return true
			}
		}
	}
	return false
}

// there reports whether a request has the text, even an empty one. What cannot
// be read may be there.
func (s *source) there(v *view) bool {
	switch {
	case s.in == "header":
		for _, name := range s.field.names {
			if _, ok := v.Header[name]; ok {
				return true
			}
		}
		return false
	case s.in == "query":
		value, err := v.parameter(s.name)
		return err != nil || value != ""
	case len(v.Body) == 0:
		return false
	case s.many():
		return true
	}
	_, err := s.get(v)
	return !errors.Is(err, ErrMissing)
}
