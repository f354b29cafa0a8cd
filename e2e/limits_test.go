package e2e

import (
	"net/http"
	"testing"
)

// Limits are per hour, so that no token comes back while a test runs.
var limited = []string{
	"ip", "rate_limit 2/1h per {client_ip}",
	"net", "rate_limit 2/1h per {client_ip}",
	"header", "rate_limit 2/1h per {header.X-Tenant}",
	"two-headers", "rate_limit 1/1h per {header.X-Tenant}/{header.X-User}",
	"event", "rate_limit 2/1h per {webhook.event}",
	"all", "rate_limit 2/1h",
	"several", "rate_limit 3/1h per {client_ip}\nrate_limit 1/1h per {webhook.event}",
	"burst", "rate_limit 1/1h burst 3 per {client_ip}",
	"listed", "allow_ips 203.0.113.7\nrate_limit 1/1h per {header.X-Tenant}",
}

// A push is one request to an endpoint with a rate limit.
type push struct {
	endpoint, event string
	headers         []string
	forged          bool   // with a wrong signature
	limit           string // that refuses it; "" lets it pass
	perHour         int
}

func from(sender string) []string { return []string{"X-Forwarded-For", sender} }

func TestRateLimits(t *testing.T) {
	a, b := from("203.0.113.7"), from("203.0.113.8")
	tests := []struct {
		name   string
		pushes []push
	}{
		{"per address", []push{
			{endpoint: "ip", headers: a},
			{endpoint: "ip", headers: a, forged: true}, // counted before the signature is looked at
			{endpoint: "ip", headers: a, limit: "limit1", perHour: 2},
			{endpoint: "ip", headers: a, forged: true, limit: "limit1", perHour: 2},
			{endpoint: "ip", headers: from("::ffff:203.0.113.7"), limit: "limit1", perHour: 2},
			{endpoint: "ip", headers: from("203.0.113.9, 203.0.113.7"), limit: "limit1", perHour: 2},
			{endpoint: "ip", headers: b},
			{endpoint: "net", headers: a}, // another endpoint's limit is another limit
		}},
		{"IPv6 addresses of one /64", []push{
			{endpoint: "net", headers: from("2001:db8:1:2::1")},
			{endpoint: "net", headers: from("2001:db8:1:2:ffff::9")},
			{endpoint: "net", headers: from("2001:DB8:1:2::abc%eth0"), limit: "limit1", perHour: 2},
			{endpoint: "net", headers: from("2001:db8:1:3::1")},
		}},
		{"per header", []push{
			{endpoint: "header", headers: []string{"X-Tenant", "a"}},
			{endpoint: "header", headers: []string{"X-Tenant", "a"}},
			{endpoint: "header", headers: []string{"X-Tenant", "a"}, limit: "limit1", perHour: 2},
			{endpoint: "header", headers: []string{"X-Tenant", "b"}},
			{endpoint: "header", headers: []string{"X-Tenant", "{env.BROXI}"}}, // is not expanded, but is its own key
			{endpoint: "header"}, {endpoint: "header"},
			{endpoint: "header", limit: "limit1", perHour: 2}, // those without share one
		}},
		{"per two headers", []push{
			{endpoint: "two-headers", headers: []string{"X-Tenant", "a", "X-User", "b"}},
			{endpoint: "two-headers", headers: []string{"X-Tenant", "a", "X-User", "c"}},
			{endpoint: "two-headers", headers: []string{"X-Tenant", "a", "X-User", "b"}, limit: "limit1", perHour: 1},
		}},
		{"per event", []push{
			{endpoint: "event", event: "x", forged: true}, {endpoint: "event", event: "x", forged: true}, {endpoint: "event", event: "x", forged: true},
			{endpoint: "event", event: "x"}, {endpoint: "event", event: "x", headers: b},
			{endpoint: "event", event: "x", headers: a, limit: "limit1", perHour: 2},
			{endpoint: "event", event: "y"},
			{endpoint: "event", event: "x", forged: true}, // 401 and not 429
		}},
		{"for all together", []push{
			{endpoint: "all", forged: true}, {endpoint: "all", forged: true}, {endpoint: "all", forged: true},
			{endpoint: "all", event: "x", headers: a}, {endpoint: "all", event: "y", headers: b},
			{endpoint: "all", event: "z", limit: "limit1", perHour: 2},
			{endpoint: "all", forged: true},
		}},
		{"several", []push{
			{endpoint: "several", event: "x", headers: a},
			{endpoint: "several", event: "x", headers: a, limit: "limit2", perHour: 1},
			{endpoint: "several", event: "y", headers: a},
			{endpoint: "several", event: "z", headers: a, limit: "limit1", perHour: 3},
			{endpoint: "several", event: "z", headers: b},
		}},
		{"with a burst", []push{
			{endpoint: "burst"}, {endpoint: "burst"}, {endpoint: "burst"}, {endpoint: "burst", limit: "limit1", perHour: 1},
		}},
		{"after the allowlist", []push{
			{endpoint: "listed", headers: append(from("203.0.113.7"), "X-Tenant", "a")},
			{endpoint: "listed", headers: append(from("203.0.113.7"), "X-Tenant", "a"), limit: "limit1", perHour: 1},
		}},
	}
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, trusting, limited...)
		log := c.journal()
		// A sender that is not allowed uses up nobody's tokens.
		f.ask(t, f.signed(t, "listed", "e", append(from("203.0.113.8"), "X-Tenant", "a")...)).want(t, 403, refused(403))
		log.expect(t, "listed", "ip_denied")
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				for i, p := range tt.pushes {
					p.do(t, i, f, log, app)
				}
			})
		}
		c.keeps(t, senderSecret)
	})
}

// do makes the request and checks what became of it.
func (p push) do(t *testing.T, i int, f front, log *journal, app *application) {
	t.Helper()
	r := f.signed(t, p.endpoint, p.event, p.headers...)
	if p.forged {
		r.Header.Set("X-Broxi-Signature", mac("a-wrong-secret", "a text"))
	}
	a := f.ask(t, r)
	reason := "delivered"
	switch {
	case p.limit != "":
		reason = "rate_limited"
		a.limited(t, p.limit, p.perHour)
	case p.forged:
		reason = "sig_bad"
		a.want(t, http.StatusUnauthorized, refused(401))
	default:
		a.want(t, 200, "thanks")
	}
	if entry := log.next(t, p.endpoint); entry["reason"] != reason {
		t.Errorf("request %d was %v, want %s", i, entry["reason"], reason)
	}
	if got := len(app.take()); (got == 1) != (reason == "delivered") {
		t.Errorf("request %d: the application got %d requests", i, got)
	}
}
