package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
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
// additionalData, the largest, has some dozens. maxName is how many bytes a
// name in it may have, as written.
const (
	maxMembers = 1000
	maxName    = 512
)

// A walk reads a JSON text where it is.
type walk struct {
	*jsontext.Decoder
	text []byte
}

// newWalk reads text, which [checkText] has seen. A jsontext.Decoder does not
// copy what is in a bytes.Buffer.
func newWalk(text []byte) walk {
	return walk{jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true)), text}
}

// value returns the next value: a part of the text, or nil at the end.
func (w walk) value() json.RawMessage {
	value, err := w.ReadValue()
	if err != nil {
		return nil
	}
	end := w.InputOffset()
	return w.text[end-int64(len(value)) : end]
}

// begins reports whether the text is an object or an array, and goes into it.
func (w walk) begins(kind jsontext.Kind) bool {
	token, err := w.ReadToken()
	return err == nil && token.Kind() == kind
}

// members returns the wanted members of the JSON object in raw, which is part
// of a text that checkText has seen. A name that is there twice in any case is
// an error, and so is one that differs from a wanted name in its case alone:
// some parsers would read it as that.
func members(raw []byte, wanted ...string) (map[string]json.RawMessage, error) {
	w := newWalk(raw)
	if !w.begins('{') {
		return nil, fmt.Errorf("not a JSON object: %w", ErrMalformed)
	}
	object, folded := map[string]json.RawMessage{}, map[string]bool{}
	for w.PeekKind() == '"' {
		quoted := w.value()
		if len(quoted) > maxName || len(folded) == maxMembers {
			return nil, fmt.Errorf("JSON object is too large: %w", ErrMalformed)
		}
		name, _, err := text(quoted)
		if err != nil || folded[fold(name)] || misspelt(name, wanted) {
			return nil, fmt.Errorf("name in a JSON object is repeated or misspelt: %w", ErrMalformed)
		}
		folded[fold(name)] = true
		if value := w.value(); slices.Contains(wanted, name) {
			object[name] = value
		}
	}
	if w.PeekKind() != '}' { // too deep for jsontext
		return nil, fmt.Errorf("JSON object is cut short: %w", ErrMalformed)
	}
	return object, nil
}

// elements returns the elements of the JSON array in raw, from 1 to limit.
func elements(raw []byte, limit int) ([]json.RawMessage, error) {
	w := newWalk(raw)
	if !w.begins('[') {
		return nil, fmt.Errorf("not a JSON array: %w", ErrMalformed)
	}
	var array []json.RawMessage
	for w.PeekKind() != ']' && len(array) <= limit {
		array = append(array, w.value())
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
	b, found, err := appendText(nil, raw)
	return string(b), found, err
}

// appendText appends a JSON string to b; nothing for null and for none, which
// it does not find.
func appendText(b []byte, raw json.RawMessage) (all []byte, found bool, err error) {
	if raw == nil || string(raw) == "null" {
		return b, false, nil
	}
	if raw[0] != '"' {
		return b, false, fmt.Errorf("not a JSON string: %w", ErrMalformed)
	}
	if b, err = jsontext.AppendUnquote(b, raw); err != nil {
		return nil, false, fmt.Errorf("not a JSON string: %w", ErrMalformed)
	}
	return b, true, nil
}
