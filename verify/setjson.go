package verify

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// setJSON puts a text at a path of a JSON text; "*" stands for every element.
// Members on the way that do not exist are made. A number stays a number, and
// what is beside the path stays as it is, but for the order of members.
func setJSON(text []byte, path []string, value string) ([]byte, error) {
	if len(text) == 0 {
		text = []byte("{}")
	}
	return put(text, path, value)
}

// setNumber makes the member at a path a number.
func setNumber(text []byte, path []string) ([]byte, error) {
	members := make(map[string]jsontext.Value)
	if err := json.Unmarshal(text, &members); err != nil || len(path) != 1 {
		return nil, errNoPlace
	}
	members[path[0]] = jsontext.Value("0")
	return json.Marshal(members, json.Deterministic(true))
}

var (
	errNoPlace = errors.New("body: has no place for the signature")
	errNoJSON  = errors.New("body: is not JSON")
)

func put(raw jsontext.Value, path []string, value string) (jsontext.Value, error) {
	kind := raw.Kind()
	switch {
	case len(path) == 0 && kind == '0':
		return jsontext.Value(value), nil
	case len(path) == 0:
		return json.Marshal(value)
	case kind == '[':
		return putElement(raw, path, value)
	}
	members := make(map[string]jsontext.Value)
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, errNoJSON
	}
	child := members[path[0]]
	if len(child) == 0 || child.Kind() == 'n' {
		child = jsontext.Value("{}")
	}
	child, err := put(child, path[1:], value)
	if err != nil {
		return nil, err
	}
	members[path[0]] = child
	return json.Marshal(members, json.Deterministic(true))
}

func putElement(raw jsontext.Value, path []string, value string) (jsontext.Value, error) {
	var elements []jsontext.Value
	if err := json.Unmarshal(raw, &elements); err != nil {
		return nil, errNoJSON
	}
	n, err := strconv.Atoi(path[0])
	if path[0] != "*" && (err != nil || n < 0 || n >= len(elements)) {
		return nil, errNoPlace
	}
	for i := range elements {
		if path[0] != "*" && i != n {
			continue
		}
		if elements[i], err = put(elements[i], path[1:], value); err != nil {
			return nil, err
		}
	}
	return json.Marshal(elements)
}
