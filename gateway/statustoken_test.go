package gateway

import (
	"strings"
	"testing"
)

var statusSecret = []byte("0123456789abcdef0123456789abcdef")

// TestForgedStatusTokens: not one bit of a token can be changed, and it is good
// for one endpoint and one secret.
func TestForgedStatusTokens(t *testing.T) {
	token := newStatusToken(258, NewKey("d1"))
	text := token.seal(statusSecret, "a")
	if len(text) != statusTokenSize || !looksLikeStatusToken(text) {
		t.Fatalf("the token is %q", text)
	}
	if got, ours := openStatusToken(statusSecret, "a", text); got != token || !ours {
		t.Errorf("openStatusToken = %v, %v; want %v", got, ours, token)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
	for i := range text {
		for _, c := range alphabet {
			forged := text[:i] + string(c) + text[i+1:]
			if _, ours := openStatusToken(statusSecret, "a", forged); ours && forged != text {
				t.Errorf("%q is taken for %q", forged, text)
			}
		}
	}
	for name, ours := range map[string]func() bool{
		"of another endpoint": func() bool { _, ok := openStatusToken(statusSecret, "b", text); return ok },
		"by another secret":   func() bool { _, ok := openStatusToken(statusSecret[1:], "a", text); return ok },
		"cut off":             func() bool { _, ok := openStatusToken(statusSecret, "a", text[:len(text)-4]); return ok },
		"empty":               func() bool { _, ok := openStatusToken(statusSecret, "a", ""); return ok },
	} {
		if ours() {
			t.Errorf("a token %s is ours", name)
		}
	}
	for _, text := range []string{"", "x", text + "A", text[:len(text)-1] + "/", strings.Repeat("=", len(text))} {
		if looksLikeStatusToken(text) {
			t.Errorf("%q looks like a token", text)
		}
	}
}

func TestPathAsSent(t *testing.T) {
	for target, want := range map[string]string{
		"/hook?x=1":                      "/hook",
		"/a%2Fb/c%20d;x=(1)!?y":          "/a%2Fb/c%20d;x=(1)!",
		"/":                              "/",
		"//evil.example/hook":            "/.//evil.example/hook",
		"http://hooks.example.com/a?b":   "/a",
		"http://hooks.example.com//a?b":  "/.//a",
		"http://hooks.example.com":       "/",
		"*":                              "/",
		"hooks.example.com:443":          "/",
		"/a#b?x":                         "/a%23b",
		"/h\xc3\xb6k":                    "/h%C3%B6k",
		"/a%":                            "/",
		"":                               "/",
		"/?webhook_status=old&more=true": "/",
	} {
		if got := pathAsSent(target); got != want {
			t.Errorf("pathAsSent(%q) = %q, want %q", target, got, want)
		}
	}
}
