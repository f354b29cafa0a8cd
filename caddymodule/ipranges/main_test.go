package ipranges

import (
	"net/netip"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// TestMain fails when the tests leave goroutines behind. Certmagic's lock files
// are kept fresh for a few seconds after Caddy has stopped.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"))
}

// hooks is a list as GitHub publishes it, at an address that nobody asks.
var hooks = verify.IPRanges{URL: "https://lists.example/meta", Format: "json", Paths: []string{"hooks"}}

func wantRanges(t *testing.T, got []netip.Prefix, want ...string) {
	t.Helper()
	if !slices.Equal(got, prefixes(want...)) {
		t.Errorf("ranges %v, want %v", got, want)
	}
}
