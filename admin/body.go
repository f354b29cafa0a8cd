package admin

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxRequest is how large the body of a request may be, in bytes.
const maxRequest = 1 << 20

// decode reads the request's body, one JSON value of which each field is known,
// into v. An empty body leaves v as it is.
func (c *call) decode(v any) error {
	d := json.NewDecoder(c.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = cmp.Or(err, errors.New("there is more after its end"))
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fail(http.StatusRequestEntityTooLarge, "the body is longer than %d bytes", maxRequest)
	}
	return fail(http.StatusBadRequest, "the body is not what is wanted here: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// nothing reads the body of a change that needs none.
func (c *call) nothing() error { return c.decode(&struct{}{}) }
