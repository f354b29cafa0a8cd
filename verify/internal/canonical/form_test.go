package canonical

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

const urlencoded = "application/x-www-form-urlencoded"

// multi writes parts, each a header and a value, with the boundary b.
func multi(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--b\r\n" + p + "\r\n")
	}
	return b.String() + "--b--\r\n"
}

func TestParseForm(t *testing.T) {
	const kind = "multipart/form-data; boundary=b"
	const disposition = "Content-Disposition: form-data; name="
	tests := []struct {
		name, kind, body string
		want             url.Values // nil: refused
	}{
		{"empty", urlencoded, "", url.Values{}},
		{"charset", urlencoded + "; charset=UTF-8", "a=1", url.Values{"a": {"1"}}},
		{"type in capitals", "Application/X-WWW-Form-URLEncoded", "a=1", url.Values{"a": {"1"}}},
		{"repeated", urlencoded, "a=2&b=&a=1&&c", url.Values{"a": {"2", "1"}, "b": {""}, "c": {""}}},
		{"plus and percent", urlencoded, "a+b=%2B%20+", url.Values{"a b": {"+  "}}},
		{"equals in a value", urlencoded, "a=b=c", url.Values{"a": {"b=c"}}},
		{"empty name", urlencoded, "=1", url.Values{"": {"1"}}},
		{"not UTF-8", urlencoded, "a=%FF", url.Values{"a": {"\xff"}}},
		{"1000 fields", urlencoded, strings.Repeat("a&", 999), url.Values{"a": make([]string, 999)}},
		{"1001 fields", urlencoded, strings.Repeat("a&", 1000) + "a", nil},
		{"1001 empty fields", urlencoded, strings.Repeat("&", 1001), nil},
		{"bad percent", urlencoded, "a=%zz", nil},
		{"bad percent in a name", urlencoded, "%=1", nil},
		{"cut percent", urlencoded, "a=%4", nil},
		{"semicolon", urlencoded, "a=1;b=2", nil},
		{"encoded semicolon", urlencoded, "a=1%3Bb=2", url.Values{"a": {"1;b=2"}}},
		{"JSON", "application/json", "{}", nil},
		{"no type", "", "a=1", nil},
		{"two types", urlencoded + ", text/plain", "a=1", nil},

		{"multipart", kind, multi(disposition+`"a"`+"\r\n\r\n1\r\n2", disposition+`"a"`+"\r\n\r\n"), url.Values{"a": {"1\r\n2", ""}}},
		{"type of a part", kind, multi(disposition + `"a"` + "\r\nContent-Type: text/plain\r\n\r\n%41+"), url.Values{"a": {"%41+"}}},
		{"a token for a name", kind, multi(disposition + "a; x=y;\r\n\r\n1"), url.Values{"a": {"1"}}},
		{"quotes and backslashes in a name", kind, multi(disposition+`"a\"b\\c\d"; filename*=x'y`+"\r\n\r\n1", disposition+`"a\"b\\c\d"`+"\r\n\r\n2"), url.Values{`a"b\c\d`: {"2"}}},
		{"a semicolon in a file's name", kind, multi(disposition + `"f"; filename="C:\a;b.txt"; name2=x` + "\r\n\r\n1"), nil},
		{"folded lines", kind, multi("Content-Disposition: form-data;\r\n name=a;\r\n\tx=y\r\n\r\n1"), url.Values{"a": {"1"}}},
		{"newlines alone", kind, strings.ReplaceAll(multi(disposition+"a\r\n\r\n1"), "\r\n", "\n"), url.Values{"a": {"1"}}},
		{"text in front", kind, "--bb\r\n" + multi(disposition+"a\r\n\r\n1"), nil},
		{"other text in front", kind, "a\r\n" + multi(disposition+"a\r\n\r\n1"), nil},
		{"a boundary behind another newline", kind, multi(disposition + "a\r\n\r\n1\n--b\n" + disposition + "b\n\n2"), nil},
		{"a boundary behind half a newline", kind, multi(disposition + "a\r\n\r\n1\r--b\r" + disposition + "b\r\r2"), nil},
		{"newlines alone, but for one", kind, strings.ReplaceAll(multi(disposition+"a\r\n\r\n1\r"), "\r\n", "\n"), nil},
		{"a value that ends in half a newline", kind, multi(disposition + "a\r\n\r\n1\r"), url.Values{"a": {"1\r"}}},
		{"quotes of PHP", kind, multi(disposition + "'a'\r\n\r\n1"), nil},
		{"newline in front", kind, "\r\n" + multi(disposition+"a\r\n\r\n1"), url.Values{"a": {"1"}}},
		{"spaces behind boundaries", kind, "--b \t\r\n" + disposition + "a\r\n\r\n1\r\n--b--\t\r\n\r\n", url.Values{"a": {"1"}}},
		{"nearly a boundary", kind, multi(disposition + "a\r\n\r\n1\r\n--"), url.Values{"a": {"1\r\n--"}}},
		{"a boundary and more", kind, multi(disposition + "a\r\n\r\n1\r\n--bc"), nil},
		{"two parts of which one has no end", kind, "--b\r\n" + disposition + "a\r\n\r\n1--b--\r\n", nil},
		{"name in another language", kind, multi(disposition + `"é"` + "\r\n\r\n1"), url.Values{"é": {"1"}}},
		{"name by RFC 2231", kind, multi(disposition + "a; name*=UTF-8''b\r\n\r\n1"), nil},
		{"name that is not closed", kind, multi(disposition + `"a` + "\r\n\r\n1"), nil},
		{"control character in a header", kind, multi(disposition + "a\r\nX: a\rb\r\n\r\n1"), nil},
		{"header without a colon", kind, multi(disposition + "a\r\nX\r\n\r\n1"), nil},
		{"as long a header as may be", kind, multi(disposition + "a\r\nX: " + strings.Repeat("x", maxPartHeader-len(disposition)-6) + "\r\n\r\n1"), url.Values{"a": {"1"}}},
		{"one byte more", kind, multi(disposition + "a\r\nX: " + strings.Repeat("x", maxPartHeader-len(disposition)-5) + "\r\n\r\n1"), nil},
		{"long type", kind + "; x=" + strings.Repeat("x", 1024), multi(disposition + "a\r\n\r\n1"), nil},
		{"file", kind, multi(disposition+`"f"; filename="x"`+"\r\n\r\nsecret", disposition+`"a"`+"\r\n\r\n1"), url.Values{"a": {"1"}}},
		{"file without a name", kind, multi(disposition + `"f"; filename=""` + "\r\n\r\nx"), url.Values{}},
		{"encoded file name", kind, multi(disposition + `"f"; filename*=UTF-8''x` + "\r\n\r\nx"), url.Values{}},
		{"8bit", kind, multi(disposition + `"a"` + "\r\nContent-Transfer-Encoding: 8BIT\r\n\r\n1"), url.Values{"a": {"1"}}},
		{"quoted-printable", kind, multi(disposition + `"a"` + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41"), nil},
		{"base64", kind, multi(disposition + `"a"` + "\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ=="), nil},
		{"no name", kind, multi("Content-Disposition: form-data\r\n\r\n1"), nil},
		{"two names", kind, multi(disposition + `"a"; name="b"` + "\r\n\r\n1"), nil},
		{"two dispositions", kind, multi(disposition + `"a"` + "\r\n" + disposition + `"b"` + "\r\n\r\n1"), nil},
		{"attachment", kind, multi(`Content-Disposition: attachment; name="a"` + "\r\n\r\n1"), nil},
		{"no disposition", kind, multi("Content-Type: text/plain\r\n\r\n1"), nil},
		{"no boundary", "multipart/form-data", multi(disposition + `"a"` + "\r\n\r\n1"), nil},
		{"another boundary", "multipart/form-data; boundary=c", multi(disposition + `"a"` + "\r\n\r\n1"), nil},
		{"no parts", kind, "--b--\r\n", nil},
		{"preamble without parts", kind, "a\r\n--b--\r\n", nil},
		{"empty multipart", kind, "", nil},
		{"not closed", kind, strings.TrimSuffix(multi(disposition+`"a"`+"\r\n\r\n1"), "--\r\n"), nil},
		{"ends in a header", kind, strings.TrimSuffix(multi(disposition+`"a"`+"\r\n\r\n1"), "--\r\n") + "\r\n" + disposition, nil},
		{"text behind the end", kind, multi(disposition+`"a"`+"\r\n\r\n1") + disposition, nil},
		{"1001 parts", kind, multi(strings.Split(strings.Repeat(disposition+`"a"; filename="x"`+"\r\n\r\n|", 1001), "|")[:1001]...), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseForm(tt.kind, []byte(tt.body))
			if tt.want == nil {
				wantMalformed(t, err)
			} else if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("ParseForm = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestSortedForm(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"none", "", ""},
		{"by name, then by value", "b=2&a=2&a=1&a=1&A=0", "A0a1a1a2b2"},
		{"bytes, not letters", "é=1&z=2&Z=3", "Z3z2é1"},
		{"ambiguous", "ab=c", "abc"},
		{"as ambiguous", "a=bc", "abc"},
	}
	for _, tt := range tests {
		form, err := ParseForm(urlencoded, []byte(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if got := sortedForm(form); got != tt.want {
			t.Errorf("%s: SortedForm = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestFold: names that any parser may hold equal have one folded form.
func TestFold(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			if fold(string(r)) != fold(string(o)) {
				t.Errorf("fold(%U) = %q, fold(%U) = %q, want the same", r, fold(string(r)), o, fold(string(o)))
			}
		}
	}
}

func TestAlike(t *testing.T) {
	for _, name := range []string{"bt_payload", "BT_Payload", " bt_payload", "  bt payload", "bt.payload", "bt[payload", "bt_payload[]", "bt_payload[a][b]", "bt_payload\x00x"} {
		if !Alike(name, "bt_payload") {
			t.Errorf("%q is not like bt_payload", name)
		}
	}
	for _, name := range []string{"", "bt", "payload", "bt_payload2", "bt_signature", "x[bt_payload]"} {
		if Alike(name, "bt_payload") {
			t.Errorf("%q is like bt_payload", name)
		}
	}
}

func TestFormCharset(t *testing.T) {
	for charset, want := range map[string]error{
		"": nil, "; charset=UTF-8": nil, "; charset=iso-8859-1": nil, "; charset=windows-1251": nil,
		"; charset=utf-16": ErrMalformed, "; charset=IBM037": ErrMalformed, "; charset=utf-7": ErrMalformed,
	} {
		if _, err := ParseForm("application/x-www-form-urlencoded"+charset, []byte("a=b")); !errors.Is(err, want) {
			t.Errorf("ParseForm(%q) = %v, want %v", charset, err, want)
		}
	}
}
