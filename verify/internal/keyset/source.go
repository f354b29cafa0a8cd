package keyset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// A source is where the text of a Set comes from.
type source interface {
	read(context.Context) (answer, error)
}

// newSource returns the source for "https://..." or a path, and its name for
// the log. Without a query: there may be a token in it.
func newSource(location string, c *http.Client) (source, string, error) {
	if !strings.Contains(location, "://") {
		if location == "" {
			return nil, "", errors.New("neither an https address nor a path")
		}
		return file(location), location, nil
	}
	u, err := url.Parse(location)
	switch {
	case err != nil:
		return nil, "", errors.New("address malformed")
	case u.Scheme != "https":
		return nil, "", errors.New("address does not begin with https://")
	case u.Hostname() == "" || u.User != nil || u.Opaque != "" || strings.Contains(location, "#"):
		return nil, "", errors.New("address needs a host, and cannot have a user or a fragment")
	}
	return &remote{c, u.String()}, "https://" + u.Host + u.EscapedPath(), nil
}

// A remote is an https address.
type remote struct {
	client  *http.Client
	address string
}

func (r *remote) read(ctx context.Context) (answer, error) { return get(ctx, r.client, r.address) }

// A file is a path. It is read again at each refresh: a stat saves nothing worth
// having, and cannot tell two writes of the same length in one clock tick apart.
type file string

func (f file) read(context.Context) (answer, error) {
	info, err := os.Stat(string(f))
	if err != nil {
		return answer{}, err
	}
	if !info.Mode().IsRegular() { // to open a pipe would wait for its writer
		return answer{}, errors.New("not a regular file")
	}
	r, err := os.Open(string(f))
	if err != nil {
		return answer{}, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	text, err := readAll(r)
	return answer{text: text}, err
}

// A parser reads the keys in a text.
type parser func([]byte) ([]Key, error)

// newParser returns the parser for "jwks", "pem" or "json:<path>".
func newParser(format string) (parser, error) {
	switch format {
	case "jwks":
		return ParseJWKS, nil
	case "pem":
		return ParsePEM, nil
	}
	dotted, ok := strings.CutPrefix(format, "json:")
	path := strings.Split(dotted, ".")
	for _, name := range path {
		ok = ok && name != ""
	}
	if !ok {
		return nil, fmt.Errorf("format %q is not jwks, pem or json:<path>", format)
	}
	return func(text []byte) ([]Key, error) { return parseInside(text, path) }, nil
}

// parseInside reads PEM that is a string in a JSON document, as Travis CI
// publishes it (docs.travis-ci.com/user/notifications, "Verifying Webhook
// requests").
func parseInside(text []byte, path []string) ([]Key, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, fmt.Errorf("not JSON: %w", ErrMalformed)
	}
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	inside, ok := value.(string)
	if !ok {
		return nil, fmt.Errorf("no text at %s: %w", strings.Join(path, "."), ErrNoKey)
	}
	return ParsePEM([]byte(inside))
}
