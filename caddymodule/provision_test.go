package caddymodule

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// TestProvisionErrors has what a Caddyfile cannot say, or says too late.
func TestProvisionErrors(t *testing.T) {
	const good = `"name": "a", "verify": {"provider": "none"}, "deliver": [{"routes": [{"handle": [{"handler": "static_response"}]}]}]`
	with := func(change string) string { return good + ", " + change }
	tests := []struct {
		odd     string
		handler string
		app     string
		want    string
	}{
		{"nothing", good, "", ""},
		{"nothing, with options of the app", good, `"max_buffered": 1048576, "remember": 1`, ""},
		{"bodies that just fit", with(`"max_body": 67108864`), "", ""},
		{"bodies that never fit", with(`"max_body": 67108865`), "", `endpoint "a": max_body: a body of 67108865 bytes takes 134217728 of memory, more than the global option max_buffered, 67108864, allows for all`},
		{"bodies that fit but for rounding", with(`"max_body": 1000000`), `"max_buffered": 1000000`, "max_body: a body of 1000000 bytes takes 1048576 of memory, more than the global option max_buffered, 1000000,"},
		{"the default's bodies never fit", good, `"max_buffered": 1048575`, "max_body: a body of 1048576 bytes"},
		{"the provider's bodies never fit", strings.Replace(good, `"provider": "none"`, `"provider": "github", "secrets": ["a-secret"]`, 1), `"max_buffered": 33554431`, "max_body: a body of 26214400 bytes takes 33554432 of memory"},
		{"no name", `"verify": {"provider": "none"}, "deliver": [{"routes": [{}]}]`, "", `name: ""`},
		{"a name with a line break", strings.Replace(good, `"name": "a"`, `"name": "a\r\nb"`, 1), "", `name: "a\r\nb" is not 1 to 64 letters`},
		{"a name that ends in one", strings.Replace(good, `"name": "a"`, `"name": "a\n"`, 1), "", `name: "a\n" is not 1 to 64 letters`},
		{"a name with a NUL", strings.Replace(good, `"name": "a"`, `"name": "a\u0000"`, 1), "", `name: "a\x00" is not 1 to 64 letters`},
		{"a name that is no ASCII", strings.Replace(good, `"name": "a"`, `"name": "\u0430"`, 1), "", `name: "а" is not 1 to 64 letters`},
		{"a destination with a line break", strings.Replace(good, `"deliver": [{`, `"deliver": [{"name": "a\n", `, 1), "", `deliver: "a\n" is not 1 to 64 letters`},
		{"a header with a line break", strings.Replace(good, `"provider": "none"`, `"provider": "hmac", "secrets": ["a-secret"], "options": {"header": "X\r\nY"}`, 1), "", `header: "X\r\nY" is not a header name`},
		{"an id in a header with a space", strings.Replace(good, `"provider": "none"`, `"provider": "hmac", "secrets": ["a-secret"], "options": {"header": "X", "id": "header \u0000"}`, 1), "", "option id: place:"},
		{"a status with a line break", with(`"respond": "200\r\n"`), "", "respond"},
		{"no provider", `"name": "a", "deliver": [{"routes": [{}]}]`, "", "unknown provider"},
		{"no destination", `"name": "a", "verify": {"provider": "none"}`, "", "deliver: there is no destination"},
		{"no routes", `"name": "a", "verify": {"provider": "none"}, "deliver": [{"routes": []}]`, "", "deliver: default has no routes"},
		{"two destinations", `"name": "a", "verify": {"provider": "none"}, "deliver": [{"routes": [{}]}, {"routes": [{}]}]`, "", `two destinations named "default"`},
		{"unknown handler", `"name": "a", "verify": {"provider": "none"}, "deliver": [{"routes": [{"handle": [{"handler": "nobody"}]}]}]`, "", "deliver: "},
		{"condition that is none", `"name": "a", "verify": {"provider": "none"}, "deliver": [{"routes": [{"match": [{"webhook": {"expr": "event =="}}]}]}]`, "", `condition "event =="`},
		{"condition that is empty", `"name": "a", "verify": {"provider": "none"}, "deliver": [{"routes": [{"match": [{"webhook": {}}]}]}]`, "", `condition ""`},
		{"secret for none", `"name": "a", "verify": {"provider": "none", "secrets": ["x"]}, "deliver": [{"routes": [{}]}]`, "", "takes no secrets"},
		{"secret too short", `"name": "a", "verify": {"provider": "token", "secrets": ["x"], "options": {"header": "X-Token"}}, "deliver": [{"routes": [{}]}]`, "", "secret 1 is shorter"},
		{"no topic", `"name": "shop", "verify": {"provider": "aws-sns"}, "deliver": [{"routes": [{}]}]`, "", `endpoint "shop": verify: provider aws-sns: option topic is required: the topics whose messages are wanted`},
		{"any topic", `"name": "shop", "verify": {"provider": "aws-sns", "options": {"topic": "*"}}, "deliver": [{"routes": [{}]}]`, "", ""},
		{"unknown verify option", `"name": "a", "verify": {"provider": "none", "options": {"x": "y"}}, "deliver": [{"routes": [{}]}]`, "", `unknown option "x"`},
		{"unknown option", with(`"max_bodies": 1`), "", "max_bodies"},
		{"unknown source", with(`"allow_ips_from": [{"source": "nowhere"}]`), "", "allow_ips_from: "},
		{"limit without a limit", with(`"rate_limits": [{"per": "{client_ip}"}]`), "", "rate_limit: "},
		{"limit of nothing", with(`"rate_limits": [{"limit": "0/1s"}]`), "", "invalid rate limit"},
		{"limit that is there twice", with(`"rate_limits": [{"limit": "5/1s"}, {"limit": "5/1s burst 5"}]`), "", "the same limit is given twice"},
		{"negative size", with(`"max_body": -1`), "", "max_body: -1"},
		{"negative duration", with(`"timeout": "-1s"`), "", "is not a duration"},
		{"duration as a number", with(`"timeout": 30`), "", "timeout"},
		{"order by what does not exist", with(`"mode": "store", "order": "{webhook.bdy.x}"`), "", "order: there is no placeholder {webhook.bdy.x}"},
		{"order by nothing", with(`"mode": "store", "order": "{webhook.body.}"`), "", "order: there is no placeholder {webhook.body.}"},
		{"order by all that exist", with(`"mode": "store", "order": "{webhook.endpoint}{webhook.provider}{webhook.id}{webhook.event}{webhook.attempt}{webhook.received_at}{webhook.body.a.0.b}{http.request.header.X}"`), "", ""},
		{"sign without a secret", with(`"sign": ""`), "", "sign: the secret is empty"},
		{"sign with one that is not set", with(`"sign": "{env.WG_NONE_SUCH}"`), "", "sign: "},
		{"sign with a short one", with(`"sign": "whsec_AA=="`), "", "sign: provider standard-webhooks: secret is shorter than 24 bytes"},
		{"sign null", with(`"sign": null`), "", ""},
		{"unknown mode", with(`"mode": "queue"`), "", "mode: "},
		{"negative max_buffered", good, `"max_buffered": -1`, "max_buffered: -1 is negative"},
		{"negative remember", good, `"remember": -1`, "remember: -1 is negative"},
		{"no store, with options of one", good, `"store": {"engine": "off", "reserve": 1}`, "store: off goes with no other option"},
		{"no store, with a time to keep what is in it", good, `"store": {"engine": "off"}, "retain": {"for": "7d"}`, "retain: needs a store"},
		{"no store, with bytes to keep of what is in it", good, `"store": {"engine": "off"}, "retain": {"bytes": 1}`, "retain: needs a store"},
		{"no store, with nothing to keep of it", good, `"store": {"engine": "off"}, "retain": {"off": true}`, ""},
		{"no store, with a bound of it", good, `"store": {"engine": "off"}, "max_stored": {"events": 1}`, "max_stored: needs a store"},
		{"no store, with options that need one", with(`"respond": 202, "in_flight": 3`), `"store": {"engine": "off"}`, "endpoint \"a\": respond: needs a store\nin_flight: needs a store"},
		{"unknown option of the app", good, `"memory": 1`, "memory"},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			config := new(caddy.Config)
			text := `{"apps": {"webhook_gateway": {` + tt.app + `}, "http": {"servers": {"s": {"listen": [":9000"],
				"routes": [{"handle": [{"handler": "webhook_gateway", ` + tt.handler + `}]}]}}}}}`
			if err := json.Unmarshal([]byte(text), config); err != nil {
				t.Fatal(err)
			}
			err := caddy.Validate(config)
			if tt.want == "" && err != nil {
				t.Error(err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			wantEmptyPool(t)
		})
	}
}

// wantEmptyPool fails if anything shared is still held.
func wantEmptyPool(t *testing.T) {
	t.Helper()
	shared.Range(func(key, _ any) bool {
		refs, _ := shared.References(key)
		t.Errorf("still held %d times: %+v", refs, key)
		return true
	})
}

func TestNames(t *testing.T) {
	const endpoint = "\twebhook_gateway NAME {\n\t\tverify github a-secret\n\t\tOPTION\n\t\tto localhost:3000\n\t}\n"
	endpointNamed := func(name, option string) string {
		return strings.NewReplacer("NAME", name, "\t\tOPTION\n", option).Replace(endpoint)
	}
	tests := []struct {
		odd, caddyfile, want string
	}{
		{"two names", ":9000 {\n" + endpointNamed("/a a", "") + endpointNamed("/b b", "") + "}\n", ""},
		{"copies", ":9000, :9001 {\n" + endpointNamed("a", "") + "}\n", ""},
		{"the same in two sites", ":9000 {\n" + endpointNamed("a", "") + "}\n\n:9001 {\n" + endpointNamed("a", "") + "}\n", ""},
		{"the same name, another option", ":9000 {\n" + endpointNamed("/a a", "") + endpointNamed("/b a", "\t\ttimeout 1s\n") + "}\n", `another endpoint named "a"`},
		{"the same name in another site", ":9000 {\n" + endpointNamed("a", "") + "}\n\n:9001 {\n" + endpointNamed("a", "\t\ttimeout 1s\n") + "}\n", `another endpoint named "a"`},
		{"names that differ in case", ":9000 {\n" + endpointNamed("/a a", "") + endpointNamed("/b A", "\t\ttimeout 1s\n") + "}\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			err := provision(t, tt.caddyfile)
			if tt.want == "" && err != nil {
				t.Error(err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
