package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"testing"
)

const senderSecret = "senders-secret-of-broxi"

// guarded is an endpoint with more options, and an application behind it.
func guarded(name, options, to string) string {
	return fmt.Sprintf("webhook_gateway /%s %s {\nverify broxi {env.BROXI}\n%s\nto %s\n}\n", name, name, options, to)
}

// trusting makes caddy believe what proxies on this machine say about senders.
const trusting = "trusted_proxies static 127.0.0.1/32\ntrusted_proxies_strict"

// startSenders starts caddy with endpoints, given as name, options, name, ...
func startSenders(t *testing.T, f front, servers string, endpoints ...string) (*caddy, *application) {
	app := newApplication(t)
	var site strings.Builder
	for i := 0; i < len(endpoints); i += 2 {
		site.WriteString(guarded(endpoints[i], endpoints[i+1], app.address()))
	}
	return start(t, f.caddyfile(servers, site.String()), "BROXI="+senderSecret), app
}

// signed is a webhook for the endpoint, which differs from all others.
func (f front) signed(t *testing.T, endpoint, event string, headers ...string) *http.Request {
	t.Helper()
	body := fmt.Sprintf(`{"delivery_id":%q,"event":%q}`, fmt.Sprint("d", serial.Add(1)), event)
	return post(t, f.url+"/"+endpoint, body, append(broxi(senderSecret, body), headers...)...)
}

var allowlists = []string{
	"address", "allow_ips 203.0.113.7 2001:db8::7",
	"mapped", "allow_ips ::ffff:203.0.113.7 ::ffff:198.51.100.0/120",
	"cidr", "allow_ips 198.51.100.0/24 2001:db8:1::/48",
	"private", "allow_ips private_ranges",
	"static", "allow_ips_from static 192.0.2.0/24 2001:db8:2::/48",
	"both", "allow_ips 203.0.113.7\nallow_ips_from static 192.0.2.0/24\nallow_ips_from static 198.51.100.0/24",
}

// TestAllowlistBehindProxies has a proxy that appends what it saw to what the
// sender made up.
func TestAllowlistBehindProxies(t *testing.T) {
	tests := []struct {
		name, endpoint, forwarded string
		want                      bool
	}{
		{"the address", "address", "203.0.113.7", true},
		{"its neighbour", "address", "203.0.113.8", false},
		{"an IPv6 address", "address", "2001:db8::7", true},
		{"an IPv6 address in full", "address", "2001:0DB8:0:0:0:0:0:0007", true},
		{"an IPv6 address with a zone", "address", "2001:db8::7%eth0", true},
		{"another IPv6 address with a zone", "address", "2001:db8::8%2001:db8::7", false},
		{"the address, mapped", "address", "::ffff:203.0.113.7", true},
		{"the address, mapped in hex", "address", "::ffff:cb00:7107", true},
		{"the address where the list has it mapped", "mapped", "203.0.113.7", true},
		{"mapped where the list has it mapped", "mapped", "::ffff:203.0.113.7", true},
		{"in a mapped range", "mapped", "198.51.100.255", true},
		{"outside a mapped range", "mapped", "198.51.101.0", false},
		{"spoofed on the left", "address", "203.0.113.7, 203.0.113.8", false},
		{"spoofed on the left, all of it", "address", "203.0.113.7, 127.0.0.1, 203.0.113.8", false},
		{"real, behind something made up", "address", "10.0.0.1, 203.0.113.7", true},
		{"real, behind two proxies", "address", "6.6.6.6, 203.0.113.7, 127.0.0.1", true},
		{"with a port", "address", "203.0.113.7:4711", true},
		{"an IPv6 address with a port", "address", "[2001:db8::7]:4711", true},
		{"the first of a range", "cidr", "198.51.100.0", true},
		{"the last of a range", "cidr", "198.51.100.255", true},
		{"just outside of a range", "cidr", "198.51.101.0", false},
		{"in an IPv6 range", "cidr", "2001:db8:1:ffff::1", true},
		{"outside of an IPv6 range", "cidr", "2001:db8:2::1", false},
		{"private", "private", "10.255.255.255", true},
		{"private IPv6", "private", "fd12::1", true},
		{"loopback IPv6", "private", "::1", true},
		{"link-local is not private", "private", "fe80::1%eth0", false},
		{"shared (RFC 6598) is not private", "private", "100.64.0.1", false},
		{"public", "private", "203.0.113.7", false},
		{"from a source", "static", "192.0.2.200", true},
		{"from a source, mapped", "static", "::ffff:192.0.2.200", true},
		{"from a source, IPv6", "static", "2001:db8:2::1", true},
		{"in no source", "static", "203.0.113.7", false},
		{"in the list beside sources", "both", "203.0.113.7", true},
		{"in the first source", "both", "192.0.2.1", true},
		{"in the second source", "both", "198.51.100.1", true},
		{"in neither", "both", "198.51.101.1", false},
		// Caddy passes over what is no address, and ends at the proxy itself.
		{"no address at all is the proxy's", "private", "unknown", true},
		{"no address at all", "address", "unknown", false},
		{"text behind the address", "address", "203.0.113.7, unknown", true},
		{"text before the address", "address", "unknown, 203.0.113.7", true},
		{"a leading zero", "address", "203.0.113.07", false},
		{"empty", "private", "", true},
	}
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, trusting, allowlists...)
		log := c.journal()
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				a := f.ask(t, f.signed(t, tt.endpoint, "e", "X-Forwarded-For", tt.forwarded))
				checkSender(t, log, app, a, tt.endpoint, tt.want)
			})
		}
		c.keeps(t, senderSecret)
	})
}

// checkSender checks how a request ended that the allowlist had to judge.
func checkSender(t *testing.T, log *journal, app *application, a answer, endpoint string, allowed bool) {
	t.Helper()
	if allowed {
		a.want(t, 200, "thanks")
		log.expect(t, endpoint, "delivered")
	} else {
		a.want(t, 403, refused(403))
		log.expect(t, endpoint, "ip_denied")
	}
	if got := len(app.take()); (got == 1) != allowed {
		t.Errorf("the application got %d requests", got)
	}
}

// TestAllowlistWithoutProxies has no proxy that could be believed.
func TestAllowlistWithoutProxies(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		c, app := startSenders(t, f, "", allowlists...)
		log := c.journal()
		for endpoint, allowed := range map[string]bool{"address": false, "static": false, "private": true} {
			for _, forged := range []string{"203.0.113.7", "192.0.2.1", "8.8.8.8"} {
				a := f.ask(t, f.signed(t, endpoint, "e", "X-Forwarded-For", forged, "Forwarded", "for="+forged, "X-Real-Ip", forged))
				checkSender(t, log, app, a, endpoint, allowed)
			}
		}
		if got := c.outcomes(t, "address"); fmt.Sprint(got) != "map[ip_denied:3]" {
			t.Errorf("counted %v", got)
		}
	})
}

// A guardedBody is a body that nobody may ask for.
type guardedBody struct{ t *testing.T }

func (b guardedBody) Close() error { return nil }
func (b guardedBody) Read([]byte) (int, error) {
	b.t.Error("the body was asked for")
	return 0, errors.New("not yours")
}

func TestDeniedSenderIsNotAskedForItsBody(t *testing.T) {
	eachFront(t, func(t *testing.T, f front) {
		_, app := startSenders(t, f, "", allowlists...)
		for endpoint, allowed := range map[string]bool{"address": false, "private": true} {
			asked := false
			r := f.signed(t, endpoint, "e", "Expect", "100-continue")
			if !allowed {
				r.Body = guardedBody{t}
			}
			trace := &httptrace.ClientTrace{Got100Continue: func() { asked = true }}
			a := f.ask(t, r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
			if asked != allowed || (a.status == 200) != allowed || len(app.take()) != map[bool]int{true: 1}[allowed] {
				t.Errorf("%s: answered %d, body asked for: %t", endpoint, a.status, asked)
			}
		}
	})
}

// seconds reads the number behind name= in a RateLimit field.
func seconds(t *testing.T, field, name string) int {
	t.Helper()
	_, rest, _ := strings.Cut(field, ";"+name+"=")
	n, err := strconv.Atoi(rest)
	if err != nil {
		t.Errorf("field %q has no %s", field, name)
	}
	return n
}

// limited checks the answer to one request too many, of a limit per hour.
func (a answer) limited(t *testing.T, name string, perHour int) {
	t.Helper()
	a.want(t, 429, refused(429))
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 3600/perHour {
		t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
	}
	field, policy := a.header.Get("RateLimit"), a.header.Get("RateLimit-Policy")
	if !strings.HasPrefix(field, fmt.Sprintf("%q;r=0;t=", name)) || seconds(t, field, "t") != wait {
		t.Errorf("RateLimit: %s, and Retry-After: %d", field, wait)
	}
	if policy != fmt.Sprintf("%q;q=%d;w=3600", name, perHour) {
		t.Errorf("RateLimit-Policy: %s", policy)
	}
}
