//go:build !race

package verify

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

// Not under the race detector: there sync.Pool forgets at random.
func TestAllocations(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	basic := "user:" + strings.Repeat("p", 60)
	token := strings.Repeat("t", 60)
	stale := signed("stripe", t0, []byte("hi"))
	tests := []struct {
		name string
		c    Config
		now  time.Time
		r    *Request
	}{
		{"stripe", Config{Provider: "stripe", Secrets: []string{benchSecret}}, t0, signed("stripe", t0, event(2048))},
		{"github", Config{Provider: "github", Secrets: []string{benchSecret}}, t0, signed("github", t0, event(2048))},
		{"second secret", Config{Provider: "broxi", Secrets: []string{secret16, benchSecret}}, t0, signed("broxi", t0, event(2048))},
		{"text hashed", Config{Provider: "calendly", Secrets: []string{benchSecret}}, t0, sendAll("hi", "Calendly-Webhook-Signature", "t="+t0s+",v1="+hexMAC(benchSecret, t0s, ".hi"))},
		{"stale", Config{Provider: "stripe", Secrets: []string{benchSecret}}, t0.Add(time.Hour), stale},
		{"mismatch", Config{Provider: "stripe", Secrets: []string{secret16}}, t0, stale},
		{"token", Config{Provider: "token", Secrets: []string{token}}, t0, sendAll("", "X-API-Key", token)},
		{"basic", Config{Provider: "basic", Secrets: []string{basic}}, t0, sendAll("", "Authorization", "Basic "+b64([]byte(basic)))},
	}
	for _, tt := range tests {
		v := mustNew(t, tt.c)
		_, want := v.Verify(tt.now, tt.r)
		n := testing.AllocsPerRun(100, func() {
			if _, err := v.Verify(tt.now, tt.r); !errors.Is(err, want) {
				t.Fatal(err)
			}
		})
		if n > 1 {
			t.Errorf("%s: %v allocations, want at most 1", tt.name, n)
		}
	}
}
