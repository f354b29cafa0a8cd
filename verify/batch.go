package verify

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxElements is how many elements of a batch may carry a token. Microsoft
// Graph does not say how many it sends; each is hundreds of bytes, so that a
// body of the default size holds a few thousand.
const maxElements = 10000

// A batch looks at the string at a path in which "*" stands for every element.
// It stops at the first error of check, so that a body which proves nothing is
// neither read to its end nor kept.
type batch struct {
	path  []string
	check func(text string) error // "" for what is no string

	dec *jsontext.Decoder
	n   int   // calls of check
	err error // of check
}

// each calls check for each element of the JSON. Nil means that all of the text
// is valid too and has no name twice: any parser finds in it what check saw.
func (v *view) each(field string, path []string, check func(text string) error) error {
	text, err := v.json(field)
	if err != nil {
		return err
	}
	r := newReader(text)
	defer r.free()
	b := batch{path: path, check: check, dec: &r.dec}
	err = b.value(0)
	switch {
	case b.err != nil:
		return b.err
	case err != nil, !jsontext.Value(text).IsValid(): // which keeps the names, so it comes last
		return fmt.Errorf("%w: %w", ErrMalformed, ErrNotJSON) // err may quote the body
	}
	return nil
}

// value reads the value at depth, to which the path leads.
func (b *batch) value(depth int) error {
	kind, end := b.dec.PeekKind(), depth == len(b.path)
	switch {
	case kind == '{' && !end && b.path[depth] != "*": // which stands for elements, and is no name
		return b.object(depth)
	case kind == '[' && !end:
		return b.array(depth)
	case kind != '"' || !end:
		if err := b.dec.SkipValue(); err != nil {
			return err
		}
		return b.found("")
	}
	raw, err := b.dec.ReadValue()
	if err != nil {
		return err
	}
	return b.found(text(kind, raw))
}

func (b *batch) found(text string) error {
	if b.n++; b.n > maxElements {
		b.err = fmt.Errorf("%s: %w (more than %d)", strings.Join(b.path, "."), ErrTooMany, maxElements)
	} else {
		b.err = b.check(text)
	}
	return b.err
}

func (b *batch) object(depth int) error {
	if _, err := b.dec.ReadToken(); err != nil {
		return err
	}
	there := false
	for b.dec.PeekKind() != '}' {
		name, err := b.dec.ReadValue()
		if err != nil {
			return err
		}
		wanted := isName(name, b.path[depth])
		if err := b.step(depth, wanted); err != nil {
			return err
		}
		there = there || wanted
	}
	return b.close(there)
}

func (b *batch) array(depth int) error {
	if _, err := b.dec.ReadToken(); err != nil {
		return err
	}
	every := b.path[depth] == "*"
	there := every // in an array without elements there is nothing to check
	for n := 0; b.dec.PeekKind() != ']'; n++ {
		wanted := every || isIndex(b.path[depth], n)
		if err := b.step(depth, wanted); err != nil {
			return err
		}
		there = there || wanted
	}
	return b.close(there)
}

// step reads the next value if the path leads through it, or skips it.
func (b *batch) step(depth int, wanted bool) error {
	if wanted {
		return b.value(depth + 1)
	}
	return b.dec.SkipValue()
}

// close reads a closing bracket; what was looked for between may not be there.
func (b *batch) close(there bool) error {
	if _, err := b.dec.ReadToken(); err != nil || there {
		return err
	}
	return b.found("")
}
