package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// parsePath splits a dotted path: names of members and indexes of arrays.
func parsePath(s string) ([]string, error) {
	path := strings.Split(s, ".")
	for _, name := range path {
		if name == "" {
			return nil, fmt.Errorf("json path %q has an empty name", s)
		}
	}
	return path, nil
}

// A query looks for up to two values in one pass over a JSON text. It stops
// when it has them and nothing in the rest can be another member of their
// names, which a search tells far faster than a parser: what follows is then
// not validated. The wanted members are tested for duplicates in any case.
type query struct {
	paths  [2][]string // nil: not wanted
	values [2]string

	dec   *jsontext.Decoder
	body  []byte
	found [2]bool
	whole bool // read to the end
}

// errFound ends a pass early.
var errFound = errors.New("found")

// A reader is a decoder with the buffer it reads from, for reuse.
type reader struct {
	dec jsontext.Decoder
	buf bytes.Buffer
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// newReader returns a reader of body, which free gives back. It does not look
// for names that are there twice.
func newReader(body []byte) *reader {
	r := readers.Get().(*reader)
	r.buf = *bytes.NewBuffer(body) // jsontext reads a bytes.Buffer in place
	r.dec.Reset(&r.buf, jsontext.AllowDuplicateNames(true))
	return r
}

func (r *reader) free() {
	r.buf = bytes.Buffer{}
	r.dec.Reset(&r.buf) // or the pool would keep the body alive
	readers.Put(r)
}

// run fills q.values from body. Nesting is limited by jsontext, to 10000.
func (q *query) run(body []byte) error {
	r := newReader(body)
	defer r.free()
	q.dec, q.body = &r.dec, body

	active := [2]bool{q.paths[0] != nil, q.paths[1] != nil}
	err := q.value(0, active)
	if err == nil {
		if _, err = q.dec.ReadToken(); errors.Is(err, io.EOF) {
			err = nil
		} else if err == nil {
			err = ErrNotJSON
		}
	}
	switch {
	case err == nil, errors.Is(err, errFound):
		return nil
	case errors.Is(err, ErrAmbiguousID):
		return ErrAmbiguousID
	}
	return ErrNotJSON // jsontext's text may quote the body
}

// value reads the value at depth, where the active paths lead. Depth never
// exceeds the longest path: anything else is skipped by the decoder.
func (q *query) value(depth int, active [2]bool) error {
	deeper := active
	for i := range active {
		deeper[i] = active[i] && len(q.paths[i]) > depth
	}
	kind := q.dec.PeekKind()
	switch {
	case kind == '{' && deeper != [2]bool{}:
		return q.object(depth, deeper)
	case kind == '[' && deeper != [2]bool{}:
		return q.array(depth, deeper)
	}
	raw, err := q.dec.ReadValue()
	if err != nil {
		return err
	}
	for i := range active {
		if active[i] && !deeper[i] {
			q.values[i], q.found[i] = text(kind, raw), true
		}
	}
	return q.stop()
}

// stop returns errFound when the rest of the body cannot matter.
func (q *query) stop() error {
	for i := range q.paths {
		if q.paths[i] != nil && !q.found[i] {
			return nil
		}
	}
	if q.whole || q.repeats(q.body[q.dec.InputOffset():]) {
		q.whole = true // so that the rest is searched once
		return nil
	}
	return errFound
}

// repeats reports whether rest may hold a name of the paths again: literally,
// or written with escapes.
func (q *query) repeats(rest []byte) bool {
	if bytes.Contains(rest, []byte(`\u`)) {
		return true
	}
	for _, path := range q.paths {
		for _, name := range path {
			if strings.ContainsAny(name, `"\/`) || mentions(rest, `"`+name+`"`) {
				return true
			}
		}
	}
	return false
}

// mentions is bytes.Contains for texts like JSON: it looks for the name's
// rarest letter, where bytes.Contains looks for the first and, with a common
// one, falls back to comparing at every byte.
func mentions(text []byte, name string) bool {
	anchor := rarest(name)
	for from := anchor; from < len(text); {
		i := bytes.IndexByte(text[from:], name[anchor])
		if i < 0 {
			return false
		}
		start := from + i - anchor
		if len(text)-start >= len(name) && string(text[start:start+len(name)]) == name {
			return true
		}
		from += i + 1
	}
	return false
}

// rarest returns the index of the byte of name that JSON texts have least.
func rarest(name string) int {
	const common = `"e_taoi,:nsrdlcumhp0g1f2y3bwv` // most common first; anything else is rarer
	best, rank := 0, -1
	for i := range len(name) {
		r := strings.IndexByte(common, name[i])
		if r < 0 {
			return i
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

func (q *query) object(depth int, active [2]bool) error {
	if _, err := q.dec.ReadToken(); err != nil {
		return err
	}
	var seen [2]bool
	for q.dec.PeekKind() != '}' {
		name, err := q.dec.ReadValue()
		if err != nil {
			return err
		}
		var next [2]bool
		for i := range active {
			next[i] = active[i] && isName(name, q.paths[i][depth])
			if next[i] && seen[i] {
				return ErrAmbiguousID
			}
			seen[i] = seen[i] || next[i]
		}
		if err := q.step(depth, next); err != nil {
			return err
		}
	}
	_, err := q.dec.ReadToken()
	return err
}

func (q *query) array(depth int, active [2]bool) error {
	if _, err := q.dec.ReadToken(); err != nil {
		return err
	}
	for n := 0; q.dec.PeekKind() != ']'; n++ {
		var next [2]bool
		for i := range active {
			next[i] = active[i] && isIndex(q.paths[i][depth], n)
		}
		if err := q.step(depth, next); err != nil {
			return err
		}
	}
	_, err := q.dec.ReadToken()
	return err
}

// step reads the next value if a path leads through it, or skips it.
func (q *query) step(depth int, next [2]bool) error {
	if next == [2]bool{} {
		return q.dec.SkipValue()
	}
	return q.value(depth+1, next)
}

func isName(raw jsontext.Value, name string) bool {
	if plain, ok := unescaped(raw); ok {
		return string(plain) == name
	}
	if len(raw) > 6*len(name)+len(`""`) { // no byte takes more to write; anybody may send a long name
		return false
	}
	s, err := jsontext.AppendUnquote(nil, raw)
	return err == nil && string(s) == name
}

// unescaped returns what is between the quotes of a valid JSON string that
// has no escapes, as nearly all have none.
func unescaped(raw jsontext.Value) ([]byte, bool) {
	if bytes.IndexByte(raw, '\\') >= 0 {
		return nil, false
	}
	return raw[1 : len(raw)-1], true
}

// isIndex reports whether s is n in decimal, without leading zeros.
func isIndex(s string, n int) bool {
	var buf [20]byte
	return s == string(strconv.AppendInt(buf[:0], int64(n), 10))
}

// text returns a string's content or a number's digits.
func text(kind jsontext.Kind, raw jsontext.Value) string {
	switch kind {
	case '"':
		if plain, ok := unescaped(raw); ok {
			return string(plain)
		}
		s, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return ""
		}
		return string(s)
	case '0':
		return string(raw)
	}
	return ""
}
