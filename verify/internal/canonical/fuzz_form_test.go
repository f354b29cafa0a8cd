package canonical

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
)

// FuzzURLEncoded: net/url reads the same fields and refuses the same bodies,
// but for its own limit.
func FuzzURLEncoded(f *testing.F) {
	for _, s := range []string{"", "a=1&a=2&b", "a+b=%20&&=", "%zz", "a;b", "=&=="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := ParseForm(urlencoded, []byte(body))
		if strings.Count(body, "&") >= maxFields {
			wantMalformed(t, err)
			return
		}
		want, wantErr := url.ParseQuery(body)
		if wantErr != nil {
			wantMalformed(t, err)
		} else if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseForm = %v, %v, want %v", got, err, want)
		}
	})
}

// FuzzMultipart: what multipart.Writer writes is read back; anything else is
// refused or not larger than the body.
func FuzzMultipart(f *testing.F) {
	f.Add("a", "1", "b", "2", []byte(multi("Content-Disposition: form-data; name=a\r\n\r\n1")))
	f.Add("a", "--b--", "a", "\r\n", []byte("--b--"))
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string, raw []byte) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		want := url.Values{}
		for _, p := range []pair{{name1, value1}, {name2, value2}} {
			if strings.Trim(p.name, alphanumeric+`-_.[] "\`) != "" {
				return // how to write other names is disputed
			}
			want.Add(p.name, p.value)
			if err := w.WriteField(p.name, p.value); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := ParseForm(w.FormDataContentType(), body.Bytes())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseForm = %q, %v, want %q", got, err, want)
		}

		form, err := ParseForm("multipart/form-data; boundary=b", raw)
		if err != nil {
			wantMalformed(t, err)
		} else if len(sortedForm(form)) > len(raw) {
			t.Errorf("form is larger than the body: %q", form)
		}
	})
}

// naive sorts the fields of a form another way than SortedForm and Twilio.
func naive(form url.Values, once bool) string {
	var pairs []pair
	for name, list := range form {
		for i, value := range list {
			if !once || !slices.Contains(list[:i], value) {
				pairs = append(pairs, pair{name, value})
			}
		}
	}
	sort.Slice(pairs, func(i, j int) bool {
		if pairs[i].name != pairs[j].name {
			return pairs[i].name < pairs[j].name
		}
		return pairs[i].value < pairs[j].value
	})
	var s string
	for _, p := range pairs {
		s += p.name + p.value
	}
	return s
}

func FuzzSorted(f *testing.F) {
	f.Add("b=2&a=2&a=1&a=1")
	f.Add("a=&a&=a")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := ParseForm(urlencoded, []byte(body))
		if err != nil {
			return
		}
		before := form.Encode()
		if got, want := sortedForm(form), naive(form, false); got != want {
			t.Errorf("SortedForm = %q, want %q", got, want)
		}
		if got, want := twilio("u", form), "u"+naive(form, true); len(got) != 1 || got[0] != want {
			t.Errorf("Twilio = %q, want %q", got, want)
		}
		if got, want := plivo("POST", "x://h", form, "n"), "x://h?"+naive(form, false)+".n"; len(form) > 0 && got != want {
			t.Errorf("PlivoV3 = %q, want %q", got, want)
		}
		if form.Encode() != before {
			t.Error("the form was changed")
		}
	})
}
