package verify

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestLeastSecret: where a provider's keys have a length that is known, a
// shorter one is none of its.
func TestLeastSecret(t *testing.T) {
	bytes := func(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", n))) }
	for _, tt := range []struct {
		odd, provider, secret, want string // "" is accepted
	}{
		{"a byte", "standard-webhooks", "whsec_AA==", "secret 1 is shorter than 24 bytes"},
		{"a byte, without the prefix", "standard-webhooks", "AA==", "secret 1 is shorter than 24 bytes"},
		{"just too short", "standard-webhooks", "whsec_" + bytes(23), "secret 1 is shorter than 24 bytes"},
		{"just long enough", "standard-webhooks", "whsec_" + bytes(24), ""},
		{"longer than the standard wants", "standard-webhooks", "whsec_" + bytes(75), ""},
		{"Svix", "svix", "whsec_" + bytes(23), "secret 1 is shorter than 24 bytes"},
		{"another prefix", "supabase-auth-hooks", "v1,whsec_" + bytes(23), "secret 1 is shorter than 24 bytes"},
		{"a length that is not known", "stripe", "x", ""},
	} {
		v, err := New(Config{Provider: tt.provider, Secrets: []string{tt.secret}})
		if err == nil {
			v.Close()
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: New = %v, want %q", tt.odd, err, tt.want)
		}
	}
}
