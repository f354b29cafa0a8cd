package verify

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var anchored = regexp.MustCompile(`^\^.*\$$`)

func (p *problems) pattern(field, text string) {
	if _, err := regexp.Compile(text); err != nil || !anchored.MatchString(text) {
		p.addf("%s: not a regular expression from ^ to $", field)
	}
}

// check reports everything that makes h unusable.
func (h *Handshake) check() error {
	var p problems
	if h.Name == "" {
		p.addf("name is required")
	}
	h.When.check(&p)
	if c := h.Challenge; c != nil {
		p.place("challenge", c.In, c.Name, "query", "header", "json", "form")
		if c.Pattern != "" {
			p.pattern("challenge", c.Pattern)
		}
	}
	if t := h.Topic; t != nil {
		p.place("topic", t.In, t.Name, "query", "json")
	}
	if t := h.Token; t != nil && (t.Query == "" || !slices.Contains(optionNames, t.Option)) {
		p.addf("token: a query parameter and an option are required")
	}
	for _, name := range h.Requires {
		if !slices.Contains(optionNames, name) {
			p.addf("unknown option %q", name)
		}
	}
	if h.Signed && h.bare() {
		p.addf("signed: the body must tell it from an event, since headers and query may not be signed")
	}
	h.checkProof(&p)
	h.checkConfirm(&p)
	h.checkAnswer(&p)
	if err := errors.Join(p...); err != nil {
		return fmt.Errorf("handshake %s: %w", h.Name, err)
	}
	return nil
}

// place checks where a text is: In must be one of the allowed.
func (p *problems) place(field, in, name string, allowed ...string) {
	p.oneOf(field, in, allowed...)
	switch in {
	case "header":
		p.header(field, name)
	case "json":
		if _, err := parsePath(name); err != nil {
			p.addf("%s: %w", field, err)
		}
	default:
		if name == "" {
			p.addf("%s: the name is missing", field)
		}
	}
}

func (w *Trigger) check(p *problems) {
	p.oneOf("method", w.Method, "", http.MethodPost, http.MethodGet, http.MethodHead, http.MethodOptions)
	for in, values := range map[string]map[string]string{"query": w.Query, "header": w.Header, "json": w.JSON, "form": w.Form} {
		for name := range values {
			p.place("when", in, name, in)
		}
	}
	inBody := len(w.JSON) > 0 || len(w.Form) > 0
	if inBody && w.method() != http.MethodPost {
		p.addf("when: only a POST has a body")
	}
	if inBody && w.EmptyBody {
		p.addf("when: an empty body has no values")
	}
}

func (w *Trigger) method() string {
	if w.Method == "" {
		return http.MethodPost
	}
	return w.Method
}

func (h *Handshake) checkProof(p *problems) {
	if h.Proof == nil {
		return
	}
	p.oneOf("proof", h.Proof.Algorithm, "hmac-sha256", "hmac-sha1", "sha256")
	p.oneOf("proof key", h.Proof.Key.Decode, "", "utf8", "sha1")
	p.oneOf("proof encoding", h.Proof.Encoding, "", "hex", "base64")
	h.checkTemplate(p, h.Proof.Content, replyHeader, replyProof, replyQuoted)
	keyed := strings.HasPrefix(h.Proof.Algorithm, "hmac-")
	if keyed && !h.Signed && (h.Challenge == nil || h.Challenge.Pattern == "" || h.Proof.Content != "") {
		p.addf("proof: without a pattern a stranger could have anything signed with the secret")
	}
}

func (h *Handshake) checkConfirm(p *problems) {
	if h.Confirm == nil {
		return
	}
	p.place("confirm", "json", h.Confirm.JSON, "json")
	p.pattern("confirm", h.Confirm.HostPattern)
	if !h.Signed || h.Topic == nil {
		p.addf("confirm: anyone may ask for it, so it must be signed and about a topic")
	}
}

func (h *Handshake) checkAnswer(p *problems) {
	a := &h.Answer
	if a.Status != 0 && a.Status != http.StatusOK && a.Status != http.StatusNoContent {
		p.addf("answer: status %d is neither 200 nor 204", a.Status)
	}
	p.oneOf("answer type", a.Type, "", "application/json", "text/plain")
	if (a.Type == "") != (a.Body == "") || a.Body != "" && a.Status == http.StatusNoContent {
		p.addf("answer: body and type belong together, and to status 200")
	}
	for name, text := range a.Headers {
		p.header("answer", name)
		h.checkTemplate(p, text, replyProof, replyQuoted, replyOption, replyURL)
	}
	if a.Type == "application/json" {
		h.checkTemplate(p, a.Body, replyChallenge, replyHeader, replyOption, replyURL)
	} else {
		h.checkTemplate(p, a.Body, replyHeader, replyQuoted, replyURL)
	}
}

// checkTemplate checks a text, in which the tokens of some kinds are out of
// place.
func (h *Handshake) checkTemplate(p *problems, text string, not ...replyKind) {
	t, err := compileReply(text)
	if err != nil {
		p.addf("answer: %w", err)
		return
	}
	for _, part := range t {
		switch {
		case slices.Contains(not, part.kind):
			p.addf("answer: a token of %q does not belong there", text)
		case part.kind == replyProof && h.Proof == nil, (part.kind == replyChallenge || part.kind == replyQuoted) && h.Challenge == nil:
			p.addf("answer: %q has a token without a challenge or proof", text)
		case (part.kind == replyOption || part.kind == replyURL) && !slices.Contains(h.Requires, part.text):
			p.addf("answer: option %q is not required", part.text)
		}
	}
}

// checkHandshakes reports what is wrong with a provider's handshakes.
func (p *Provider) checkHandshakes() error {
	var all []error
	seen := map[string]bool{}
	for _, h := range p.Handshakes {
		if seen[h.Name] {
			all = append(all, fmt.Errorf("handshake %s: the name is taken", h.Name))
		}
		seen[h.Name] = true
		all = append(all, h.check())
	}
	return errors.Join(all...)
}
