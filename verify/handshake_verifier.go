package verify

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// errNoTopic is a Problem: the sender may only have its signature right.
var errNoTopic = errors.New("the subscription was not confirmed: anyone can ask for one, so the option topic must name what is wanted")

// A handshaker answers the handshakes of one provider. Nil answers none.
type handshaker struct {
	greetings []*greeting
	doubtful  []*greeting // those that vet looks at
	secrets   []string
	options   map[string]string
	topics    []string // of the option topic; none: any
}

// newHandshaker returns nil when there is nothing to answer.
func newHandshaker(p *Provider, c Config) *handshaker {
	s := &handshaker{secrets: c.Secrets, options: c.Options, topics: wantedTopics(c.Options["topic"])}
	for _, h := range p.Handshakes {
		missing := func(option string) bool { return c.Options[option] == "" }
		if !slices.ContainsFunc(h.Requires, missing) {
			g := newGreeting(h)
			s.greetings = append(s.greetings, g)
			if s.doubts(g) {
				s.doubtful = append(s.doubtful, g)
			}
		}
	}
	if len(s.greetings) == 0 {
		return nil
	}
	return s
}

func wantedTopics(option string) []string {
	if strings.TrimSpace(option) == anyTopic {
		return nil
	}
	return strings.Fields(option)
}

// AnyTopic reports whether the option topic says that messages about any topic
// are wanted, whoever's it is.
func (v *Verifier) AnyTopic() bool {
	return v.handshaker != nil && strings.TrimSpace(v.handshaker.options["topic"]) == anyTopic
}

// HandshakeMethods returns the methods other than POST of the provider's
// handshakes, sorted.
func (v *Verifier) HandshakeMethods() []string {
	if v.handshaker == nil {
		return nil
	}
	var methods []string
	for _, g := range v.handshaker.greetings {
		if g.method != http.MethodPost {
			methods = append(methods, g.method)
		}
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}

// MayBeHandshake reports whether a request, of which the body is not known
// yet, may be a handshake that need not be signed, or any if its method is
// not POST. Such a body has at most [MaxHandshake] bytes.
func (v *Verifier) MayBeHandshake(r *Request) bool {
	if v.handshaker == nil {
		return false
	}
	head := &view{Request: r}
	for _, g := range v.handshaker.greetings {
		if (!g.Signed || g.method != http.MethodPost) && g.matchesHead(head) {
			return true
		}
	}
	return false
}

// Handshake returns the answer to a request that is one of the provider's
// handshakes: nil, nil to any other. The result is that of Verify, nil when
// it did not accept the request. One that was refused is only ever a
// handshake if it carries no signature or token at all and the provider signs
// none for it.
//
// Errors are ErrBadHandshake, ErrHandshakeToken and ErrHandshakeTopic. Callers
// must limit how often they ask: a token may be guessed.
func (v *Verifier) Handshake(r *Request, res *Result) (*Answer, error) {
	s := v.handshaker
	if s == nil {
		return nil, nil
	}
	var text *view
	for _, g := range s.greetings {
		if g.Signed && res == nil || g.method != r.Method || res != nil && g.bare() {
			continue
		}
		if text == nil { // which most webhooks are spared
			text = &view{Request: r}
		}
		if !g.matches(text) {
			continue
		}
		if res == nil && v.presents(text) {
			return nil, nil
		}
		return s.answer(g, text, res)
	}
	return nil, nil
}

// answer answers a request that matches.
func (s *handshaker) answer(g *greeting, v *view, res *Result) (*Answer, error) {
	a := &Answer{Name: g.Name, Status: http.StatusOK, Header: http.Header{}}
	r := reply{request: v.Request, options: s.options}
	var err error
	if r.challenge, err = g.readChallenge(v); err != nil {
		return nil, err
	}
	if err = s.checkToken(g, v); err != nil {
		return nil, err
	}
	if err = s.checkTopic(g, v); err != nil {
		return nil, err
	}
	if err = s.confirm(g, v, a); err != nil {
		return nil, err
	}
	if g.Proof != nil {
		if r.proof, err = s.prove(g, &r, res); err != nil {
			return nil, err
		}
	}
	if err = g.write(a, &r); err != nil {
		return nil, err
	}
	return a, nil
}

// write fills the answer in.
func (g *greeting) write(a *Answer, r *reply) error {
	if g.Answer.Status != 0 {
		a.Status = g.Answer.Status
	}
	for name, t := range g.headers {
		value, err := t.fill(r)
		if err != nil {
			return err
		}
		if value != "" {
			a.Header[name] = []string{value}
		}
	}
	// A challenge is a stranger's text: no browser may take it for a page.
	a.Header.Set("X-Content-Type-Options", "nosniff")
	a.Header.Set("Cache-Control", "no-store")
	switch g.Answer.Type {
	case "":
		return nil
	case "text/plain":
		a.Header.Set("Content-Type", "text/plain; charset=utf-8")
	default:
		a.Header.Set("Content-Type", g.Answer.Type)
	}
	body, err := g.text.fill(r)
	a.Body = []byte(body)
	return err
}

// checkToken compares the token that the request shows.
func (s *handshaker) checkToken(g *greeting, v *view) error {
	if g.token == nil {
		return nil
	}
	shown, err := g.token.read(v)
	if err != nil {
		return fmt.Errorf("%s: %w", g.token.name, ErrBadHandshake)
	}
	tokens := s.secrets
	if t := s.options[g.Token.Option]; t != "" {
		tokens = []string{t}
	}
	got, match := sha256.Sum256([]byte(shown)), 0
	for _, t := range tokens {
		want := sha256.Sum256([]byte(t))
		match |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	if match == 0 || shown == "" {
		return fmt.Errorf("%s: %w", g.token.name, ErrHandshakeToken)
	}
	return nil
}

// checkTopic holds the topic against the option. A subscription may begin for
// any topic if the option names none, and end for none: whoever asks a hub to end
// ours would have it confirmed here.
func (s *handshaker) checkTopic(g *greeting, v *view) error {
	if g.topic == nil || len(s.topics) == 0 && !g.Topic.Leaving {
		return nil
	}
	topic, err := g.topic.read(v)
	listed := slices.Contains(s.topics, topic)
	if err != nil || topic == "" || listed == g.Topic.Leaving || len(s.topics) == 0 {
		return fmt.Errorf("%s: %w", g.topic.name, ErrHandshakeTopic)
	}
	return nil
}

// confirm notes the address to be called. Unless the option names topics it is not:
// anyone can subscribe our address to a topic of theirs, and the provider
// signs that.
func (s *handshaker) confirm(g *greeting, v *view, a *Answer) error {
	if g.confirm == nil {
		return nil
	}
	if len(s.topics) == 0 {
		a.Problem = errNoTopic
		return nil
	}
	text, err := g.confirm.read(v)
	if err != nil || len(text) > maxChallenge || !printable(text) {
		return fmt.Errorf("%s: %w", g.confirm.name, ErrBadHandshake)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || u.Fragment != "" || !g.host.MatchString(u.Host) {
		return fmt.Errorf("%s is not an address of the provider: %w", g.confirm.name, ErrBadHandshake)
	}
	a.Confirm = u.String()
	return nil
}

// prove computes the proof, with the secret that verified the request: after a
// change of secrets the provider may still have the older one.
func (s *handshaker) prove(g *greeting, r *reply, res *Result) (string, error) {
	content, err := g.content.fill(r)
	if err != nil {
		return "", err
	}
	secret, n := "", 0
	if res != nil {
		n = res.Secret
	}
	if n < len(s.secrets) {
		secret = s.secrets[n]
	}
	return g.Proof.prove(secret, content)
}

// vet refuses what a checker accepts but the handshakes give reason to doubt:
// a message about a topic that is not wanted, and one whose signature could be
// had by asking for it. X, for one, has the same key sign events and
// challenges of the caller's choice.
func (s *handshaker) vet(c *checker, r *Request) error {
	if s == nil || len(s.doubtful) == 0 {
		return nil
	}
	v := &view{Request: r}
	if err := s.vetTopic(v); err != nil {
		return err
	}
	for _, g := range s.doubtful {
		if g.oracle() && c.signedLike(v, g) {
			return fmt.Errorf("what is signed may be a challenge: %w", ErrMismatch)
		}
	}
	return nil
}

// vetTopic refuses a message about a topic that is not wanted.
func (s *handshaker) vetTopic(v *view) error {
	if s == nil {
		return nil
	}
	for _, g := range s.doubtful {
		if g.Topic == nil || !g.Topic.Events {
			continue
		}
		topic, err := g.topic.read(v)
		if err != nil || !slices.Contains(s.topics, topic) {
			return fmt.Errorf("%s is not among those of the option topic: %w", g.topic.name, ErrMismatch)
		}
	}
	return nil
}

// doubts reports whether a handshake gives reason to doubt verified requests.
func (s *handshaker) doubts(g *greeting) bool {
	return g.oracle() || g.Topic != nil && g.Topic.Events && len(s.topics) > 0
}

// oracle reports whether anyone can have a text signed that matches the
// pattern of the challenge.
func (g *greeting) oracle() bool { return !g.Signed && g.Proof != nil && g.pattern != nil }

// signedLike reports whether the text that c has verified could be a challenge.
func (c *checker) signedLike(v *view, g *greeting) bool {
	matches := func(text string) bool { return g.pattern.MatchString(strings.TrimSpace(text)) }
	if len(v.Body) <= maxChallenge && matches(string(v.Body)) {
		return true
	}
	for _, t := range c.contents {
		for i := range t {
			if t[i].kind != partForm {
				continue
			}
			if text, err := v.field(t[i].source.name); err != nil || matches(text) {
				return true
			}
		}
	}
	return false
}
