package canonical

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzContentful: the text can be taken apart again, into the request.
func FuzzContentful(f *testing.F) {
	f.Add("/a?b=c d%20", "a,b", "1", "2;b:3", []byte("body\n"))
	f.Add("/?", "a-1,x-contentful-timestamp", "", "", []byte(""))
	f.Fuzz(func(t *testing.T, uri, list, value1, value2 string, body []byte) {
		h := http.Header{}
		for i, name := range strings.Split(list, ",") {
			h.Set(name, []string{value1, value2}[i%2])
		}
		text, err := Contentful("POST", uri, h, list, body)
		if err != nil {
			wantMalformed(t, err)
			return
		}
		parts := strings.SplitN(string(text), "\n", 4)
		if len(parts) != 4 || parts[0] != "POST" || parts[3] != string(body) {
			t.Fatalf("Contentful = %q", text)
		}
		path, query, _ := strings.Cut(unescape(t, parts[1]), "?")
		if back := path + "?" + unescape(t, query); strings.TrimSuffix(back, "?") != strings.TrimSuffix(uri, "?") {
			t.Errorf("URI %q is read back as %q", uri, back)
		}
		for name, value := range takeApart(parts[2], list) {
			want := strings.TrimSpace(h.Get(name))
			if name == contentfulList {
				want = strings.TrimSpace(list)
			}
			if value != want {
				t.Errorf("header %s: %q is read back as %q", name, want, value)
			}
		}
	})
}

func unescape(t *testing.T, s string) string {
	t.Helper()
	back, err := url.PathUnescape(s)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// takeApart finds the headers of a text, whose names are known.
func takeApart(text, list string) map[string]string {
	names := append(strings.Split(strings.TrimSpace(list), ","), contentfulList, contentfulTime)
	found := map[string]string{}
	rest := ";" + text
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		after, ok := strings.CutPrefix(rest, ";"+name+":")
		if !ok {
			continue
		}
		end := len(after)
		for _, n := range names {
			if i := strings.Index(after, ";"+n+":"); i >= 0 {
				end = min(end, i)
			}
		}
		found[name], rest = after[:end], after[end:]
	}
	if rest != "" && rest != ";" {
		found["rest"] = rest
	}
	return found
}

// FuzzPHPSerialize: what is serialised is read back, in order.
func FuzzPHPSerialize(f *testing.F) {
	f.Add("b=2&a=1&s=x")
	f.Add(`a=";s:1:"&b=}`)
	f.Fuzz(func(t *testing.T, body string) {
		form, err := ParseForm(urlencoded, []byte(body))
		if err != nil {
			return
		}
		text, err := PHPSerialize(form, "s")
		if err != nil {
			wantMalformed(t, err)
			return
		}
		delete(form, "s")
		got := unserialize(t, string(text))
		for i, p := range got {
			if i > 0 && got[i-1].name >= p.name {
				t.Errorf("%q is not sorted", text)
			}
		}
		if !reflect.DeepEqual(values(got), form) {
			t.Errorf("%q is read back as %q, want %q", text, got, form)
		}
	})
}

// unserialize reads what PHP's serialize writes for an array of strings.
func unserialize(t *testing.T, s string) (pairs []pair) {
	t.Helper()
	var n int
	if _, err := fmt.Sscanf(s, "a:%d:{", &n); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	_, s, _ = strings.Cut(s, "{")
	next := func() string {
		var size int
		if _, err := fmt.Sscanf(s, "s:%d:", &size); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		start := strings.IndexByte(s, '"') + 1
		value, end := s[start:start+size], s[start+size:start+size+2]
		if end != `";` {
			t.Fatalf("%q ends in %q", s, end)
		}
		s = s[start+size+2:]
		return value
	}
	for range n {
		pairs = append(pairs, pair{next(), next()})
	}
	if s != "}" {
		t.Fatalf("%q is left", s)
	}
	return pairs
}

// FuzzAdyenItems: of what is accepted, the eight fields are read back, and
// encoding/json sees the same.
func FuzzAdyenItems(f *testing.F) {
	for _, c := range readSDK(f).Adyen {
		f.Add([]byte(c.Body))
	}
	f.Add([]byte(`{"notificationItems":[{"NotificationRequestItem":{"amount":{"value":1},"success":"\ud83e\udd80"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := AdyenItems(body)
		if err != nil {
			wantMalformed(t, err)
			return
		}
		var tree struct {
			Items []struct{ NotificationRequestItem map[string]any } `json:"notificationItems"`
		}
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		if err := dec.Decode(&tree); err != nil || len(tree.Items) != len(items) {
			t.Fatalf("%d items, encoding/json: %d, %v", len(items), len(tree.Items), err)
		}
		for i, item := range items {
			fields := tree.Items[i].NotificationRequestItem
			amount, _ := fields["amount"].(map[string]any)
			got := strings.Split(string(item.Text), ":")
			last := len(got) - 4
			want := []any{fields["pspReference"], fields["originalReference"], fields["merchantAccountCode"], fields["merchantReference"],
				amount["value"], amount["currency"], fields["eventCode"], fields["success"]}
			got = append(append(got[:3:3], strings.Join(got[3:last], ":")), got[last:]...)
			for j, w := range want {
				if w == nil {
					w = ""
				}
				if fmt.Sprint(w) != got[j] {
					t.Errorf("field %d of %q is %v", j, item.Text, w)
				}
			}
		}
	})
}

// FuzzSNS: of what is accepted, the members are read back from the text, the
// one with many lines last, and encoding/json sees the same.
func FuzzSNS(f *testing.F) {
	var vectors []vector
	readJSON(f, "testdata/aws-sns.json", &vectors)
	for _, v := range vectors {
		f.Add(v.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := SNS(body)
		if err != nil {
			wantMalformed(t, err)
			return
		}
		var want map[string]any
		if err := json.Unmarshal(body, &want); err != nil {
			t.Fatal(err)
		}
		maps.DeleteFunc(want, func(name string, value any) bool { return !slices.Contains(snsSigned, name) || value == nil })
		lines := strings.Split(strings.TrimSuffix(string(m.Text), "\n"), "\n")
		got := map[string]any{}
		for len(lines) > 2 && lines[len(lines)-2] != "MessageId" {
			got[lines[len(lines)-2]], lines = lines[len(lines)-1], lines[:len(lines)-2]
		}
		got["MessageId"], lines = lines[len(lines)-1], lines[:len(lines)-2]
		got["Message"] = strings.Join(lines[1:], "\n")
		if !reflect.DeepEqual(got, want) || m.Type != got["Type"] || m.MessageID != got["MessageId"] || m.TopicArn != got["TopicArn"] {
			t.Errorf("%q is read back as %q, want %q", m.Text, got, want)
		}
	})
}
