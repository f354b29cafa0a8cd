package canonical

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestTwilioURLs(t *testing.T) {
	tests := []struct {
		name, url string
		want      []string
	}{
		{"fragment", "https://h/a#rc=2", []string{"https://h/a#rc=2", "https://h:443/a#rc=2", "https://h/a", "https://h:443/a"}},
		{"host is not ASCII", "https://bücher.example/'", []string{"https://bücher.example/'", "https://bücher.example:443/'"}},
		{"IPv4 in IPv6", "https://[::FFFF:1.2.3.4]/", []string{"https://[::FFFF:1.2.3.4]/", "https://[::FFFF:1.2.3.4]:443/"}},
		{"other scheme", "wss://h/'?'", []string{"wss://h/'?'", "wss://h:80/'?'"}},
		{"port is no number", "https://h:x/", []string{"https://h/", "https://h:x/"}},
		{"no URL", "h/a", []string{"h/a"}},
		{"empty", "", []string{""}},
		{"more than 1000 parameters", "https://h/?" + strings.Repeat("&", 1000), []string{"https://h/?" + strings.Repeat("&", 1000), "https://h:443/?" + strings.Repeat("&", 1000)}},
		{"bad percent encoding", "https://h/?%", []string{"https://h/?%", "https://h:443/?%"}},
	}
	for _, tt := range tests {
		if got := twilio(tt.url, nil); !slices.Equal(got, tt.want) {
			t.Errorf("%s: Twilio = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestTwilioBodyCannotBeTakenAway: the signature of a JSON body covers the URL
// alone, which must not pass for the signature of an empty form.
func TestTwilioBodyCannotBeTakenAway(t *testing.T) {
	const u = "https://h/a?bodySHA256=00"
	if got := twilio(u, url.Values{}); got != nil {
		t.Errorf("Twilio with an empty form = %q, want none", got)
	}
	if got := twilio(u, nil); len(got) == 0 {
		t.Error("Twilio without a form has no texts")
	}
}

func TestTwilioBody(t *testing.T) {
	sum := sha256.Sum256([]byte("{}"))
	good := hex.EncodeToString(sum[:])
	tests := []struct {
		name, query string
		want        bool
	}{
		{"good", "?a=1&bodySHA256=" + good + "&b", true},
		{"capitals", "?bodySHA256=" + strings.ToUpper(good), true},
		{"fragment", "?bodySHA256=" + good + "#rc=2", true},
		{"in the fragment", "?a=1#?bodySHA256=" + good, false},
		{"none", "", false},
		{"empty", "?bodySHA256=", false},
		{"other", "?bodySHA256=" + strings.Repeat("0", 64), false},
		{"too short", "?bodySHA256=" + good[:62], false},
		{"too long", "?bodySHA256=" + good + "00", false},
		{"no hex", "?bodySHA256=" + good[:63] + "g", false},
		{"twice", "?bodySHA256=" + good + "&bodySHA256=" + good, false},
		{"other name", "?bodysha256=" + good, false},
		{"in the path", "/bodySHA256=" + good, false},
		{"bad query", "?%&bodySHA256=" + good, false},
	}
	for _, tt := range tests {
		if got := TwilioBody("https://h/a"+tt.query, []byte("{}")); got != tt.want {
			t.Errorf("%s: TwilioBody = %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestPlivoRefuses(t *testing.T) {
	tests := []struct{ name, method, url, nonce string }{
		{"method", "PUT", "https://h/a", "1"},
		{"method in small letters", "post", "https://h/a", "1"},
		{"no nonce", "POST", "https://h/a", ""},
		{"no URL", "POST", "/a", "1"},
		{"bad percent encoding", "POST", "https://h/a?%", "1"},
	}
	for _, tt := range tests {
		if got := plivo(tt.method, tt.url, url.Values{}, tt.nonce); got != "" {
			t.Errorf("%s: PlivoV3 = %q, want none", tt.name, got)
		}
	}
	const want = "https://[::1]:80/a?x=1.b2.1"
	if got := plivo("POST", "https://u:p@[::1]:80/a?x=1#f", url.Values{"b": {"2"}}, "1"); got != want {
		t.Errorf("PlivoV3 = %q, want %q", got, want)
	}
}

func TestPlivoKeepsItsArguments(t *testing.T) {
	form := url.Values{"b": {"2", "1"}}
	plivo("GET", "https://h/?b=0", form, "1")
	twilio("https://h/", form)
	if !slices.Equal(form["b"], []string{"2", "1"}) {
		t.Errorf("form = %v, want it as it was", form)
	}
}

func TestMercadoPago(t *testing.T) {
	tests := []struct{ name, id, request, ts, want string }{
		{"all", "ABC", "Rr", "1", "id:abc;request-id:Rr;ts:1;"},
		{"no id", "", "r", "1", "request-id:r;ts:1;"},
		{"no request id", "1", "", "1", "id:1;ts:1;"},
		{"id is not ASCII", "É", "", "1", "id:é;ts:1;"},
		{"id passes for two", "1;request-id:r", "", "1", ""},
		{"request id passes for two", "", "r;ts:0", "1", ""},
		{"no timestamp", "1", "r", "", ""},
		{"timestamp is no number", "1", "r", "1;", ""},
		{"timestamp with a sign", "1", "r", "-1", ""},
	}
	for _, tt := range tests {
		if got := MercadoPago(tt.id, tt.request, tt.ts); got != tt.want {
			t.Errorf("%s: MercadoPago = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCanonicalRequest(t *testing.T) {
	tests := []struct{ name, path, query, base, want string }{
		{"base ends inside a segment", "/inner", "", "/in", "POST&/inner&"},
		{"base ends in a slash", "/in/x", "", "/in/", "POST&/x&"},
		{"one slash less", "/x//", "", "", "POST&/x/&"},
		{"bad percent encoding", "/x", "a=%zz", "", "POST&/x&a=%zz"},
		{"name of JavaScript", "/x", "__proto__=1", "", "POST&/x&__proto__=1"},
		{"comma or two values", "/x", "a=1,2&b=1&b=2", "", "POST&/x&a=1%2C2&b=1,2"},
		{"more than 1000 parameters", "/x", strings.Repeat("&", 1000), "", "POST&/x&" + strings.Repeat("&", 1000)},
	}
	for _, tt := range tests {
		if got := canonicalRequest("POST", tt.path, tt.query, tt.base); got != tt.want {
			t.Errorf("%s: canonicalRequest = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestQueryHash: the examples of Atlassian's page and of its packages.
func TestQueryHash(t *testing.T) {
	want := sha256.Sum256([]byte("GET&/&param=foo"))
	if got := QueryHash("get", "", "param=foo", ""); got != hex.EncodeToString(want[:]) {
		t.Errorf("QueryHash = %s, want %x", got, want)
	}
	const haskell = "70282c7cf82834bd5a3d6dacda1b4ccd5cf5860a63a1fa2fb86b64d576e6a1d5"
	if got := QueryHash("GET", "/path/to/service", "a=1&A=2&b=3&B=4", ""); got != haskell {
		t.Errorf("QueryHash = %s, want %s", got, haskell)
	}
}
