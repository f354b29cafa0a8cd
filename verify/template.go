package verify

import (
	"errors"
	"fmt"
	"strings"
)

type partKind uint8

const (
	partLiteral partKind = iota
	partBody
	partTime
	partMethod
	partPath
	partHeader
)

// A part is one piece of the signed text.
type part struct {
	kind    partKind
	literal string
	header  *field // of partHeader
	ends    string // the literal after a header, which its value must not contain
}

type template []part

// compileTemplate splits a content template. What is substituted is never
// looked at again, so a body that contains "{ts}" is just a body.
func compileTemplate(s string) (template, error) {
	if s == "" {
		return nil, errors.New("template is empty")
	}
	var t template
	for s != "" {
		open := strings.IndexAny(s, "{}")
		if open < 0 {
			open = len(s)
		}
		if open > 0 {
			t = append(t, part{kind: partLiteral, literal: s[:open]})
			s = s[open:]
			continue
		}
		end := strings.IndexByte(s, '}')
		if s[0] == '}' || end < 0 {
			return nil, errors.New("unbalanced brace in template")
		}
		p, err := parsePart(s[1:end])
		if err != nil {
			return nil, err
		}
		t, s = append(t, p), s[end+1:]
	}
	for i := range t[:len(t)-1] {
		t[i].ends = t[i+1].literal
	}
	return t, nil
}

func parsePart(token string) (part, error) {
	switch token {
	case "body":
		return part{kind: partBody}, nil
	case "ts":
		return part{kind: partTime}, nil
	case "method":
		return part{kind: partMethod}, nil
	case "path":
		return part{kind: partPath}, nil
	}
	names, ok := strings.CutPrefix(token, "h:")
	if !ok {
		return part{}, fmt.Errorf("unknown template token {%s}", token)
	}
	var p problems
	list := strings.Split(names, "|")
	for _, name := range list {
		p.header("{h:"+names+"}", name)
	}
	return part{kind: partHeader, header: newField(ErrBadID, list...)}, errors.Join(p...)
}

func (t template) has(k partKind) bool {
	for i := range t {
		if t[i].kind == k {
			return true
		}
	}
	return false
}

const maxID = 255 // bytes of a signed header

// valid reports whether a signed header's value is unmistakable: printable
// ASCII without space, and free of the delimiter behind it.
func (p *part) valid(v string) bool {
	if v == "" || len(v) > maxID || !printable(v) {
		return false
	}
	return p.ends == "" || !strings.Contains(v, p.ends)
}

// printable reports whether s is ASCII without spaces and control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
