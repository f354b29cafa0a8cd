package verify

import (
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// A subject is one scheme under fuzzing, described a second time: from the
// provider's documentation, without the code and the data under test.
type subject struct {
	provider, scheme string
	// options and secret default to those of the first valid vector.
	options opts
	secret  string
	// signature, stamp and extra are headers that the fuzzer fills; fixed ones
	// are as they are. also may hold the signature instead.
	signature, stamp, extra string
	also                    []string
	fixed                   map[string]string
	// want are the values that headers must have.
	want map[string]string
	// form, uri and body are what the provider sends, see marks. A fixed body
	// is one that the fuzzer must not replace in a request that is to pass.
	form, uri, body string
	fixedBody       bool
	kind            uint8 // of the content, see kinds
	unit            string
	tolerance       int64 // seconds; 0: any age
	// extraForm is a proper value of the header extra. Default: msg_1.
	extraForm string
	// asCalled: the address has the query of each call.
	asCalled bool
	// unescape is what the provider does to the address before it signs it;
	// nil: nothing.
	unescape func(string) string
	// doubtful: the provider's handshakes have requests refused that are
	// signed right.
	doubtful bool
	// repeats: two events may have the same signature, so that the body counts
	// with it.
	repeats bool
	// noZero: what is signed behind the secret has no zero byte.
	noZero bool
	// several: a request may carry several signatures and need not hold a
	// signed id, so that a hash of the text stands for it.
	several bool

	// read takes a signature's text apart. Default: it is one signature.
	read func(value string) []reading
	// places returns the texts that hold signatures. Default: the header.
	places func(q *asked) []string
	// texts returns what may be signed. Default: the body.
	texts func(q *asked) []string
	// prover makes and checks signatures.
	prover func(secret string) prover
	// fill replaces marks of the subject's own.
	fill func(q *asked, text string) string
	// bodies and forms are spoilt in ways of the provider's own.
	bodies, forms []string
	// judge returns what may stand for an acceptable request, nil for others.
	// Default: read, places, texts and prover together say it.
	judge func(q *asked) [][]byte

	proof    prover
	verifier *Verifier
	signer   *Signer
}

// A prover makes and checks the signatures of one key.
type prover struct {
	sign func(text string) string
	// check returns what stands for the text, nil if the signature is wrong.
	check func(text, sig string) []byte
}

// A reading is what a signature's text holds.
type reading struct {
	sigs    []string
	ts      string
	headers string // names of signed headers
	bad     bool   // it must not be accepted
}

// asked is a request as it is judged.
type asked struct {
	*Request
	*reading
	s    *subject
	draw *draw
	// signing: what the oracle would refuse is signed all the same.
	signing bool
	now     time.Time
	time    string // the timestamp as sent
}

// kinds are the content types of fuzzed requests.
var kinds = []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""}

const (
	kindJSON = iota
	kindForm
	kindMultipart
)

// What the bits of a fuzzed mode say.
const (
	modeGet       = 1 << 0
	modeKind      = 3 << 1 // an index of kinds
	modeProper    = 1 << 3 // as the provider would send it, but for the body and the clock
	modeSigner    = 1 << 4 // signed by the package's Signer
	modeRepeated  = 1 << 5 // the signature's header is there twice
	modeElsewhere = 1 << 6 // the signature is in the first of also
	modeTwice     = 1 << 7 // the extra header is there twice
)

// A draw is what the fuzzer came up with for one subject.
type draw struct {
	mode                      uint8
	header, stamp, extra, uri string
	body                      []byte
	offset                    int64 // seconds from t0 to the clock
}

// fuzzFamily fuzzes subjects of one family: a request is accepted only if an
// independent computation agrees, and always if it is as the provider sends it.
func fuzzFamily(f *testing.F, subjects ...*subject) {
	all := readVectors(f)
	for _, s := range subjects {
		s.prepare(f, all)
	}
	for i, s := range subjects {
		for _, d := range s.seeds(f, all) {
			f.Add(uint8(i), d.mode, d.header, d.stamp, d.extra, d.uri, d.body, d.offset)
		}
	}
	f.Fuzz(func(t *testing.T, which, mode uint8, header, stamp, extra, uri string, body []byte, offset int64) {
		s := subjects[int(which)%len(subjects)]
		d := draw{mode, header, stamp, extra, uri, body, offset % 1_000_000}
		if d.mode&modeProper != 0 {
			d = s.proper(d)
		}
		s.check(t, &d)
	})
}

// proper is a draw as the provider would send it.
func (s *subject) proper(d draw) draw {
	p := draw{modeProper | s.kind<<1, s.form, "$T", s.extraForm, s.uri, d.body, d.offset}
	if s.fixedBody {
		p.body = []byte(s.body)
	}
	return p
}

// request makes a request of a draw: without the marks, and signed where it
// asks for it.
func (s *subject) request(d *draw) *asked {
	r := &Request{Method: http.MethodPost, URI: "/" + strings.TrimPrefix(d.uri, "/"), Header: http.Header{}, Body: d.body}
	if d.mode&modeGet != 0 {
		r.Method = http.MethodGet
	}
	if kind := kinds[d.mode&modeKind>>1]; kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for name, value := range s.fixed {
		r.Header.Set(name, value)
	}
	q := &asked{Request: r, s: s, draw: d, now: t0.Add(time.Duration(d.offset) * time.Second)}
	for name, value := range map[string]string{s.stamp: d.stamp, s.extra: d.extra} {
		if name != "" && value != "" {
			r.Header.Set(name, s.marks(q, value))
		}
	}
	if s.extra != "" && d.mode&modeTwice != 0 {
		r.Header.Add(s.extra, d.extra)
	}
	r.Body = []byte(s.marks(q, string(r.Body)))
	r.URI = s.marks(q, r.URI)
	header := s.marks(q, d.header)
	q.insert(header)
	name := s.signature
	if d.mode&modeElsewhere != 0 && len(s.also) > 0 {
		name = s.also[0]
	}
	if name != "" && header != "" {
		q.put(name, q.withSignature(header))
		if d.mode&modeRepeated != 0 {
			r.Header.Add(name, d.header)
		}
	}
	return q
}

// put sets a header, under the name that Go keeps it.
func (q *asked) put(name, value string) {
	q.Header[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
}

// marks replaces what stands for something else: $T is t0 as the provider
// writes it, $K the secret.
func (s *subject) marks(q *asked, text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	text = strings.ReplaceAll(text, "$T", writeTime(s.unit, t0))
	if s.fill != nil {
		text = s.fill(q, text)
	}
	return text
}

// insert puts a signature where the body or the URI asks for one.
func (q *asked) insert(header string) {
	if q.s.signature == "" && q.s.judge == nil {
		q.Body = []byte(q.withSignature(string(q.Body)))
	}
}

// withSignature replaces $S by the right signature, $U by it in capitals, $W
// by all of it but the end, $L and $M by it with another last or middle
// character, and $F by another one of its length.
func (q *asked) withSignature(text string) string {
	if !strings.Contains(text, "$") || q.s.proof.sign == nil {
		return text
	}
	q.signing = true
	defer func() { q.signing = false }()
	readings := []reading{{}}
	if q.s.signature != "" {
		readings = q.s.readings(text)
	}
	if len(readings) == 0 {
		return text
	}
	texts := q.texts(&readings[0])
	if len(texts) == 0 {
		return text
	}
	sig := q.s.proof.sign(texts[0])
	other := q.s.proof.sign(texts[0] + " ")
	return strings.NewReplacer("$S", sig, "$U", strings.ToUpper(sig), "$W", sig[:len(sig)-1], "$L", turned(sig, len(strings.TrimRight(sig, "="))-1), "$M", turned(sig, len(sig)/2), "$F", other).Replace(text)
}

// turned is a text in which one character is the next of its alphabet: at the
// end of base64 that may change nothing but the bits that do not count.
func turned(sig string, at int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/A"
	next := alphabet[strings.IndexByte(alphabet, sig[at])+1]
	return sig[:at] + string(next) + sig[at+1:]
}
