// Package redact takes the secrets out of a configuration, so that it can be
// shown. It goes by names, and would rather hide too much.
package redact

import (
	"bytes"
	"encoding/json"
	"regexp"
)

// Hidden stands for what is not shown.
const Hidden = "[redacted]"

// JSON returns the JSON text without its secrets: values whose names sound
// like one, passwords and tokens in URLs, and conditions that mention one.
// Placeholders, as {env.SECRET}, stay. Of what is no JSON nothing is shown.
func JSON(text []byte) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		value = Hidden
	}
	shown, err := json.Marshal(show("", value))
	if err != nil { // what was decoded can be encoded
		return json.RawMessage(`"` + Hidden + `"`)
	}
	return shown
}

// show returns what may be shown of the value that has the name.
func show(name string, value any) any {
	switch {
	case secret(name):
		return hide(value)
	case condition[name] && mentions(value):
		return Hidden
	}
	switch v := value.(type) {
	case map[string]any:
		pair(v)
		for key := range v {
			v[key] = show(key, v[key])
		}
	case []any:
		for i := range v {
			v[i] = show("", v[i])
		}
	case string:
		return scrub(v)
	}
	return value
}

// condition are the names of texts in which a secret may be compared.
var condition = map[string]bool{"accept": true, "expr": true, "expression": true}

func mentions(value any) bool {
	text, isText := value.(string)
	return isText && word.MatchString(text)
}

// pair hides the value of an object that has its name beside it, as in
// {"key": "token", "val": "x"}.
func pair(object map[string]any) {
	for _, key := range []string{"key", "name", "field"} {
		if name, isText := object[key].(string); !isText || !secret(name) {
			continue
		}
		for _, key := range []string{"val", "value", "values"} {
			if value, there := object[key]; there {
				object[key] = hide(value)
			}
		}
	}
}

// hide hides all texts and numbers in a value.
func hide(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = hide(v[key])
		}
		return v
	case []any:
		for i := range v {
			v[i] = hide(v[i])
		}
		return v
	case bool, nil:
		return v
	case string:
		if placeholder.MatchString(v) || v == "" {
			return v
		}
	}
	return Hidden
}

var placeholder = regexp.MustCompile(`^\{[A-Za-z0-9_.$/-]+\}$`)
