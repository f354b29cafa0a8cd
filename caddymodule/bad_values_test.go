package caddymodule

import (
	"slices"
	"strings"
	"testing"
)

// badValues are lines that cannot be right, by kind of option. Each error must
// begin with the option and end with the line.
var badValues = map[string][]string{
	"option": {
		"verify nobody", "verify hmac", "allow_ips nowhere", "allow_ips", "allow_ips_from nowhere", "rate_limit often", "rate_limit 10", "rate_limit 1/1s burst 0",
		"rate_limit 1/1s per nobody", "keep_refused_bodies yes", "max_body much", "max_body 0", "max_body 2GiB", "body_timeout soon", "body_timeout 30", "events \"\"",
		"accept maybe", "accept \"\"", "idempotency always", "idempotency {webhook.id} ttl soon", "idempotency ttl 1s", "idempotency {webhook.endpoint}", "mode queue",
		"ack_within soon", "ack_within 0s", "ack_within 1h", "over_limit drop", "respond 204", "respond twice", "status_url /here", "timeout forever", "timeout -1s",
		"retry often", "retry {\nattempts many\n}", "retry {\ndelay soon\n}", "retry {\ndelay 5s soon\n}", "retry {\ndelay 5s 1s\n}", "retry {\non 200\n}",
		"retry {\ngive_up_after never\n}", "breaker sometimes", "breaker 3 pause soon", "breaker 3 pause 0s", "in_flight many", "in_flight 0", "pace 10", "pace fast", "pace 10/0s",
		"pace 10/1", "order {webhook.id}", "order by {webhook.id}", "sign \"\"", "to", "to http://localhost:1/path", "deliver \"a b\" {\nrespond 200\n}", "deliver b {\nno_such\n}",
	},
	"global": {
		"max_buffered much", "max_buffered 0", "remember all", "store mysql", "store sqlite a b", "store sqlite {\nreserve much\n}", "store sqlite {\ncommit_within soon\n}",
		"store sqlite {\non_corrupt repair\n}", "store sqlite {\nfsync off\n}", "retain long", "retain 7d much", "max_stored many", "max_stored 1 much",
	},
	"verify": {
		"algorithm md5", "application_key x", "aud x", "base_url x", "content {no_such}", "email x", "encoding rot13", "event here", "header \"a b\"", "id here", "key rot13", "key_prefix",
		"keys x", "parameter x", "prefix", "public_key x", "scheme none-such", "signatures many", "timestamp here", "tolerance soon", "tolerance 0s", "topic x", "unit h", "url x",
		"verification_token x", "verify_token x", "webhook_id x",
	},
}

func TestBadValuesNameOptionAndLine(t *testing.T) {
	for kind, lines := range badValues {
		for _, line := range lines {
			t.Run(kind+"/"+line, func(t *testing.T) {
				name := strings.Fields(line)[0]
				_, _, err := adapter(withBadValue(kind, line))
				if err == nil {
					t.Fatal("it was accepted")
				}
				_, problem, _ := strings.Cut(err.Error(), "parsing caddyfile tokens for 'webhook_gateway': ")
				named := strings.HasPrefix(problem, name+": ") || strings.HasPrefix(problem, "option \""+name+"\": ") ||
					kind == "verify" && strings.HasPrefix(problem, "verify: ") && strings.Contains(problem, name)
				if !named || !strings.Contains(problem, ", at Caddyfile:") {
					t.Errorf("%q does not begin with %s, or has no line", problem, name)
				}
			})
		}
	}
}

func withBadValue(kind, line string) string {
	verify, option, to, global := "verify hmac {env.SECRET} {\nheader X\n}", "", "to localhost:3000", ""
	switch name := strings.Fields(line)[0]; {
	case kind == "global":
		global = line
	case kind == "verify" && name == "header":
		verify = strings.Replace(verify, "header X", line, 1)
	case kind == "verify":
		verify = strings.Replace(verify, "header X", "header X\n"+line, 1)
	case name == "verify":
		verify = line
	case name == "to":
		to = line
	default:
		option = line
	}
	return "{\nwebhook_gateway {\n" + global + "\n}\n}\n:9000 {\nwebhook_gateway a {\n" + verify + "\n" + option + "\n" + to + "\n}\n}\n"
}

// TestEveryOptionHasABadValue: an option that is added gets one.
func TestEveryOptionHasABadValue(t *testing.T) {
	for kind, names := range optionNames(t) {
		for _, name := range names {
			if kind != "dashboard" && !slices.ContainsFunc(badValues[kind], func(line string) bool { return strings.Fields(line)[0] == name }) {
				t.Errorf("no bad value for the %s option %s", kind, name)
			}
		}
	}
}
