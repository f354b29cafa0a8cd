package gateway

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func TestValidateNamesEveryProblem(t *testing.T) {
	c := Config{
		Name:        "a b",
		AllowIPs:    []string{"10.0.0.1/8", "fe80::1%eth0", "somewhere"},
		RateLimits:  []RateLimit{{}},
		MaxBody:     -1,
		BodyTimeout: -1,
		Timeout:     -1,
		Events:      []string{""},
		Accept:      "event ==",
		Mode:        "queue",
		AckWithin:   -1,
		OverLimit:   "drop",
		Respond:     204,
		InFlight:    -1,
		Order:       "{webhook.body.account}",
		Pace:        ratelimit.Policy{Events: -1},
		Retry:       Retry{Attempts: -1, Delay: -1},
		Breaker:     Breaker{Failures: -1},
		Idempotency: Idempotency{Off: true, TTL: 1},
	}
	err := c.Validate()
	if err == nil {
		t.Fatal("nothing was wrong")
	}
	for _, want := range []string{
		`name: "a b"`, `"10.0.0.1/8" has bits set outside its range; did you mean "10.0.0.0/8"?`, `"fe80::1%eth0" has a zone`,
		`"somewhere" is neither`, "rate_limit: ", "max_body: -1", "body_timeout: ", "timeout: ", "events: ", "accept: ", `mode: "queue" is neither proxy nor store`,
		"ack_within: -1ns is negative", `over_limit: "drop" is neither defer nor reject`, "respond: 204 is neither 200 nor 202", "in_flight: -1 is negative",
		"order: needs mode store", "pace: ", "retry: attempts: -1", "retry: delay: -1ns", "breaker: the number of failures",
		"idempotency: off goes with neither", "idempotency: ttl 1ns is shorter than 1m",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing from: %v", want, err)
		}
	}
}

// Each line of the error is one problem, and begins with the option it is of.
func TestProblemsOfDelivery(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Config)
		want string // "" is valid
	}{
		{"nothing given", func(*Config) {}, ""},
		{"mode store", func(c *Config) { c.Mode = ModeStore }, ""},
		{"mode proxy", func(c *Config) { c.Mode = ModeProxy }, ""},
		{"mode in capitals", func(c *Config) { c.Mode = "Store" }, `mode: "Store" is neither`},
		{"order in mode store", func(c *Config) { c.Mode, c.Order = ModeStore, "{x}" }, ""},
		{"order in mode proxy", func(c *Config) { c.Mode, c.Order = ModeProxy, "{x}" }, "order: needs mode store"},
		{"order in no mode", func(c *Config) { c.Order = "{x}" }, "order: needs mode store"},
		{"202", func(c *Config) { c.Respond = 202 }, ""},
		{"201", func(c *Config) { c.Respond = 201 }, "respond: 201 is neither"},
		{"patience of the whole timeout", func(c *Config) { c.AckWithin, c.Timeout = Duration(time.Second), Duration(time.Second) }, ""},
		{"more patience than timeout", func(c *Config) { c.AckWithin, c.Timeout = Duration(time.Second+1), Duration(time.Second) }, "ack_within: 1.000000001s is longer than the timeout, 1s"},
		{"defer", func(c *Config) { c.OverLimit = OverLimitDefer }, ""},
		{"reject", func(c *Config) { c.OverLimit = OverLimitReject }, ""},
		{"pace", func(c *Config) { c.Pace = ratelimit.Policy{Events: 100, Window: time.Second} }, ""},
		{"pace without a window", func(c *Config) { c.Pace = ratelimit.Policy{Events: 100} }, "pace: "},
		{"breaker off", func(c *Config) { c.Breaker.Off = true }, ""},
		{"breaker off, with a number", func(c *Config) { c.Breaker = Breaker{Off: true, Failures: 3} }, "breaker: off goes with nothing else"},
		{"breaker off, with a pause", func(c *Config) { c.Breaker = Breaker{Off: true, Pause: 3} }, "breaker: off goes with nothing else"},
		{"negative failures", func(c *Config) { c.Breaker.Failures = -1 }, "breaker: the number of failures is negative"},
		{"negative pause", func(c *Config) { c.Breaker.Pause = -1 }, "breaker: the pause is negative"},
		{"retry", func(c *Config) { c.Retry.On = []string{"2xx"} }, `retry: on: "2xx"`},
	}
	for _, tt := range tests {
		c := Config{Name: "a", Verify: verify.Config{Provider: "none"}}
		tt.edit(&c)
		err := c.Validate()
		if !says(err, tt.want) {
			t.Errorf("%s: Validate = %v, want %q", tt.name, err, tt.want)
		}
		if err == nil {
			if err := c.WithDefaults().Validate(); err != nil {
				t.Errorf("%s: not valid with the defaults: %v", tt.name, err)
			}
		}
	}
}

func TestAckWithinDefault(t *testing.T) {
	for _, tt := range []struct {
		provider string
		timeout  time.Duration
		want     time.Duration
	}{
		{"broxi", 0, 8 * time.Second}, // its patience is not known
		{"broxi", 5 * time.Second, 5 * time.Second},
		{"customer-io", 0, 3200 * time.Millisecond},
	} {
		c := Config{Verify: verify.Config{Provider: tt.provider}, Timeout: Duration(tt.timeout)}.WithDefaults()
		if got := time.Duration(c.AckWithin); got != tt.want {
			t.Errorf("%s with a timeout of %v: ack_within is %v, want %v", tt.provider, tt.timeout, got, tt.want)
		}
	}
}

func TestBreakerDefaults(t *testing.T) {
	if got := (Breaker{}).WithDefaults(); got != (Breaker{Failures: 10, Pause: Duration(10 * time.Second)}) {
		t.Errorf("defaults %+v", got)
	}
	if got := (Breaker{Off: true}).WithDefaults(); got != (Breaker{Off: true}) {
		t.Errorf("off became %+v", got)
	}
}

func TestTemplatesHavePlaceholders(t *testing.T) {
	const same = " is the same for all events; placeholders are written in braces, as {webhook.id}"
	const constant = " is the same for all events: each but the first would count as a repeat; add what differs, as {webhook.id}"
	limit := func(per string) []RateLimit {
		return []RateLimit{{Limit: ratelimit.Policy{Events: 1, Window: time.Second, Burst: 1}, Per: per}}
	}
	tests := []struct {
		odd  string
		edit func(*Config)
		want string // "" is valid
	}{
		{"a key", func(c *Config) { c.Idempotency.Key = "{webhook.id}" }, ""},
		{"a key with text around", func(c *Config) { c.Idempotency.Key = "x-{http.request.header.X}" }, ""},
		{"a key without braces", func(c *Config) { c.Idempotency.Key = "webhook.id" }, `idempotency: "webhook.id"` + same},
		{"a key with one brace", func(c *Config) { c.Idempotency.Key = "{webhook.id" }, `idempotency: "{webhook.id"` + same},
		{"a key with nothing in its braces", func(c *Config) { c.Idempotency.Key = "{}" }, `idempotency: "{}"` + same},
		{"a key of the endpoint alone", func(c *Config) { c.Idempotency.Key = "{webhook.endpoint}" }, `idempotency: "{webhook.endpoint}"` + constant},
		{"a key of all that never differs", func(c *Config) {
			c.Idempotency.Key = "x-{webhook.provider}{webhook.attempt}{env.A}{file./b}{system.hostname}"
		}, `idempotency: "x-{webhook.provider}{webhook.attempt}{env.A}{file./b}{system.hostname}"` + constant},
		{"a key of the endpoint and the id", func(c *Config) { c.Idempotency.Key = "{webhook.endpoint}{webhook.id}" }, ""},
		{"an order of all of the endpoint's", func(c *Config) { c.Mode, c.Order = ModeStore, "{webhook.endpoint}" }, ""},
		{"a limit of the endpoint, by name", func(c *Config) { c.RateLimits = limit("{webhook.endpoint}") }, ""},
		{"an order without braces", func(c *Config) { c.Mode, c.Order = ModeStore, "webhook.event" }, `order: "webhook.event"` + same},
		{"a limit", func(c *Config) { c.RateLimits = limit("{webhook.event}") }, ""},
		{"a limit of the endpoint", func(c *Config) { c.RateLimits = limit("") }, ""},
		{"a limit without braces", func(c *Config) { c.RateLimits = limit("client_ip") }, `rate_limit: "client_ip"` + same},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			c := Config{Name: "a", Verify: verify.Config{Provider: "none"}}
			tt.edit(&c)
			got := ""
			if err := c.Validate(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Validate = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWithDefaults(t *testing.T) {
	got := Config{Name: "a", Verify: verify.Config{Provider: "broxi"}}.WithDefaults()
	if got.MaxBody != 1<<20 || got.BodyTimeout != Duration(10*time.Second) || got.Timeout != Duration(30*time.Second) ||
		got.Mode != ModeProxy || got.Idempotency.TTL != Duration(7*24*time.Hour) ||
		got.OverLimit != OverLimitDefer || got.Respond != 200 || got.Retry.Attempts != 8 || got.Breaker.Failures != 10 {
		t.Errorf("defaults %+v", got)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("the defaults are wrong: %v", err)
	}
}

func TestConfigAsJSON(t *testing.T) {
	policy, err := ratelimit.ParsePolicy("50/1s burst 100")
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Name: "a", Verify: verify.Config{Provider: "none"}, BodyTimeout: Duration(1500 * time.Millisecond),
		RateLimits: []RateLimit{{Limit: policy, Per: "{x}"}}, Idempotency: Idempotency{TTL: Duration(36 * time.Hour)},
	}
	const want = `{"name":"a","verify":{"provider":"none"},"rate_limits":[{"limit":"50/1s burst 100","per":"{x}"}],"body_timeout":"1.5s","idempotency":{"ttl":"36h0m0s"}}`
	text, err := json.Marshal(c)
	if err != nil || string(text) != want {
		t.Errorf("Marshal = %s, %v", text, err)
	}
	var back Config
	if err := json.Unmarshal(text, &back); err != nil || back.RateLimits[0] != c.RateLimits[0] || back.BodyTimeout != c.BodyTimeout {
		t.Errorf("Unmarshal = %+v, %v", back, err)
	}
}

func TestEarlyLimits(t *testing.T) {
	for per, want := range map[string]bool{
		"": false, clientIP: true, "{http.request.header.X}": true, "{webhook.event}": false, "{webhook.body.x}-{http.vars.client_ip}": false,
		"{webhook.endpoint}": true, "{webhook.provider} {http.vars.client_ip}": true, "constant": true,
	} {
		if got := (RateLimit{Per: per}).early(); got != want {
			t.Errorf("per %q: early is %v", per, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "2.5s": 2500 * time.Millisecond, "7d": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour,
	} {
		if got, err := ParseDuration(text); err != nil || time.Duration(got) != want {
			t.Errorf("ParseDuration(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "d", "-1s", "-1d", "1d-25h", "NaNd", "1e300d", "1w", "300000d", "1 s"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
}

func TestAllowlist(t *testing.T) {
	tests := []struct {
		list string
		addr string
		want bool
	}{
		{"", "", true},
		{"203.0.113.7", "203.0.113.7", true},
		{"203.0.113.7", "203.0.113.8", false},
		{"203.0.113.0/24", "203.0.113.255", true},
		{"::ffff:203.0.113.0/120", "203.0.113.9", true},
		{"::ffff:203.0.113.7", "203.0.113.7", true},
		{"2001:db8::1", "2001:db8::1", true},
		{"2001:db8::1", "2001:db8::2", false}, // a bare address is one address
		{"private_ranges", "10.255.0.1", true},
		{"private_ranges", "::1", true},
		{"private_ranges", "8.8.8.8", false},
		{"0.0.0.0/0 ::/0", "", false}, // an unknown address is on no list
	}
	for _, tt := range tests {
		ranges, err := parsePrefixes(strings.Fields(tt.list))
		if err != nil {
			t.Fatal(err)
		}
		addr, _ := netip.ParseAddr(tt.addr)
		if got := (allowlist{ranges: ranges}).allows(nil, addr.Unmap()); got != tt.want {
			t.Errorf("%q allows %q: %v", tt.list, tt.addr, got)
		}
	}
}

func TestGlob(t *testing.T) {
	tests := []struct {
		globs string
		event string
		want  bool
	}{
		{"", "", true},
		{"push", "push", true},
		{"push", "pushed", false},
		{"orders/*", "orders/create", true},
		{"*", "a.b/c\nd", true},
		{"in?oice.paid", "invoice.paid", true},
		{"a.b", "axb", false},
		{"a|b", "a", false},
		{"a b", "b", true},
	}
	for _, tt := range tests {
		if got := NewGlob(strings.Fields(tt.globs)...).Match(tt.event); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.globs, tt.event, got)
		}
	}
}
