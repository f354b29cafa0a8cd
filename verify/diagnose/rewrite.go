package diagnose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A layout is how a program sets the white space of JSON.
type layout struct {
	words string
	lay   func(compact []byte) []byte // of valid JSON without white space
}

var layouts = []layout{
	{"without white space", func(b []byte) []byte { return b }},
	{`with ", " and ": " as Python's json.dumps writes it`, spaced},
	{"indented by 2 spaces", indented("  ")},
	{"indented by 4 spaces", indented("    ")},
	{"indented by tabs", indented("\t")},
}

// An escape is how a program writes the strings of JSON.
type escape struct {
	words  string
	ascii  bool   // everything else as \uXXXX
	others string // characters that are written as \uXXXX too
	slash  bool   // "/" as "\/"
}

var escapes = []escape{
	{words: "with all characters as they are, as JavaScript does"},
	{words: `with \u escapes for all but ASCII, as Python does`, ascii: true},
	{words: `with \/ for / and \u escapes, as PHP does`, ascii: true, slash: true},
	{words: `with \/ for /, as PHP does with JSON_UNESCAPED_UNICODE`, slash: true},
	{words: `with \u003c and the like for <, > and &, as Go does`, others: "<>&\u2028\u2029"},
	{words: `with \u003c and the like for <, >, &, = and ', as Gson does`, others: "<>&='\u2028\u2029"},
}

// rewritings are the ways of having written JSON that was parsed and written
// again since, in the order of their likelihood; none if body is not JSON.
// Nothing is written before it is asked for, and what several need once.
func rewritings(body []byte) (all []repair) {
	if !json.Valid(body) {
		return nil
	}
	add := func(how string, write func() []byte) { all = append(all, rewriting(how, write)) }
	compact := sync.OnceValue(func() []byte { return compacted(body) })
	ordered := sync.OnceValue(func() []byte { return sorted(body) })
	for _, l := range layouts {
		add(l.words, func() []byte { return l.lay(compact()) })
	}
	for _, c := range escapes {
		add(c.words, func() []byte { return c.strings(body) })
	}
	for _, c := range escapes {
		escaped := sync.OnceValue(func() []byte { return c.strings(compact()) })
		for _, l := range layouts {
			add(l.words+" and "+c.words, func() []byte { return l.lay(escaped()) })
		}
	}
	for _, c := range escapes[:3] {
		escaped := sync.OnceValue(func() []byte { return c.strings(ordered()) })
		for _, l := range layouts[:4] {
			add("with the members sorted by name, "+l.words+" and "+c.words, func() []byte { return l.lay(escaped()) })
		}
	}
	for _, l := range layouts { // a file or a template engine ends with a line end
		add(l.words+" and with a line end", func() []byte { return slices.Concat(l.lay(compact()), []byte("\n")) })
	}
	return all
}

func rewriting(how string, write func() []byte) repair {
	text := "The JSON was parsed and written again after it was signed: the sender signed it " + how + "." + rawBytes
	return repair{"json_rewritten", text, func([]byte) []byte { return write() }}
}

func compacted(body []byte) []byte {
	var buf bytes.Buffer
	if json.Compact(&buf, body) != nil {
		return nil
	}
	return buf.Bytes()
}

func indented(indent string) func([]byte) []byte {
	return func(compact []byte) []byte {
		var buf bytes.Buffer
		if json.Indent(&buf, compact, "", indent) != nil {
			return nil
		}
		return buf.Bytes()
	}
}

// spaced puts a space behind the commas and colons between values.
func spaced(compact []byte) []byte {
	out := make([]byte, 0, len(compact)+len(compact)/8)
	for i := 0; i < len(compact); {
		n := token(compact[i:])
		out = append(out, compact[i:i+n]...)
		if c := compact[i]; c == ',' || c == ':' {
			out = append(out, ' ')
		}
		i += n
	}
	return out
}

// token is the length of the string at the start of valid JSON, or 1.
func token(b []byte) int {
	if b[0] != '"' {
		return 1
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// sorted writes the members of objects in the order of their names, without
// white space. Numbers keep their digits.
func sorted(body []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var tree any
	if dec.Decode(&tree) != nil {
		return nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if enc.Encode(tree) != nil {
		return nil
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// strings writes all strings of valid JSON anew and leaves the rest alone.
func (c escape) strings(body []byte) []byte {
	out := make([]byte, 0, len(body)+len(body)/8)
	for i := 0; i < len(body); {
		n := token(body[i:])
		if body[i] == '"' {
			out = c.append(out, body[i:i+n])
		} else {
			out = append(out, body[i])
		}
		i += n
	}
	return out
}

// append writes one string anew. Half a surrogate pair, which Go cannot keep, makes
// it leave the string as it is.
func (c escape) append(out, quoted []byte) []byte {
	var s string
	if json.Unmarshal(quoted, &s) != nil || strings.ContainsRune(s, utf8.RuneError) {
		return append(out, quoted...)
	}
	out = append(out, '"')
	for _, r := range s {
		if r < 0x80 && ordinary[r] {
			out = append(out, byte(r))
			continue
		}
		out = c.appendRune(out, r)
	}
	return append(out, '"')
}

// ordinary are the characters that every program writes as they are.
var ordinary = func() (set [0x80]bool) {
	for c := ' '; c <= '~'; c++ {
		set[c] = !strings.ContainsRune("\"\\/<>&='", c)
	}
	return set
}()

var short = map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

func (c escape) appendRune(out []byte, r rune) []byte {
	switch {
	case short[r] != "":
		return append(out, short[r]...)
	case r == '/' && c.slash:
		return append(out, `\/`...)
	case r < ' ', c.ascii && r > '~' && (r != 0x7f || !c.slash), strings.ContainsRune(c.others, r): // PHP leaves DEL alone
		return appendEscaped(out, r)
	}
	return utf8.AppendRune(out, r)
}

// appendEscaped writes \uXXXX, twice for what needs a pair of surrogates.
func appendEscaped(out []byte, r rune) []byte {
	if r < 0x10000 {
		return fmt.Appendf(out, `\u%04x`, r)
	}
	r -= 0x10000
	return fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
}
