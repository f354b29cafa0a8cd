package verify

import "errors"

// Why a request is refused. Test with [errors.Is]; the text of the error that
// wraps one adds the header's name, never its value.
var (
	// ErrMissing: there is no signature or token, or it is empty.
	ErrMissing = errors.New("signature missing")
	// ErrAmbiguous: a header that the scheme reads is on several lines.
	ErrAmbiguous = errors.New("header repeated")
	// ErrTooMany: more than 8 signatures of the version asked for.
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
	// ErrNotJSON: the id or the event is in the body, which is not JSON.
	ErrNotJSON = errors.New("body is not JSON")
	// ErrAmbiguousID: the id or the event is there twice.
	ErrAmbiguousID = errors.New("id or event is there twice")
)
