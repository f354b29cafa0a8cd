package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"
)

// The id is read in the header that was signed, under whichever of its names.
func TestSignedIDUnderEachName(t *testing.T) {
	symmetric := Config{Provider: "svix", Secrets: []string{"whsec_" + base64.StdEncoding.EncodeToString([]byte(secret32))}}
	named := Config{Provider: "hmac", Secrets: []string{secret16}, Options: opts{"header": "S", "content": "{h:A|B}.{body}", "id": "header B"}}
	svix := "v1," + base64.StdEncoding.EncodeToString(rawMAC(sha256.New, secret32, "msg_1."+t0s+".hi"))
	tests := []struct {
		name string
		c    Config
		r    *Request
		id   string
		want error // of Verify
	}{
		{"first name", symmetric, sendAll("hi", "Svix-Id", "msg_1", "Svix-Timestamp", t0s, "Svix-Signature", svix), "msg_1", nil},
		{"other name", symmetric, sendAll("hi", "Webhook-Id", "msg_1", "Webhook-Timestamp", t0s, "Webhook-Signature", svix), "msg_1", nil},
		{"mixed names", symmetric, sendAll("hi", "Webhook-Id", "msg_1", "Svix-Timestamp", t0s, "Webhook-Signature", svix), "msg_1", nil},
		{"another id under the other name", symmetric, sendAll("hi", "Svix-Id", "msg_1", "Webhook-Id", "msg_2", "Svix-Timestamp", t0s, "Svix-Signature", svix), "msg_1", nil},
		{"another id under the first name", symmetric, sendAll("hi", "Svix-Id", "msg_2", "Webhook-Id", "msg_1", "Svix-Timestamp", t0s, "Svix-Signature", svix), "", ErrMismatch},
		{"nothing under the first name", symmetric, sendAll("hi", "Svix-Id", "", "Webhook-Id", "msg_1", "Svix-Timestamp", t0s, "Svix-Signature", svix), "", ErrBadID},
		{"twice", symmetric, sendAll("hi", "Svix-Id", "msg_1", "Svix-Id", "msg_1", "Svix-Timestamp", t0s, "Svix-Signature", svix), "", ErrAmbiguous},
		{"by option, and not signed", named, sendAll("hi", "A", "1", "B", "2", "S", hexMAC(secret16, "1.hi")), "1", nil},
		{"by option", named, sendAll("hi", "B", "2", "S", hexMAC(secret16, "2.hi")), "2", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := mustNew(t, tt.c)
			res, err := v.Verify(t0, tt.r)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Verify = %v, want %v", err, tt.want)
			}
			if err != nil {
				return
			}
			if id, _, err := v.Identify(tt.r, &res, false); id != tt.id || err != nil && !errors.Is(err, ErrNotJSON) || !v.IDSigned() {
				t.Errorf("Identify = %q, %v, want %q; IDSigned = %v", id, err, tt.id, v.IDSigned())
			}
		})
	}
}
