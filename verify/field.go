package verify

import (
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
)

// A field is a header that a scheme reads, under one or several names.
type field struct {
	names    []string // canonical; the first that is present counts
	missing  error
	repeated error
	bad      error // the value is not acceptable
}

// newField returns a field whose absence is reported as kind.
func newField(kind error, names ...string) *field {
	f := &field{
		missing:  fmt.Errorf("%s: %w", strings.Join(names, ", "), kind),
		repeated: fmt.Errorf("%s: %w", strings.Join(names, ", "), ErrAmbiguous),
	}
	f.bad = f.missing
	for _, name := range names {
		f.names = append(f.names, http.CanonicalHeaderKey(name))
	}
	return f
}

// get returns the value without surrounding white space. A header that is
// there but empty is missing.
func (f *field) get(h http.Header) (string, error) {
	for _, name := range f.names {
		lines := h[name]
		if len(lines) == 0 {
			continue
		}
		if len(lines) > 1 {
			return "", f.repeated
		}
		if v := textproto.TrimString(lines[0]); v != "" {
			return v, nil
		}
		return "", f.missing
	}
	return "", f.missing
}
