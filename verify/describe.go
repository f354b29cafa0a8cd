package verify

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// A Reading says what one scheme reads in a request, whether it verifies or
// not. It is for explaining: nothing in it is proved. It holds no secret, no
// signature and nothing of the body but a timestamp.
type Reading struct {
	// Scheme has the options applied. It must not be changed.
	Scheme *Scheme
	// Err is why no signature or token could be read; nil when one was, which
	// says nothing about the secret or the clock.
	Err error
	// Lines is how often the signature's header is there. 0 for other places.
	Lines int
	// Found counts the signatures of the version asked for, Usable those of
	// them with the right encoding and length.
	Found, Usable int
	// Time is the timestamp as sent, at most 80 bytes of it; "": there is none.
	// Sent is the same; zero when it cannot be read, or the scheme has none.
	Time string
	Sent time.Time
	// Age is how long before now that was; negative when it is ahead.
	Age time.Duration
	// Tolerance is how far from now it may be, either way; 0: any age.
	Tolerance time.Duration
	// Signed are the parts of the signed text in order. Nil when no template
	// says it: see Scheme.Canonical.
	Signed []Part
	// Missing are the headers that must be there and are not.
	Missing []string
}

// A Part is a piece of a signed text.
type Part struct {
	// Token is its name in the template, as body or h:webhook-id; "" for text
	// that is always the same.
	Token string
	// Text is what it stands for, where that may be shown: fixed texts,
	// timestamps and ids of at most 80 bytes. Else "".
	Text string
	// Size of it in bytes; -1 when it is not known.
	Size int
}

// maxShown is the longest text of a request, in bytes, that a Reading shows.
const maxShown = 80

// Describe says what each scheme reads in r. It checks no signature and
// fetches no key.
func (v *Verifier) Describe(now time.Time, r *Request) []Reading {
	var all []Reading
	for _, c := range v.checkers {
		all = append(all, c.describe(now, &view{Request: r}))
	}
	return all
}

func (c *checker) describe(now time.Time, v *view) Reading {
	d := Reading{Scheme: c.Scheme}
	if c.signature == nil { // none, mtls
		return d
	}
	if c.signature.field != nil {
		for _, name := range c.signature.field.names {
			d.Lines += len(v.Header[name])
		}
	}
	d.Missing = c.missingHeaders(v.Header)
	var in input
	c.describeSignatures(v, &d, &in)
	c.describeTime(now, v, &d, &in)
	if len(c.contents) > 0 {
		d.Signed = c.contents[0].describe(c, v, &in)
	}
	return d
}

func (c *checker) missingHeaders(h http.Header) (names []string) {
	need := slices.Clone(c.required)
	for _, t := range c.contents {
		for i := range t {
			if t[i].header != nil {
				need = append(need, t[i].header)
			}
		}
	}
	for _, f := range need {
		if _, err := f.get(h); err != nil {
			names = append(names, strings.Join(f.names, " or "))
		}
	}
	for _, e := range c.exact {
		if _, err := e.get(h); err != nil {
			names = append(names, e.names[0])
		}
	}
	return names
}

// describeSignatures counts the signatures and leaves the last in in.
func (c *checker) describeSignatures(v *view, d *Reading, in *input) {
	var values []string
	switch {
	case c.Signature.Parse == "items":
		items, err := canonical.AdyenItems(v.Body)
		if d.Err = err; err != nil {
			d.Err = c.malformed // err may quote the body
		}
		for _, item := range items {
			values = append(values, item.Signature)
		}
	case c.signature.many():
		d.Err = v.each(c.JSONFrom, c.signature.path, func(token string) error {
			values = append(values, token)
			return nil
		})
	default:
		values, d.Err = c.signatures(v)
	}
	for _, value := range values {
		*in = input{}
		if err := c.readValue(value, in); err != nil && d.Err == nil {
			d.Err = err
		}
		if !c.signs() {
			in.seen, in.n = 1, 1
		}
		d.Found, d.Usable = d.Found+in.seen, d.Usable+in.n
	}
	if len(values) == 0 && d.Err == nil {
		d.Err = c.signature.missing
	}
}

func (c *checker) describeTime(now time.Time, v *view, d *Reading, in *input) {
	switch s := c.stamp; {
	case c.Kind == "jwt":
		d.Sent = issued(in.credential)
	case s == nil:
		return
	case s.field != nil:
		in.ts, _ = s.field.get(v.Header)
	case s.body != nil:
		in.ts, _ = s.body.get(v)
	}
	if s := c.stamp; s != nil {
		d.Tolerance = s.tolerance
		if t, ok := parseTime(s.unit, in.ts); ok {
			d.Sent = t
		}
	}
	d.Time = in.ts[:min(len(in.ts), maxShown)]
	if !d.Sent.IsZero() {
		d.Age = now.Sub(d.Sent)
	}
}

// issued is when a token says that it was issued, or else from when or until
// when it is valid (RFC 7519, section 4.1). Nothing of it is proved.
func issued(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	dec := json.NewDecoder(strings.NewReader(string(payload)))
	dec.UseNumber()
	var said claims
	if dec.Decode(&said) != nil {
		return time.Time{}
	}
	for _, name := range []string{"iat", "nbf", "exp"} {
		if t, ok := said.time(name); ok {
			return t
		}
	}
	return time.Time{}
}

// describe lists the parts of the signed text.
func (t template) describe(c *checker, v *view, in *input) []Part {
	var all []Part
	for i := range t {
		all = append(all, t[i].describe(c, v, in))
	}
	return all
}

func (p *part) describe(c *checker, v *view, in *input) Part {
	d := Part{Token: p.token(), Size: -1}
	switch p.kind {
	case partSecret, partSortedForm, partElementHeaders:
		return d
	case partURL, partURLPath:
		all := c.urls(v.Request)
		d.Size = len(all[len(all)-1])
		return d
	}
	text, err := p.append(nil, &draft{view: v, input: in})
	if err != nil {
		return d
	}
	d.Size = len(text)
	if len(text) <= maxShown && p.showable(c) {
		d.Text = string(text)
	}
	return d
}

// showable reports whether what p stands for may be printed. A literal may
// also be an option's value, which is nobody else's business.
func (p *part) showable(c *checker) bool {
	switch p.kind {
	case partLiteral:
		return strings.Contains(c.Content, p.literal)
	case partTime, partMethod:
		return true
	case partHeader:
		return !confidential(p.header.names[0])
	}
	return false
}

// confidential reports whether a header of this name may hold a credential.
func confidential(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"auth", "cookie", "token", "secret", "key", "signature", "password"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// token is what the part is called in a template.
func (p *part) token() string {
	switch p.kind {
	case partLiteral:
		return ""
	case partHeader:
		return "h:" + p.header.names[0]
	case partJSON:
		return "json:" + p.source.name
	case partForm:
		return "form:" + p.source.name
	}
	for name, kind := range tokens {
		if kind == p.kind {
			return name
		}
	}
	return ""
}
