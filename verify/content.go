package verify

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// A draft is what the signed text of one request is made from.
type draft struct {
	*view
	*input
	url string // one of urls
	key *key   // for {secret}
}

// texts are every text that the signature may be over, for one key. None means
// that the request cannot be what the provider sends. An error is the last.
//
// A text is only there until the next one, of any signature or key, which takes
// its memory: a stranger's body is not to be in memory once for each.
func (c *checker) texts(v *view, in *input, k *key) iter.Seq2[[]byte, error] {
	if c.canonical != nil {
		return func(yield func([]byte, error) bool) {
			if err := c.canonical(c, v, in, func(text []byte) bool { return yield(text, nil) }); err != nil {
				yield(nil, err)
			}
		}
	}
	urls := []string{""}
	if c.usesURL {
		urls = c.urls(v.Request)
	}
	return func(yield func([]byte, error) bool) {
		for _, t := range c.contents {
			for _, u := range urls {
				text, err := t.build(&draft{view: v, input: in, url: u, key: k})
				if !yield(text, err) || err != nil {
					return
				}
			}
		}
	}
}

func (t template) build(d *draft) ([]byte, error) {
	text := d.memory[:0]
	if t.has(partBody, partForm, partSortedForm) {
		text = d.scratch()
	}
	for i := range t {
		var err error
		if text, err = t[i].append(text, d); err != nil {
			return nil, err
		}
	}
	d.memory = text
	return text, nil
}

// append adds what the part stands for.
func (p *part) append(b []byte, d *draft) ([]byte, error) {
	switch p.kind {
	case partURL:
		return append(b, d.url...), nil
	case partURLPath:
		u, _, _ := strings.Cut(d.url, "?")
		return append(b, u...), nil
	case partSecret:
		return append(b, d.key.secret...), nil
	case partJSON, partForm:
		s, err := p.source.get(d.view)
		return append(b, s...), err
	case partSortedForm:
		form, err := d.signedFields()
		return appendAll(b, canonical.Sorted(form)), err
	case partElement:
		return append(b, d.element...), nil
	case partElementHeaders:
		return appendHeaders(b, d.Header, d.element)
	}
	return p.appendTo(b, d.Request, d.input), nil
}

// appendTo adds what a part of a streaming template, or a hash of the body,
// stands for.
func (p *part) appendTo(b []byte, r *Request, in *input) []byte {
	switch p.kind {
	case partBody:
		return append(b, r.Body...)
	case partTime:
		return append(b, in.ts...)
	case partMethod:
		return append(b, r.Method...)
	case partURI:
		return append(b, r.URI...)
	case partPath:
		return append(b, r.path()...)
	case partHeader:
		return append(b, in.headers[p.slot]...)
	case partBodySHA256:
		sum := sha256.Sum256(r.Body)
		return hex.AppendEncode(b, sum[:])
	case partBodyMD5:
		if len(r.Body) == 0 {
			return b
		}
		sum := md5.Sum(r.Body) // the provider's choice; the text around it is keyed
		return base64.StdEncoding.AppendEncode(b, sum[:])
	case partBodyCRC32:
		return strconv.AppendUint(b, uint64(crc32.ChecksumIEEE(r.Body)), 10)
	}
	return append(b, p.literal...)
}

// maxSignedHeaders bounds the headers that one signature may name.
const maxSignedHeaders = 16

// appendHeaders adds the values of the headers that list names, joined by ".".
func appendHeaders(b []byte, h http.Header, list string) ([]byte, error) {
	names := strings.Fields(list)
	if len(names) > maxSignedHeaders {
		return nil, fmt.Errorf("signed headers: %w (more than %d)", ErrMalformed, maxSignedHeaders)
	}
	for i, name := range names {
		lines := h[http.CanonicalHeaderKey(name)]
		if len(lines) != 1 {
			return nil, fmt.Errorf("a signed header is missing or repeated: %w", ErrBadID)
		}
		if i > 0 {
			b = append(b, '.')
		}
		b = append(b, lines[0]...)
	}
	return b, nil
}
