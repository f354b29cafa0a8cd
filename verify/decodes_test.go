package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"
)

// TestHubSpotAddress: HubSpot decodes some escapes in the address before it
// signs it, which its own clients need not do with what they send.
func TestHubSpotAddress(t *testing.T) {
	const host, body, now = "https://hooks.example.com", `[{"eventId":1}]`, t0s + "000"
	tests := []struct {
		name, url, uri, signed string // url is the option
		want                   error
	}{
		{"nothing to decode", host, "/in?a=1", "/in?a=1", nil},
		{"as the documentation lists them", host, "/in?a=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B", "/in?a=:/?@!$'()*,;", nil},
		{"in lower case", host, "/in?next=https%3a%2f%2fa.example", "/in?next=https://a.example", nil},
		{"signed as sent", host, "/in?a=%3A", "/in?a=%3A", nil},
		{"others stay", host, "/in?a=%26%20%25%3D", "/in?a=%26%20%25%3D", nil},
		{"others decoded", host, "/in?a=%26b", "/in?a=&b", ErrMismatch},
		{"once", host, "/in?a=%253A", "/in?a=:", ErrMismatch},
		{"half an escape", host, "/in?a=%3", "/in?a=%3", nil},
		{"query of the call", host + "/in", "/other?a=%3A", "/in?a=:", nil},
		{"another address", host, "/in?a=%3A", "/in?a=;", ErrMismatch},
	}
	for _, tt := range tests {
		v := mustNew(t, Config{Provider: "hubspot", Secrets: []string{secret16}, Options: opts{"url": tt.url}})
		mac := base64.StdEncoding.EncodeToString(rawMAC(sha256.New, secret16, "POST"+host+tt.signed+body+now))
		r := sendAll(body, "X-HubSpot-Signature-v3", mac, "X-HubSpot-Request-Timestamp", now)
		r.URI = tt.uri
		if _, err := v.Verify(t0, r); !errors.Is(err, tt.want) {
			t.Errorf("%s: Verify = %v, want %v", tt.name, err, tt.want)
		}
	}
}
