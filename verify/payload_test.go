package verify

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestIdentify(t *testing.T) {
	tests := []struct {
		name, id, event string // options
		body            string
		wantID, want2   string
		err             error
	}{
		{"top level", "json id", "json type", `{"id":"a","type":"b"}`, "a", "b", nil},
		{"number, digit for digit", "json id", "json type", `{"id":12345678901234567890.10,"type":-1E+5}`, "12345678901234567890.10", "-1E+5", nil},
		{"absent", "json id", "json type", `{"x":{"id":"a"}}`, "", "", nil},
		{"null, true, object, array", "json a", "json b", `{"a":null,"b":true}`, "", "", nil},
		{"object", "json a", "json b", `{"a":{"a":"x"},"b":["x"]}`, "", "", nil},
		{"nested", "json a.b.0.c", "json a.b.1", `{"a":{"b":[{"c":"x"},"y"]}}`, "x", "y", nil},
		{"index as a name", "json a.0", "json a.00", `{"a":{"0":"x","00":"y"}}`, "x", "y", nil},
		{"index has one spelling", "json a.00", "json a.1", `{"a":["x","y"]}`, "", "y", nil},
		{"one path is the other's parent", "json a", "json a.b", `{"a":{"b":"x"}}`, "", "x", nil},
		{"the same path twice", "json a", "json a", `{"a":"x"}`, "x", "x", nil},
		{"path through a string", "json a.b", "json a", `{"a":"x"}`, "", "x", nil},
		{"escaped name and value", "json id", "json type", `{"\u0069d":"\u00e9\n","type":"\ud83e\udd80"}`, "é\n", "🦀", nil},
		{"array on top", "json 1.id", "json 0", `["a",{"id":"b"}]`, "b", "a", nil},
		{"a string on top", "json id", "json type", `"id"`, "", "", nil},
		{"white space around", "json id", "json type", " \r\n\t{\"id\" : \"a\"}\n ", "a", "", nil},
		{"duplicate elsewhere", "json id", "json type", `{"x":1,"x":2,"y":{"id":1,"id":2},"id":"a"}`, "a", "", nil},
		{"duplicate id", "json id", "json type", `{"id":"a","type":"b","id":"a"}`, "", "", ErrAmbiguousID},
		{"duplicate by escape", "json id", "json type", `{"id":"a","\u0069\u0064":"a"}`, "", "", ErrAmbiguousID},
		{"duplicate parent", "json a.id", "json type", `{"a":{"id":"x"},"a":{}}`, "", "", ErrAmbiguousID},
		{"duplicate event", "json id", "json type", `{"id":"a","type":"b","type":"c"}`, "", "", ErrAmbiguousID},
		{"empty", "json id", "json type", ``, "", "", ErrNotJSON},
		{"truncated", "json id", "json type", `{"id":"a"`, "", "", ErrNotJSON},
		{"truncated name", "json id", "json type", `{"`, "", "", ErrNotJSON},
		{"truncated array", "json 0", "json 1", `["a"`, "", "", ErrNotJSON},
		{"trailing", "json id", "json type", `{"id":"a"}x`, "", "", ErrNotJSON},
		{"two values", "json id", "json type", `{"id":"a"}{"id":"b"}`, "", "", ErrNotJSON},
		{"trailing comma", "json id", "json type", `{"id":"a",}`, "", "", ErrNotJSON},
		{"invalid behind the id", "json id", "json type", `{"id":"a","x":[1,02]}`, "", "", ErrNotJSON},
		{"not UTF-8", "json id", "json type", "{\"id\":\"a\",\"x\":\"\xff\"}", "", "", ErrNotJSON},
		{"lone surrogate", "json id", "json type", `{"id":"\ud800"}`, "", "", ErrNotJSON},
		{"form", "json id", "json type", `id=a&type=b`, "", "", ErrNotJSON},
		{"byte order mark", "json id", "json type", "\ufeff{\"id\":\"a\"}", "", "", ErrNotJSON},
		{"nested 100000 deep", "json id", "json type", `{"x":` + strings.Repeat("[", 100000), "", "", ErrNotJSON},
		{"nested 100000 deep and closed", "json id", "json type", `{"x":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + "}", "", "", ErrNotJSON},
		{"headers need no JSON", "header X-Id", "header X-Event", `form=1`, "h1", "h2", nil},
		{"header and JSON", "header X-Id", "json type", `{"type":"b"}`, "h1", "b", nil},
		{"header comes with the error", "header X-Id", "json type", `form=1`, "h1", "", ErrNotJSON},
		{"absent header", "header X-Nope", "header X-Event", ``, "", "h2", nil},
		{"repeated header", "header X-Twice", "header X-Event", ``, "", "h2", ErrAmbiguousID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := mustNew(t, Config{Provider: "none", Options: opts{"id": tt.id, "event": tt.event}})
			h := http.Header{"X-Id": {"h1"}, "X-Event": {"h2"}, "X-Twice": {"a", "a"}}
			id, event, err := v.Identify(&Request{Header: h, Body: []byte(tt.body)}, nil, true)
			if id != tt.wantID || event != tt.want2 || !errors.Is(err, tt.err) {
				t.Errorf("Identify = %q, %q, %v, want %q, %q, %v", id, event, err, tt.wantID, tt.want2, tt.err)
			}
			id, event, err = v.Identify(&Request{Header: h, Body: []byte(tt.body)}, nil, false)
			if !errors.Is(tt.err, ErrNotJSON) && (id != tt.wantID || event != tt.want2 || !errors.Is(err, tt.err)) {
				t.Errorf("in part, Identify = %q, %q, %v", id, event, err)
			}
		})
	}
}

func TestIdentifyWithoutPlaces(t *testing.T) {
	v := mustNew(t, Config{Provider: "none"})
	if id, event, err := v.Identify(&Request{Body: []byte("{")}, nil, true); id != "" || event != "" || err != nil {
		t.Errorf("Identify = %q, %q, %v", id, event, err)
	}
}
