package verify

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
)

// An Answer is what a handshake is answered.
type Answer struct {
	Name   string // of the handshake
	Status int
	Header http.Header // with Content-Type if there is a body
	Body   []byte
	// Confirm is an https address, of the provider's own, that has to be
	// called for the subscription to begin. "": none.
	Confirm string
	// Problem says, for the log, why the handshake does not achieve what it
	// is for. Nil: it does.
	Problem error
}

type replyKind uint8

const (
	replyText replyKind = iota
	replyChallenge
	replyQuoted
	replyProof
	replyHeader
	replyOption
	replyURL
)

// A replyPart is one piece of an answer's text.
type replyPart struct {
	kind replyKind
	text string // literal, or the name of a header or an option
}

type replyTemplate []replyPart

// compileReply splits the text of an answer. What is substituted is never
// looked at again.
func compileReply(text string) (t replyTemplate, err error) {
	start := 0
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '{' || text[i+1] < 'a' || text[i+1] > 'z' {
			continue
		}
		end := strings.IndexByte(text[i:], '}')
		if end < 0 {
			return nil, fmt.Errorf("unbalanced brace in %q", text)
		}
		p, err := parseReply(text[i+1 : i+end])
		if err != nil {
			return nil, err
		}
		if start < i {
			t = append(t, replyPart{replyText, text[start:i]})
		}
		t = append(t, p)
		i += end
		start = i + 1
	}
	if start < len(text) {
		t = append(t, replyPart{replyText, text[start:]})
	}
	return t, nil
}

func parseReply(token string) (replyPart, error) {
	switch word, name, _ := strings.Cut(token, ":"); {
	case token == "challenge":
		return replyPart{kind: replyChallenge}, nil
	case token == "challenge:json":
		return replyPart{kind: replyQuoted}, nil
	case token == "proof":
		return replyPart{kind: replyProof}, nil
	case token == "url":
		return replyPart{replyURL, "url"}, nil
	case word == "header" && isToken(name):
		return replyPart{replyHeader, http.CanonicalHeaderKey(name)}, nil
	case word == "option" && name != "":
		return replyPart{replyOption, name}, nil
	}
	return replyPart{}, fmt.Errorf("unknown token {%s} in an answer", token)
}

// A reply is what the tokens of one answer stand for.
type reply struct {
	challenge, proof string
	request          *Request
	options          map[string]string
}

// url is the public address: the option url as it is or, when it is only a
// scheme and a host, with the request's path.
func (r *reply) url() string {
	configured := r.options["url"]
	u, err := url.Parse(configured)
	path := r.request.path()
	if err != nil || strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || path == "/" {
		return configured
	}
	return strings.TrimSuffix(configured, "/") + path
}

// fill writes the text of an answer.
func (t replyTemplate) fill(r *reply) (string, error) {
	var b strings.Builder
	for _, p := range t {
		switch p.kind {
		case replyText:
			b.WriteString(p.text)
		case replyChallenge:
			b.WriteString(r.challenge)
		case replyQuoted:
			quoted, err := json.Marshal(r.challenge) // escapes < and > too
			if err != nil {
				return "", ErrBadHandshake
			}
			b.Write(quoted)
		case replyProof:
			b.WriteString(r.proof)
		case replyOption:
			b.WriteString(r.options[p.text])
		case replyURL:
			b.WriteString(r.url())
		case replyHeader:
			value, err := one(r.request.Header[p.text])
			if err != nil || len(value) > maxChallenge || !printableText(value) {
				return "", fmt.Errorf("%s: %w", p.text, ErrBadHandshake)
			}
			b.WriteString(value)
		}
	}
	return b.String(), nil
}

var proofHashes = map[string]func() hash.Hash{"hmac-sha256": sha256.New, "hmac-sha1": sha1.New, "sha256": sha256.New}

// prove computes a proof over content.
func (p *Proof) prove(secret, content string) (string, error) {
	h := proofHashes[p.Algorithm]()
	if strings.HasPrefix(p.Algorithm, "hmac-") {
		key, err := p.Key.decode(secret)
		if err != nil {
			return "", err
		}
		h = hmac.New(proofHashes[p.Algorithm], key)
	}
	h.Write([]byte(content))
	if p.Encoding == "base64" {
		return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
