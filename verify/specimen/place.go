// Package specimen makes up what a provider sends, for trying an endpoint out: it
// puts ids and event types where the provider has them, into bodies that it
// could have sent. To sign them is for verify.Signer.
package specimen

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// Why an id or an event type cannot be put anywhere.
var (
	ErrNoPlace = errors.New("the provider has no place for it; name one with --option")
	ErrNoField = errors.New("the body has no place for it")
)

// Put writes an id or an event type where the provider has it, and returns
// the body with it. An empty text changes nothing.
func Put(h http.Header, body []byte, place *verify.Place, text string) ([]byte, error) {
	switch {
	case text == "":
		return body, nil
	case place == nil:
		return nil, ErrNoPlace
	case place.In == "header":
		h.Set(place.Name, text)
		return body, nil
	case place.In == "form":
		form, err := url.ParseQuery(string(body))
		if err != nil || !strings.HasPrefix(h.Get("Content-Type"), "application/x-www-form-urlencoded") {
			return nil, ErrNoField
		}
		form.Set(place.Name, text)
		return []byte(form.Encode()), nil
	}
	return setMember(body, strings.Split(place.Name, "."), text)
}

// setMember puts a text at a path of a JSON text. All else stays as it is, and
// in its order, but for white space between members.
func setMember(body []byte, path []string, text string) ([]byte, error) {
	if len(path) == 0 {
		if isNumber(body) && isNumber([]byte(text)) {
			return []byte(text), nil
		}
		return json.Marshal(text)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}") // on the way to a member that does not exist
	}
	keys, values, array, err := members(body)
	if err != nil {
		return nil, err
	}
	i := find(keys, array, path[0])
	switch {
	case i >= len(values) && array:
		return nil, ErrNoField
	case i == len(values):
		keys, values = append(keys, path[0]), append(values, nil)
	}
	if values[i], err = setMember(values[i], path[1:], text); err != nil {
		return nil, err
	}
	return join(keys, values, array), nil
}

// member returns what is at a path of a JSON text; nil if nothing is.
func member(body []byte, path []string) []byte {
	for _, name := range path {
		keys, values, array, err := members(body)
		i := find(keys, array, name)
		if err != nil || i >= len(values) {
			return nil
		}
		body = values[i]
	}
	return body
}

// find returns the index of a member or element, or one past the last.
func find(keys []string, array bool, name string) int {
	if array {
		i, err := strconv.ParseUint(name, 10, 16)
		if err != nil {
			return 1 << 16
		}
		return int(i)
	}
	for i, key := range keys {
		if key == name {
			return i
		}
	}
	return len(keys)
}

// members takes an object or an array apart.
func members(body []byte) (keys []string, values []json.RawMessage, array bool, err error) {
	if !json.Valid(body) {
		return nil, nil, false, ErrNoField
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	open, _ := dec.Token()
	array = open == json.Delim('[')
	if !array && open != json.Delim('{') {
		return nil, nil, false, ErrNoField
	}
	for dec.More() {
		if !array {
			key, _ := dec.Token() // the text is valid
			keys = append(keys, key.(string))
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, nil, false, ErrNoField
		}
		values = append(values, value)
	}
	return keys, values, array, nil
}

// join puts an object or an array together again.
func join(keys []string, values []json.RawMessage, array bool) []byte {
	brackets := "{}"
	if array {
		brackets = "[]"
	}
	b := []byte{brackets[0]}
	for i, value := range values {
		if i > 0 {
			b = append(b, ',')
		}
		if !array {
			key, _ := json.Marshal(keys[i]) // a text always has a JSON form
			b = append(append(b, key...), ':')
		}
		b = append(b, value...)
	}
	return append(b, brackets[1])
}

func isNumber(text []byte) bool {
	_, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	return err == nil && json.Valid(text)
}
