package verify

import "errors"

// Why a request is refused. Test with [errors.Is]; the text of the error that
// wraps one adds the header's name, never its value.
var (
	// ErrMissing: there is no signature or token, or it is empty.
	ErrMissing = errors.New("signature missing")
	// ErrAmbiguous: a header that the scheme reads is on several lines.
	ErrAmbiguous = errors.New("header repeated")
	// ErrTooMany: more than 8 signatures of the version asked for, or more
	// than 10000 elements of a batch.
	ErrTooMany = errors.New("too many signatures")
	// ErrMalformed: the signature has the wrong prefix, version, encoding or
	// length, or a required header is missing.
	ErrMalformed = errors.New("signature malformed")
	// ErrMismatch: no signature was made with a configured secret.
	ErrMismatch = errors.New("signature mismatch")
	// ErrNoTimestamp: the scheme signs a timestamp and there is none.
	ErrNoTimestamp = errors.New("timestamp missing")
	// ErrBadTimestamp: the timestamp is not written as the scheme says.
	ErrBadTimestamp = errors.New("timestamp malformed")
	// ErrStale: the timestamp is older than the tolerance.
	ErrStale = errors.New("timestamp too old")
	// ErrFuture: the timestamp is further ahead than the tolerance.
	ErrFuture = errors.New("timestamp in the future")
	// ErrBadID: a header that is part of the signed text is missing, empty,
	// over 255 bytes, not printable ASCII, or could be taken for the text
	// that follows it.
	ErrBadID = errors.New("signed header malformed")
	// ErrUnavailable: the provider's public keys could not be fetched, so that
	// nothing can be said about the request. It may be sent again.
	ErrUnavailable = errors.New("the provider's keys are not available")
	// ErrNotJSON: the id or the event is in the body, which is not JSON.
	ErrNotJSON = errors.New("body is not JSON")
	// ErrAmbiguousID: the id or the event is there twice.
	ErrAmbiguousID = errors.New("id or event is there twice")
)

// distance says how far a request got before it was refused: of several
// schemes, or several signatures, the one that got furthest says why.
func distance(err error) int {
	for i, class := range [][]error{
		{ErrMissing},
		{ErrNoTimestamp},
		{ErrMalformed, ErrAmbiguous, ErrTooMany, ErrBadTimestamp, ErrBadID},
		{ErrMismatch},
		{ErrStale, ErrFuture},
		{ErrUnavailable},
	} {
		for _, e := range class {
			if errors.Is(err, e) {
				return i
			}
		}
	}
	return 0
}

// furthest keeps the error that got furthest, the first of equals.
type furthest struct{ err error }

func (f *furthest) note(err error) {
	if f.err == nil || distance(err) > distance(f.err) {
		f.err = err
	}
}
