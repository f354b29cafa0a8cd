package verify

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
)

// setJSON puts a text at a path of a JSON text; "*" stands for every element.
// Members on the way that do not exist are made.
func setJSON(text []byte, path []string, value string) ([]byte, error) {
	var tree any = map[string]any{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &tree); err != nil {
			return nil, errors.New("body: is not JSON")
		}
	}
	tree, err := put(tree, path, value)
	if err != nil {
		return nil, err
	}
	return json.Marshal(tree, json.Deterministic(true))
}

var errNoPlace = errors.New("body: has no place for the signature")

func put(tree any, path []string, value string) (any, error) {
	if len(path) == 0 {
		return value, nil
	}
	switch t := tree.(type) {
	case nil:
		return put(map[string]any{}, path, value)
	case map[string]any:
		child, err := put(t[path[0]], path[1:], value)
		t[path[0]] = child
		return t, err
	case []any:
		n, err := strconv.Atoi(path[0])
		if path[0] != "*" && (err != nil || n < 0 || n >= len(t)) {
			return nil, errNoPlace
		}
		for i := range t {
			if path[0] == "*" || i == n {
				if t[i], err = put(t[i], path[1:], value); err != nil {
					return nil, err
				}
			}
		}
		return t, nil
	}
	return nil, errNoPlace
}
