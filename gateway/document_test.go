package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func TestLookup(t *testing.T) {
	e := &Event{Body: []byte(`{"a":{"b":[1,{"c":"x"},null,true,1.5,12345678901234567,123456789012345678901234567890]},"":"empty","a.b":"dotted"}`)}
	tests := []struct {
		path, want string
		ok         bool
	}{
		{"a.b.0", "1", true},
		{"a.b.1.c", "x", true},
		{"a.b.2", "", false},
		{"a.b.3", "true", true},
		{"a.b.4", "1.5", true},
		{"a.b.5", "12345678901234567", true},
		{"a.b.1", `{"c":"x"}`, true},
		{"a.b.-1", "", false},
		{"a.b.99", "", false},
		{"a.b.x", "", false},
		{"a.x", "", false},
		{"a.b.0.c", "", false},
		{"", "empty", true},
	}
	for _, tt := range tests {
		if got, ok := e.Lookup(tt.path); got != tt.want || ok != tt.ok {
			t.Errorf("Lookup(%q) = %q, %v", tt.path, got, ok)
		}
	}
}

func TestUnusableDocuments(t *testing.T) {
	for _, body := range []string{"", "x", "{", `{"a":1}{}`, `{"a":1,"a":2}`, "\"\xff\"", "[1,]", strings.Repeat("[", 100_000)} {
		e := &Event{Body: []byte(body)}
		if _, ok := e.Lookup("a"); ok {
			t.Errorf("%.20q has a value", body)
		}
		if _, err := e.json.parse(e.Body); !errors.Is(err, verify.ErrNotJSON) {
			t.Errorf("%.20q: %v", body, err)
		}
	}
}

// FuzzDocument holds our walk over the tokens against encoding/json.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"x",null,true]}`, `[]`, `"\u00e4"`, `-0`, `1e999`, `{"a":{"a":1}}`, ` 1 `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var d document
		got, err := d.parse(body)
		if err != nil {
			if !errors.Is(err, verify.ErrNotJSON) {
				t.Fatalf("unexpected error %v", err)
			}
			return // stricter than encoding/json: duplicate names, UTF-8, depth
		}
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("accepted %q, which is not JSON: %v", body, err)
		}
		if !reflect.DeepEqual(got, plainNumbers(want)) {
			t.Fatalf("%q is %#v, want %#v", body, got, want)
		}
	})
}

func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		n, _ := parseNumber(v.String())
		return n
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	}
	return v
}

func TestCompileConditionErrors(t *testing.T) {
	for expr, want := range map[string]string{
		`event ==`:         "Syntax error",
		`sender == "x"`:    "undeclared reference to 'sender'",
		`event + "x"`:      "is a string, not a bool",
		`event > 5`:        "no matching overload",
		`headers.x.y == 1`: "type 'string' does not support field selection",
	} {
		if _, err := CompileCondition(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CompileCondition(%q) = %v, want %q", expr, err, want)
		}
	}
}
