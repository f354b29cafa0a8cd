package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// prepare fills in what a subject leaves to the vectors.
func (s *subject) prepare(f *testing.F, all []vector) {
	for _, v := range all {
		if s.secret != "" || v.Provider != s.provider || v.Scheme != s.scheme || v.Expect != "valid" || len(v.Secrets) != 1 {
			continue
		}
		s.secret = v.Secrets[0]
		if s.options == nil {
			s.options = v.Config
		}
	}
	if s.extraForm == "" {
		s.extraForm = "msg_1"
	}
	c := Config{Provider: s.provider, Secrets: []string{s.secret}, Options: opts{"scheme": s.scheme}}
	for name, value := range s.options {
		c.Options[name] = value
	}
	private, public, found := strings.Cut(s.secret, "\n\n") // a pair, see keyPair
	if found {
		c.Secrets = []string{public}
	}
	s.verifier = mustNew(f, c)
	c.Secrets = []string{private}
	var err error
	if s.signer, err = NewSigner(c); err != nil {
		f.Fatalf("%s/%s: %v", s.provider, s.scheme, err)
	}
	if s.prover != nil {
		s.proof = s.prover(private)
	}
}

// seeds are the subject's vectors, and its own form, right and spoilt.
func (s *subject) seeds(f *testing.F, all []vector) (seeds []draw) {
	mode := s.kind << 1
	own := draw{mode, s.form, "$T", s.extraForm, s.uri, []byte(s.body), 0}
	for _, mode := range []uint8{mode, mode | modeProper, mode | modeSigner, mode | modeRepeated, mode | modeElsewhere, mode | modeGet, mode | modeTwice} {
		d := own
		d.mode = mode
		seeds = append(seeds, d)
	}
	for _, offset := range []int64{-s.tolerance - 1, -s.tolerance, s.tolerance, s.tolerance + 1} {
		d := own
		d.offset = offset
		seeds = append(seeds, d)
	}
	for _, mark := range []string{"$U", "$W", "$L", "$M", "$F", "$S$S", " $S", ""} {
		d := own
		d.header, d.body = strings.ReplaceAll(d.header, "$S", mark), bytes.ReplaceAll(d.body, []byte("$S"), []byte(mark))
		seeds = append(seeds, d)
	}
	for _, body := range []string{"", "{}", "\xff\r\n", "{}\x00"} {
		d := own
		d.mode, d.body = mode|modeProper, []byte(body)
		seeds = append(seeds, d)
	}
	for _, form := range s.forms {
		d := own
		d.header = form
		seeds = append(seeds, d)
	}
	for _, body := range s.bodies {
		d := own
		d.body = []byte(body)
		seeds = append(seeds, d)
		d.mode = d.mode&^modeKind | kindMultipart<<1
		seeds = append(seeds, d)
	}
	seeds = append(seeds, s.headers(own)...)
	for _, v := range all {
		if v.Provider != s.provider || v.Scheme != s.scheme || len(v.Request.Body) > 4096 {
			continue
		}
		r := v.request(f)
		d := draw{mode, r.Header.Get(s.signature), r.Header.Get(s.stamp), r.Header.Get(s.extra), r.URI, r.Body, v.NowUnix - t0.Unix()}
		if r.Method == http.MethodGet {
			d.mode |= modeGet
		}
		seeds = append(seeds, d)
	}
	return seeds
}

// headers are lists with too much or too little in them.
func (s *subject) headers(own draw) (seeds []draw) {
	add := func(header, stamp, extra string) {
		d := own
		d.header, d.stamp, d.extra = header, stamp, extra
		seeds = append(seeds, d)
	}
	for _, sep := range []string{",", ";", " ", ", "} {
		for _, first := range strings.Split(s.form, strings.TrimSpace(sep)) {
			add(first+sep+s.form, own.stamp, own.extra)
			add(s.form+sep+first, own.stamp, own.extra)
			add(strings.Repeat(strings.ReplaceAll(first, "$S", "$F")+sep, 8)+s.form, own.stamp, own.extra)
			add(first, own.stamp, own.extra)
		}
	}
	for _, id := range []string{"", "a.b", "a|b", "a b", "é", strings.Repeat("a", 256)} {
		add(s.form, own.stamp, id)
	}
	for _, stamp := range []string{"", "0", "+1767225600", "1767225600.0", "1767225600000", "17672256000", "2026-01-01T00:00:00+00:00", "2026-01-01t00:00:00Z", "2025-12-31T23:59:60Z", "Thu, 01 Jan 2026 00:00:00 UTC"} {
		add(strings.ReplaceAll(s.form, "$T", stamp), stamp, own.extra)
	}
	return seeds
}

// check holds the verifier's answer against the oracle's and against what is
// true of every answer.
func (s *subject) check(t *testing.T, d *draw) {
	q := s.request(d)
	if d.mode&(modeSigner|modeProper) == modeSigner && s.signer.Sign(t0, q.Request) != nil {
		return
	}
	res, err := s.verifier.Verify(q.now, q.Request)
	s.invariants(t, q, &res, err)
	proofs := q.judge()
	switch {
	case err == nil && proofs == nil:
		t.Errorf("%s/%s accepts what the oracle does not:\n%s", s.provider, s.scheme, q.show())
	case err == nil && !hasProof(proofs, res.MAC()):
		t.Errorf("%s/%s: Result.MAC = %x, not one of %x:\n%s", s.provider, s.scheme, res.MAC(), proofs, q.show())
	case err != nil && d.mode&modeProper != 0 && !s.doubtful && (s.judge == nil || proofs != nil) && s.properError(d, err):
		t.Errorf("%s/%s: Verify = %v for a proper request:\n%s", s.provider, s.scheme, err, q.show())
	case err != nil && d.mode&modeSigner != 0 && !s.doubtful && proofs != nil:
		t.Errorf("%s/%s: Verify = %v for what a Signer signed and the oracle accepts:\n%s", s.provider, s.scheme, err, q.show())
	}
}

// properError reports whether a proper request must not be refused with err.
func (s *subject) properError(d *draw, err error) bool {
	switch {
	case s.tolerance > 0 && d.offset > s.tolerance:
		return !errors.Is(err, ErrStale)
	case s.tolerance > 0 && d.offset < -s.tolerance:
		return !errors.Is(err, ErrFuture)
	case s.noZero && strings.Contains(d.uri+string(d.body), "\x00"):
		return !errors.Is(err, ErrMismatch)
	}
	return true
}

func hasProof(proofs [][]byte, mac []byte) bool {
	for _, p := range proofs {
		if bytes.Equal(p, mac) {
			return true
		}
	}
	return false
}

// judge is the oracle: it returns what may stand for the signed text, nil when
// the request must be refused.
func (q *asked) judge() (proofs [][]byte) {
	s := q.s
	if s.judge != nil {
		return s.judge(q)
	}
	for name, value := range s.want {
		if q.header(name) != value {
			return nil
		}
	}
	places := []string{}
	if s.places != nil {
		places = s.places(q)
	} else if lines := q.Header[http.CanonicalHeaderKey(s.signature)]; len(lines) == 1 {
		places = lines
	}
	for _, place := range places {
		for _, r := range s.readings(trimSpace(place)) {
			texts := q.texts(&r)
			if r.bad || len(r.sigs) > 8 {
				continue
			}
			if s.unit != "" && !inTolerance(s.unit, q.time, q.now, s.tolerance) {
				continue
			}
			for _, text := range texts {
				if s.noZero && strings.Contains(text, "\x00") {
					continue
				}
				for _, sig := range r.sigs {
					if p := s.proof.check(text, sig); p != nil {
						proofs = append(proofs, q.whole(s.stands(p, text)))
					}
				}
			}
		}
	}
	return proofs
}

// stands is what stands for a text: the proof, unless a request may carry
// several.
func (s *subject) stands(proof []byte, text string) []byte {
	if !s.several {
		return proof
	}
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// whole adds the body to what stands for the text, if two events may have that.
func (q *asked) whole(proof []byte) []byte {
	if !q.s.repeats {
		return proof
	}
	sum := sha256.Sum256(slices.Concat(proof, q.Body))
	return sum[:]
}

func (s *subject) readings(value string) []reading {
	if s.read == nil {
		return []reading{{sigs: []string{value}}}
	}
	return s.read(value)
}

// texts returns the texts that a reading may have signed.
func (q *asked) texts(r *reading) []string {
	q.reading, q.time = r, r.ts
	if q.s.stamp != "" {
		q.time = q.header(q.s.stamp)
	}
	if q.s.texts == nil {
		return []string{string(q.Body)}
	}
	return q.s.texts(q)
}

// header is the one value of a header, "" when there are none or several.
func (q *asked) header(name string) string {
	if lines := q.Header[http.CanonicalHeaderKey(name)]; len(lines) == 1 {
		return trimSpace(lines[0])
	}
	return ""
}

func (q *asked) show() string {
	b, _ := json.MarshalIndent(map[string]any{
		"now": q.now.UTC().Format(time.RFC3339), "method": q.Method, "uri": q.URI, "header": q.Header, "body": string(q.Body),
	}, "", " ")
	return string(b)
}
