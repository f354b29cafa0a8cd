package canonical

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// maxPartHeader is how many bytes the header of a part may have; a file's name
// is the longest in it.
const maxPartHeader = 8 << 10

// parseMultipart looks at the parts where they are, because [mime/multipart]
// needs up to 25 times the body's size for parts with many headers or
// parameters, or little else.
func parseMultipart(boundary string, body []byte) (url.Values, error) {
	malformed := fmt.Errorf("multipart form: %w", ErrMalformed)
	delimiter := []byte("--" + boundary)
	begin := bytes.Index(body, delimiter)
	if boundary == "" || begin < 0 || len(bytes.Trim(body[:begin], "\r\n")) > 0 {
		return nil, malformed
	}
	rest, newline := body[begin+len(delimiter):], []byte("\r\n")
	if first, _, _ := bytes.Cut(rest, []byte("\n")); !bytes.HasSuffix(first, []byte("\r")) {
		newline = newline[1:]
	}
	delimiter = slices.Concat(newline, delimiter)
	form := url.Values{}
	for n := 0; ; n++ {
		line, after, found := bytes.Cut(rest, newline)
		line = bytes.TrimRight(line, " \t")
		switch {
		case n > 0 && string(line) == "--" && len(bytes.TrimRight(after, "\r\n\t ")) == 0:
			return form, nil
		case len(line) > 0 || !found:
			return nil, malformed
		case n == maxFields:
			return nil, fmt.Errorf("form has more than %d fields: %w", maxFields, ErrMalformed)
		}
		part, next, found := bytes.Cut(after, delimiter)
		if !found || disputed(part, newline, boundary) || addPart(form, part, newline) != nil {
			return nil, malformed
		}
		rest = next
	}
}

// disputed reports whether some parsers, which take any newline for one, see the
// boundary in a part too, or a shorter value.
func disputed(part, newline []byte, boundary string) bool {
	return bytes.Contains(part, []byte("\n--"+boundary)) || bytes.Contains(part, []byte("\r--"+boundary)) ||
		string(newline) == "\n" && bytes.HasSuffix(part, []byte("\r"))
}

// addPart adds a part's value to form unless it is a file.
func addPart(form url.Values, part, newline []byte) error {
	header, value, found := bytes.Cut(part, slices.Concat(newline, newline))
	if !found || len(header) > maxPartHeader {
		return ErrMalformed
	}
	name, file, err := partName(header, newline)
	if err == nil && !file {
		form.Add(name, string(value))
	}
	return err
}

// partName returns a part's field name and whether it is a file, which it is
// with any file name, also an empty one. RFC 7578 forbids other transfer
// encodings than these, and some parsers decode them while others do not.
func partName(header, newline []byte) (name string, file bool, err error) {
	for _, space := range []string{" ", "\t"} { // a folded line goes on in the next
		if fold := append(slices.Clone(newline), space...); bytes.Contains(header, fold) {
			header = bytes.ReplaceAll(header, fold, []byte(space))
		}
	}
	disposed := false
	for line := range bytes.SplitSeq(header, newline) {
		key, value, found := strings.Cut(string(line), ":")
		value = strings.Trim(value, " \t")
		switch {
		case !found || key == "" || strings.Trim(key, tokenBytes) != "" || strings.ContainsFunc(value, control):
			return "", false, ErrMalformed
		case strings.EqualFold(key, "Content-Disposition") && !disposed:
			if name, file, err = disposition(value); err != nil {
				return "", false, err
			}
			disposed = true
		case strings.EqualFold(key, "Content-Disposition"),
			strings.EqualFold(key, "Content-Transfer-Encoding") && !slices.Contains([]string{"7bit", "8bit", "binary"}, strings.ToLower(value)):
			return "", false, ErrMalformed
		}
	}
	if !disposed {
		return "", false, ErrMalformed
	}
	return name, file, nil
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// tokenBytes are those of a token (RFC 9110, section 5.6.2).
const tokenBytes = alphanumeric + "!#$%&'*+-.^_`|~"

// disposition reads a header as `form-data; name="a"; filename="b"`.
func disposition(value string) (name string, file bool, err error) {
	kind, rest, more := strings.Cut(value, ";")
	if !strings.EqualFold(strings.Trim(kind, " \t"), "form-data") {
		return "", false, ErrMalformed
	}
	named := false
	for more && strings.Trim(rest, " \t") != "" {
		key, after, _ := strings.Cut(rest, "=")
		var text string
		var ok bool
		if text, rest, more, ok = parameter(after); !ok {
			return "", false, ErrMalformed
		}
		switch key = strings.ToLower(strings.Trim(key, " \t")); {
		case key == "name" && !named:
			name, named = text, true
		case strings.HasPrefix(key, "name"), key == "", strings.Trim(key, tokenBytes) != "": // as "name*", which RFC 7578 forbids
			return "", false, ErrMalformed
		case strings.HasPrefix(key, "filename"):
			file = true
		}
	}
	if !named {
		return "", false, ErrMalformed
	}
	return name, file, nil
}

// parameter reads a token or a quoted string, and the ";" behind it if there is
// more. A token does not begin with "'", which is a quote to PHP. A backslash counts only before a character that needs it: some browsers
// send the path of a file as it is.
func parameter(s string) (value, rest string, more, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, more = strings.Cut(s, ";")
		value = strings.Trim(value, " \t")
		return value, rest, more, value != "" && value[0] != '\'' && strings.Trim(value, tokenBytes) == ""
	}
	end := 1
	for ; end < len(s) && s[end] != '"'; end++ {
		if escapes(s[end:]) {
			end++
		}
	}
	if end >= len(s) {
		return "", "", false, false
	}
	after := strings.TrimLeft(s[end+1:], " \t")
	rest, more = strings.CutPrefix(after, ";")
	return unquote(s[1:end]), rest, more, more || after == ""
}

// escapes reports whether s begins with a backslash that counts.
func escapes(s string) bool {
	return len(s) > 1 && s[0] == '\\' && strings.IndexByte(`()<>@,;:\"/[]?=`, s[1]) >= 0
}

// unquote returns what is between the quotes without the backslashes that count.
func unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if escapes(s[i:]) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
