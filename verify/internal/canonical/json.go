package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkText refuses JSON whose strings two parsers would read differently:
// with invalid UTF-8 or half a surrogate pair, for which encoding/json silently
// puts U+FFFD.
func checkText(body []byte) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return fmt.Errorf("body is not JSON: %w", ErrMalformed)
	}
	for rest := body; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return nil
		}
		n, ok := escapeLen(rest[i:])
		if !ok {
			return fmt.Errorf("half a surrogate pair: %w", ErrMalformed)
		}
		rest = rest[i+n:]
	}
}

// escapeLen returns the length of the escape that s begins with, of valid
// JSON, and whether it is a whole character.
func escapeLen(s []byte) (n int, ok bool) {
	switch high := codeUnit(s); {
	case high < 0:
		return 2, true
	case high < 0xD800 || high > 0xDFFF:
		return 6, true
	case high < 0xDC00:
		low := codeUnit(s[6:])
		return 12, low >= 0xDC00 && low <= 0xDFFF
	}
	return 6, false
}

// codeUnit returns the value of an escape \uXXXX at the begin of s, or -1.
func codeUnit(s []byte) int64 {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseInt(string(s[2:6]), 16, 32)
	if err != nil {
		return -1
	}
	return n
}

// maxMembers is how many members an object may have that is read: Adyen's
// additionalData, the largest, has some dozens.
const maxMembers = 1000

// members returns the members of the JSON object in raw. A name that is there
// twice in any case is an error, and so is one that differs from a wanted name
// in its case alone: some parsers would read it as that.
func members(raw []byte, wanted ...string) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object: %w", ErrMalformed)
	}
	object, folded := map[string]json.RawMessage{}, map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok || folded[fold(name)] || misspelt(name, wanted) {
			return nil, fmt.Errorf("name in a JSON object is repeated or misspelt: %w", ErrMalformed)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil || len(object) == maxMembers {
			return nil, fmt.Errorf("JSON object is cut short or too large: %w", ErrMalformed)
		}
		object[name], folded[fold(name)] = value, true
	}
	_, err := dec.Token()
	if _, end := dec.Token(); err != nil || end != io.EOF {
		return nil, fmt.Errorf("JSON: %w", ErrMalformed)
	}
	return object, nil
}

// elements returns the elements of the JSON array in raw, from 1 to limit.
func elements(raw []byte, limit int) ([]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if start, err := dec.Token(); err != nil || start != json.Delim('[') {
		return nil, fmt.Errorf("not a JSON array: %w", ErrMalformed)
	}
	var array []json.RawMessage
	for dec.More() && len(array) <= limit {
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("JSON array is cut short: %w", ErrMalformed)
		}
		array = append(array, value)
	}
	if len(array) == 0 || len(array) > limit {
		return nil, fmt.Errorf("JSON array has not 1 to %d elements: %w", limit, ErrMalformed)
	}
	return array, nil
}

// fold maps the names that strings.EqualFold holds equal to one.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

func misspelt(name string, wanted []string) bool {
	for _, w := range wanted {
		if name != w && strings.EqualFold(name, w) {
			return true
		}
	}
	return false
}

// text returns a JSON string; "" and false for null and for none.
func text(raw json.RawMessage) (s string, found bool, err error) {
	if raw == nil || string(raw) == "null" {
		return "", false, nil
	}
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false, fmt.Errorf("not a JSON string: %w", ErrMalformed)
	}
	return s, true, nil
}
