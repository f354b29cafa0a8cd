package specimen

import (
	"bytes"
	"strings"
	"testing"
)

func TestSetMember(t *testing.T) {
	for _, tt := range []struct{ in, path, text, want string }{
		{`{"b":1, "a":{"x":[1, {"id":"q"}]}}`, "a.x.1.id", "n", `{"b":1,"a":{"x":[1,{"id":"n"}]}}`},
		{`{"id":12345678901234567890}`, "id", "1", `{"id":1}`},
		{`{"id":1}`, "id", "a", `{"id":"a"}`},
		{`{"id":"1"}`, "id", "2", `{"id":"2"}`},
		{`{"n":1e3,"ü":"<\u00e9>"}`, "id", "\"", `{"n":1e3,"ü":"<\u00e9>","id":"\""}`},
		{`{}`, "a.b.c", "x", `{"a":{"b":{"c":"x"}}}`},
		{`[{}]`, "0.id", "x", `[{"id":"x"}]`},
		{`[{}]`, "1.id", "x", ""}, {`[{}]`, "a", "x", ""}, {`3`, "a", "x", ""}, {`{`, "a", "x", ""}, {`{"a":3}`, "a.b", "x", ""}, {`{}{}`, "a", "x", ""},
	} {
		got, err := setMember([]byte(tt.in), strings.Split(tt.path, "."), tt.text)
		if (err != nil) != (tt.want == "") || !bytes.Equal(got, []byte(tt.want)) {
			t.Errorf("%s, %s = %s, %v, want %s", tt.in, tt.path, got, err, tt.want)
		}
	}
}
