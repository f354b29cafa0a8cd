package verify

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func graph(t testing.TB) *Verifier {
	return mustNew(t, Config{Provider: "microsoft-graph", Secrets: []string{secret16}})
}

func TestBatch(t *testing.T) {
	const good = `{"clientState":"` + secret16 + `"}`
	batch := func(elements ...string) string { return `{"value":[` + strings.Join(elements, ",") + `]}` }
	many := func(n int) string { return batch(strings.Split(strings.Repeat(good+" ", n-1)+good, " ")...) }
	tests := []struct {
		name string
		body string
		want error
	}{
		{"one", batch(good), nil},
		{"two, among others", `{"a":[{}],"value":[{"b":1,"clientState":"` + secret16 + `","c":{"clientState":"x"}}, ` + good + ` ],"d":null}` + "\r\n", nil},
		{"written with escapes", batch(`{"client\u0053tate":"\u0030` + secret16[1:] + `"}`), nil},
		{"as many as may be", many(10000), nil},
		{"one more", many(10001), ErrTooMany},
		{"the second is wrong", batch(good, `{"clientState":"x"}`), ErrMismatch},
		{"wrong, and broken off behind it", `{"value":[{"clientState":"x"}`, ErrMismatch},
		{"the second has none", batch(good, `{}`), ErrMissing},
		{"empty", batch(good, `{"clientState":""}`), ErrMissing},
		{"a number", batch(`{"clientState":1}`), ErrMissing},
		{"an object", batch(`{"clientState":` + good + `}`), ErrMissing},
		{"elements that are arrays", batch(`[` + good + `]`), ErrMissing},
		{"no elements", batch(), ErrMissing},
		{"an object for the array", `{"value":{"*":` + good + `}}`, ErrMissing},
		{"no array", `{}`, ErrMissing},
		{"a string on top", `"value"`, ErrMissing},
		{"array twice", `{"value":[` + good + `],"value":[` + good + `]}`, ErrMalformed},
		{"array twice, by escape", `{"value":[` + good + `],"v\u0061lue":[]}`, ErrMalformed},
		{"state twice", batch(`{"clientState":"` + secret16 + `","clientState":"` + secret16 + `"}`), ErrMalformed},
		{"something else twice", batch(`{"x":1,"clientState":"` + secret16 + `","x":2}`), ErrMalformed},
		{"something else twice, behind", `{"value":[` + good + `],"x":1,"x":2}`, ErrMalformed},
		{"broken off", `{"value":[` + good, ErrMalformed},
		{"rubbish behind it", batch(good) + "x", ErrMalformed},
		{"two values", batch(good) + batch(good), ErrMalformed},
		{"not UTF-8", `{"value":[` + good + `],"x":"` + "\xff" + `"}`, ErrMalformed},
		{"not JSON", `value=1`, ErrMalformed},
		{"no body", ``, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := graph(t).Verify(t0, sendAll(tt.body)); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

// What anybody may send must not cost much before it is refused: the body is
// not taken apart into more memory than it has itself.
func TestBatchAllocations(t *testing.T) {
	names := new(strings.Builder)
	for i := range 50000 {
		fmt.Fprintf(names, `"%d":[],`, i)
	}
	elements := strings.Repeat("[],", 300000) + "[]"
	tests := []struct {
		name string
		body string
		want error
	}{
		{"arrays for elements", `{"value":[` + elements + `]}`, ErrMissing},
		{"objects for elements", `{"value":[` + strings.ReplaceAll(elements, "[]", "{}") + `]}`, ErrMissing},
		{"much before the array", `{"x":[` + elements + `],"value":[{"clientState":"x"}]}`, ErrMismatch},
		{"much behind it", `{"value":[{"clientState":"x"}],"x":[` + elements + `]}`, ErrMismatch},
		{"many names", `{` + names.String() + `"value":[{"clientState":"x"}]}`, ErrMismatch},
		{"no array", `{"x":[` + elements + `]}`, ErrMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, r := graph(t), sendAll(tt.body)
			n := testing.AllocsPerRun(1, func() {
				if _, err := v.Verify(t0, r); !errors.Is(err, tt.want) {
					t.Fatalf("Verify = %v, want %v", err, tt.want)
				}
			})
			if n > 100 {
				t.Errorf("%v allocations for %d bytes, want at most 100", n, len(tt.body))
			}
		})
	}
}
