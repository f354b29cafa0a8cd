package canonical

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzTwilioURL: the URL as configured is always among the texts, there are
// few, a URL's pieces make the URL, and a normal URL is normal.
func FuzzTwilioURL(f *testing.F) {
	for _, c := range readSDK(f).Twilio {
		f.Add(c.URL)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		texts := twilio(raw, nil)
		if !slices.Contains(texts, raw) || len(texts) > 12 {
			t.Errorf("Twilio(%q) = %q", raw, texts)
		}
		u, ok := splitURL(raw)
		if ok && u.scheme+u.userinfo+u.host+u.port+u.rest != raw {
			t.Errorf("splitURL(%q) = %q", raw, u)
		}
		normal, ok := normalizeURL(u)
		if !ok {
			return
		}
		text := normal.scheme + normal.userinfo + normal.host + normal.port + normal.rest
		if parsed, err := url.Parse(text); err == nil && (parsed.Scheme+"://" != normal.scheme || parsed.Host != normal.host+normal.port) {
			t.Errorf("net/url reads another host in %q: %q", text, parsed.Host)
		}
		pieces, _ := splitURL(text)
		if again, ok := normalizeURL(pieces); !ok || again != normal {
			t.Errorf("normalizeURL(%q) = %q, want it as it is", text, again)
		}
	})
}

// FuzzPlivoGET: the fields may be in the query or in the form.
func FuzzPlivoGET(f *testing.F) {
	f.Add("b=2&a=1", "a=0")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, query, body string) {
		if strings.Contains(query+body, "#") { // would begin a fragment
			return
		}
		form, err := ParseForm(urlencoded, []byte(body))
		both := strings.Trim(query+"&"+body, "&")
		if err != nil || strings.Count(both, "&") >= maxFields {
			return
		}
		got, want := plivo("GET", "x://h/?"+query, form, "n"), plivo("GET", "x://h/?"+both, nil, "n")
		if got != want {
			t.Errorf("PlivoV3 = %q, with all in the query %q", got, want)
		}
	})
}

// FuzzMercadoPago: the manifest can be taken apart again.
func FuzzMercadoPago(f *testing.F) {
	f.Add("ABC", "r", "1")
	f.Add("", "id:1", "1")
	f.Fuzz(func(t *testing.T, id, request, ts string) {
		text := MercadoPago(id, request, ts)
		if text == "" {
			return
		}
		var gotID, gotRequest, gotTS string
		for _, part := range strings.Split(strings.TrimSuffix(text, ";"), ";") {
			name, value, _ := strings.Cut(part, ":")
			*map[string]*string{"id": &gotID, "request-id": &gotRequest, "ts": &gotTS}[name] = value
		}
		if gotID != strings.ToLower(strings.TrimSpace(id)) || gotRequest != strings.TrimSpace(request) || gotTS != ts {
			t.Errorf("MercadoPago(%q, %q, %q) = %q", id, request, ts, text)
		}
	})
}

// FuzzCanonicalRequest: the order of the parameters does not matter, and the
// text can be taken apart again, into the parameters.
func FuzzCanonicalRequest(f *testing.F) {
	f.Add("/a&b", "b=2&a=2&a=1,&jwt=x", "/")
	f.Add("/in/x/", "=&&%2C", "/in")
	f.Fuzz(func(t *testing.T, path, query, base string) {
		text := canonicalRequest("POST", path, query, base)
		pairs, err := splitQuery([]byte(query))
		if err != nil {
			if !strings.HasSuffix(text, "&"+query) {
				t.Errorf("canonicalRequest = %q", text)
			}
			return
		}
		fields := strings.Split(query, "&")
		slices.Reverse(fields)
		if again := canonicalRequest("POST", path, strings.Join(fields, "&"), base); again != text {
			t.Errorf("canonicalRequest = %q, in reverse %q", text, again)
		}
		parts := strings.SplitN(text, "&", 3)
		if len(parts) != 3 || !strings.HasPrefix(parts[1], "/") {
			t.Fatalf("canonicalRequest = %q", text)
		}
		want := values(pairs)
		delete(want, "jwt")
		got := url.Values{}
		for field := range strings.SplitSeq(parts[2], "&") {
			name, list, found := strings.Cut(field, "=")
			for value := range strings.SplitSeq(list, ",") {
				if found {
					got.Add(unescape(t, name), unescape(t, value))
				}
			}
		}
		for name := range want {
			slices.Sort(want[name])
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read back as %q, want %q", text, got, want)
		}
	})
}
