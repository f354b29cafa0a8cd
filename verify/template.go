package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

type partKind uint8

const (
	partLiteral partKind = iota
	partBody
	partTime
	partMethod
	partURI
	partPath
	partHeader
	partSecret
	partURL
	partURLPath
	partOption
	partJSON
	partForm
	partSortedForm
	partBodySHA256
	partBodyMD5
	partBodyCRC32
	partElement
	partElementHeaders
)

// tokens are the words in braces that take no argument.
var tokens = map[string]partKind{
	"body":              partBody,           // the exact bytes
	"ts":                partTime,           // the timestamp as it was sent
	"method":            partMethod,         //
	"uri":               partURI,            // path and query as received
	"path":              partPath,           // without the query
	"secret":            partSecret,         // for kind hash
	"url":               partURL,            // the public address, see urls
	"url_without_query": partURLPath,        //
	"sorted_form":       partSortedForm,     // names and values of the form, sorted by name
	"body_sha256_hex":   partBodySHA256,     //
	"body_md5_base64":   partBodyMD5,        // empty for an empty body
	"body_crc32":        partBodyCRC32,      // decimal
	"element:h":         partElement,        // of a kv signature: names of headers
	"element_headers:h": partElementHeaders, // the values of those headers, joined by "."
}

// A part is one piece of the signed text.
type part struct {
	kind    partKind
	literal string
	header  *field  // of partHeader
	slot    int     // of partHeader: its place in input.headers
	source  *source // of partJSON and partForm
	ends    string  // the literal after a header, which its value must not contain
}

type template []part

// maxHeaderParts is how many headers a text may have.
const maxHeaderParts = 4

// compileTemplate splits a content template. What is substituted is never
// looked at again, so a body that contains "{ts}" is just a body.
func compileTemplate(s, jsonFrom string) (template, error) {
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
		p, err := parsePart(s[1:end], jsonFrom)
		if err != nil {
			return nil, err
		}
		t, s = append(t, p), s[end+1:]
	}
	return t, t.link()
}

// link tells the parts about each other.
func (t template) link() error {
	headers := 0
	for i := range t {
		if i+1 < len(t) {
			t[i].ends = t[i+1].literal
		}
		if t[i].kind == partHeader {
			t[i].slot = headers
			headers++
		}
	}
	if headers > maxHeaderParts {
		return fmt.Errorf("more than %d headers in a template", maxHeaderParts)
	}
	return nil
}

func parsePart(token, jsonFrom string) (part, error) {
	if kind, ok := tokens[token]; ok {
		return part{kind: kind}, nil
	}
	kind, name, _ := strings.Cut(token, ":")
	if name == "" {
		return part{}, fmt.Errorf("unknown template token {%s}", token)
	}
	switch kind {
	case "h":
		var p problems
		list := strings.Split(name, "|")
		for _, n := range list {
			p.header("{h:"+name+"}", n)
		}
		return part{kind: partHeader, header: newField(ErrBadID, list...)}, errors.Join(p...)
	case "option":
		return part{kind: partOption, literal: name}, nil
	case "json":
		_, err := parsePath(name)
		return part{kind: partJSON, source: newSource(ErrMalformed, "json", jsonFrom, name)}, err
	case "form":
		return part{kind: partForm, source: newSource(ErrMalformed, "form", "", name)}, nil
	}
	return part{}, fmt.Errorf("unknown template token {%s}", token)
}

func (t template) has(kinds ...partKind) bool {
	return slices.ContainsFunc(t, func(p part) bool { return slices.Contains(kinds, p.kind) })
}

// streams reports whether the text can be fed to a hash as it is read.
func (t template) streams() bool {
	return !slices.ContainsFunc(t, func(p part) bool { return p.kind > partHeader })
}

// abuts reports whether the timestamp has something else than a delimiter at a
// side. The text alone then does not say where it begins or ends: of several
// ways to write a time, none may be the beginning or the end of another. The
// units but s have that from their forms.
func (t template) abuts() bool {
	for i := range t {
		before, behind := i > 0 && t[i-1].kind != partLiteral, i+1 < len(t) && t[i+1].kind != partLiteral
		if t[i].kind == partTime && (before || behind) {
			return true
		}
	}
	return false
}

const maxID = 255 // bytes of a signed header

// valid reports whether a signed header's value is unmistakable: printable
// ASCII without the delimiter behind it, and without space unless a line ends
// there.
func (p *part) valid(v string) bool {
	if v == "" || len(v) > maxID || p.ends != "" && strings.Contains(v, p.ends) {
		return false
	}
	if strings.HasPrefix(p.ends, "\n") {
		return printableText(v)
	}
	return printable(v)
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

// printableText reports whether s is ASCII without control characters.
func printableText(s string) bool { return printable(strings.ReplaceAll(s, " ", "")) }
