package gateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// TestEncodedBodies: a body is taken as it was sent, and signed. Who needs to
// look into one that is compressed hears why that cannot be.
func TestEncodedBodies(t *testing.T) {
	const gzip = "\x1f\x8b\x08\x00\x00\x00\x00\x00"
	const why = "it has a Content-Encoding"
	for _, tt := range []struct {
		odd, encoding, body string
		edit                func(*Config)
		outcome, want       string
	}{
		{"nobody looks into it", "gzip", gzip, nil, OutcomeDelivered, ""},
		{"for its type", "gzip", gzip, func(c *Config) { c.Events = []string{"*"} }, ReasonMalformed, why},
		{"for a condition", "br", gzip, func(c *Config) { c.Accept = `body.a == 1` }, ReasonMalformed, why},
		{"for a key", "gzip", gzip, func(c *Config) { c.Idempotency.Key = "{webhook.body.delivery_id}" }, ReasonMalformed, why},
		{"JSON all the same", "identity", `{"delivery_id":"d1"}`, func(c *Config) { c.Events = []string{"*"} }, OutcomeDelivered, ""},
		{"not encoded", "", gzip, func(c *Config) { c.Events = []string{"*"} }, ReasonMalformed, ""},
	} {
		t.Run(tt.odd, func(t *testing.T) {
			g, _, o := newTest(t, tt.edit)
			r := signed(tt.body)
			if tt.encoding != "" {
				r.Header.Set("Content-Encoding", tt.encoding)
			}
			serve(g, r)
			got := (*o)[0]
			if got.Name != tt.outcome {
				t.Fatalf("outcome %+v, want %q", got, tt.outcome)
			}
			if got.Err == nil {
				return
			}
			if !errors.Is(got.Err, verify.ErrNotJSON) || strings.Contains(got.Err.Error(), why) != (tt.want != "") {
				t.Errorf("error %v, want one with %q", got.Err, tt.want)
			}
		})
	}
}
