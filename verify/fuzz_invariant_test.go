package verify

import (
	"errors"
	"strings"
	"testing"
)

// sentinels are all the errors that a refusal may be.
var sentinels = []error{ErrMissing, ErrAmbiguous, ErrTooMany, ErrMalformed, ErrMismatch, ErrNoTimestamp, ErrBadTimestamp, ErrStale, ErrFuture, ErrBadID, ErrUnavailable, ErrNotJSON, ErrAmbiguousID}

// maxQuoted is how many bytes of a request an error may repeat by chance: the
// text of the error is longer than that only in names of ours.
const maxQuoted = 40

// invariants checks what holds for every request.
func (s *subject) invariants(t *testing.T, q *asked, res *Result, err error) {
	again, errAgain := s.verifier.Verify(q.now, q.Request)
	if again != *res || (err == nil) != (errAgain == nil) || err != nil && err.Error() != errAgain.Error() {
		t.Errorf("%s/%s: Verify = %+v, %v, then %+v, %v:\n%s", s.provider, s.scheme, res, err, again, errAgain, q.show())
	}
	if err == nil {
		if err := s.verifier.CheckHeader(q.now, q.Header); err != nil {
			t.Errorf("%s/%s: Verify accepts, CheckHeader = %v:\n%s", s.provider, s.scheme, err, q.show())
		}
		if res.Scheme != s.scheme {
			t.Errorf("%s/%s: Result.Scheme = %q", s.provider, s.scheme, res.Scheme)
		}
		q.identify(t, res)
		return
	}
	if *res != (Result{}) {
		t.Errorf("%s/%s: refused with %v, but Result = %+v", s.provider, s.scheme, err, res)
	}
	q.checkError(t, err)
	q.checkError(t, s.verifier.CheckHeader(q.now, q.Header))
	q.identify(t, nil)
}

// checkError: an error is a sentinel and quotes neither secret nor request.
func (q *asked) checkError(t *testing.T, err error) {
	if err == nil {
		return
	}
	known := false
	for _, s := range sentinels {
		known = known || errors.Is(err, s)
	}
	text := err.Error()
	if !known || strings.Contains(text, q.s.secret) {
		t.Errorf("%s/%s: error %q is no sentinel or has the secret", q.s.provider, q.s.scheme, text)
	}
	for i := 0; i+maxQuoted < len(text); i++ {
		part := text[i : i+maxQuoted+1]
		for _, lines := range q.Header {
			if strings.Contains(strings.Join(lines, "\n"), part) {
				t.Errorf("%s/%s: error %q quotes a header", q.s.provider, q.s.scheme, text)
				return
			}
		}
		if strings.Contains(string(q.Body), part) || strings.Contains(q.URI, part) {
			t.Errorf("%s/%s: error %q quotes the body", q.s.provider, q.s.scheme, text)
			return
		}
	}
}

// identify: what Identify returns is not longer than where it may come from.
func (q *asked) identify(t *testing.T, res *Result) {
	longest := len(q.Body)
	for _, lines := range q.Header {
		for _, line := range lines {
			longest = max(longest, len(line))
		}
	}
	for _, whole := range []bool{true, false} {
		id, event, err := q.s.verifier.Identify(q.Request, res, whole)
		if len(id) > longest || len(event) > longest {
			t.Errorf("%s/%s: Identify = %q, %q", q.s.provider, q.s.scheme, id, event)
		}
		q.checkError(t, err)
	}
}
