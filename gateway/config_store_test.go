package gateway

import (
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// What does nothing without a store is refused there, and what does something,
// or says what is so anyway, is not.
func TestOptionsThatNeedAStore(t *testing.T) {
	const second = Duration(time.Second)
	pace := ratelimit.Policy{Events: 1, Window: time.Second, Burst: 1}
	tests := []struct {
		odd  string
		edit func(*Config)
		want string // "" needs no store
	}{
		{"none of them", func(*Config) {}, ""},
		{"mode store", func(c *Config) { c.Mode = ModeStore }, "mode: store needs a store"},
		{"mode proxy", func(c *Config) { c.Mode = ModeProxy }, ""},
		{"ack_within", func(c *Config) { c.AckWithin = second }, "ack_within: needs a store"},
		{"over_limit defer", func(c *Config) { c.OverLimit = OverLimitDefer }, "over_limit: defer needs a store"},
		{"over_limit reject", func(c *Config) { c.OverLimit = OverLimitReject }, ""},
		{"respond", func(c *Config) { c.Respond = 202 }, "respond: needs a store"},
		{"status_url", func(c *Config) { c.StatusURL = true }, "status_url: needs a store"},
		{"attempts", func(c *Config) { c.Retry.Attempts = 3 }, "retry: needs a store"},
		{"delay", func(c *Config) { c.Retry.Delay = second }, "retry: needs a store"},
		{"the longest delay", func(c *Config) { c.Retry.Longest = Duration(time.Hour) }, "retry: needs a store"},
		{"retry on", func(c *Config) { c.Retry.On = []string{"5xx"} }, "retry: needs a store"},
		{"give_up_after", func(c *Config) { c.Retry.GiveUpAfter = second }, "retry: needs a store"},
		{"breaker", func(c *Config) { c.Breaker.Failures = 3 }, "breaker: needs a store"},
		{"breaker off", func(c *Config) { c.Breaker.Off = true }, ""},
		{"in_flight", func(c *Config) { c.InFlight = 3 }, "in_flight: needs a store"},
		{"pace", func(c *Config) { c.Pace = pace }, "pace: needs a store"},
		{"order", func(c *Config) { c.Mode, c.Order = ModeStore, "{webhook.id}" }, "mode: store needs a store\norder: needs a store"},
		{"timeout", func(c *Config) { c.Timeout = second }, ""},
		{"sign", func(c *Config) { c.Sign = "whsec_ZGVtby1hcHAtc2VjcmV0LTI0LWJ5dGVz" }, ""},
		{"ttl", func(c *Config) { c.Idempotency.TTL = Duration(time.Hour) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			c := Config{Name: "test", Verify: verify.Config{Provider: "broxi", Secrets: []string{secret}}}
			tt.edit(&c)
			parts := Parts{Routes: []NamedRoute{{"app", answers(200)}}}
			want := tt.want
			if want != "" {
				want = `endpoint "test": ` + want
			}
			if _, err := New(c, parts); wrong(err) != want {
				t.Errorf("New = %q, want %q", wrong(err), want)
			}
			parts.Durable = true
			if _, err := New(c, parts); err != nil {
				t.Errorf("with a store: %v", err)
			}
		})
	}
}

func wrong(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
