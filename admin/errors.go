package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A failure is why a request cannot be answered, for who made it.
type failure struct {
	status int
	error
}

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.error }

func fail(status int, format string, args ...any) error {
	return &failure{status, fmt.Errorf(format, args...)}
}

// statusOf is the status of the answer that an error becomes.
func statusOf(err error) int {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.status
	}
	if errors.Is(err, gateway.ErrNotFound) {
		return http.StatusNotFound
	}
	for _, unavailable := range []error{gateway.ErrFull, gateway.ErrFailed, gateway.ErrSlow, gateway.ErrClosed} {
		if errors.Is(err, unavailable) {
			return http.StatusServiceUnavailable
		}
	}
	return http.StatusInternalServerError
}

// answerError writes an error as the API does.
func answerError(w http.ResponseWriter, err error) {
	setHeader(w.Header())
	body, _ := json.Marshal(Error{err.Error()}) // a text always can be
	write(w, statusOf(err), body)
}

// answerJSON writes an answer.
func answerJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	write(w, http.StatusOK, body)
	return nil
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone; there is nobody to tell
}

// setHeader sets what each answer of the API says: it is kept nowhere, and is
// no page.
func setHeader(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}
