package canonical

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// PHPSerialize returns what PHP's serialize makes of the fields, as strings,
// sorted by ksort, without the field except, which holds the signature. Paddle
// Classic signs that:
// https://developer.paddle.com/classic/reference/zg9joji1mzu0mdi2-verifying-webhooks
//
// A repeated field, and a name that PHP would change, take for an array or a
// number, or sort as one, are errors, and so is a form without other fields.
// What is left has one text per form: lengths, in bytes, delimit the values.
func PHPSerialize(form url.Values, except string) ([]byte, error) {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(form)), func(name string) bool { return name == except })
	if len(names) == 0 {
		return nil, fmt.Errorf("form has no signed field: %w", ErrMalformed)
	}
	size := 0
	for _, name := range names {
		size += len(name) + len(form.Get(name)) + len(`s:1234567890:"";`)*2
	}
	text := append(make([]byte, 0, size+len("a:1000:{}")), "a:"+strconv.Itoa(len(names))+":{"...)
	for _, name := range names {
		if len(form[name]) != 1 || !phpName(name) {
			return nil, fmt.Errorf("field of the form repeated or badly named: %w", ErrMalformed)
		}
		text = appendPHP(appendPHP(text, name), form[name][0])
	}
	return append(text, '}'), nil
}

// phpName reports whether PHP keeps a field's name as it is and compares it
// byte by byte.
func phpName(name string) bool {
	return name != "" && strings.Trim(name, alphanumeric+"_-") == "" && strings.IndexByte("-0123456789", name[0]) < 0
}

func appendPHP(text []byte, s string) []byte {
	text = append(text, "s:"...)
	text = strconv.AppendInt(text, int64(len(s)), 10)
	text = append(text, `:"`...)
	text = append(text, s...)
	return append(text, `";`...)
}
