package command

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestDoctorFailsWhatAStartRefuses: what `caddy run` does not start with.
func TestDoctorFailsWhatAStartRefuses(t *testing.T) {
	t.Setenv("LONG", "a-long-enough-secret-1")
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "text")
	const end = "\nto app:1\n}"
	endpoint := func(option string) string { return "webhook_gateway a {\nverify stripe {env.LONG}\n" + option + end }
	for _, tt := range []struct{ odd, global, site, want string }{
		{"a secret for the application that is not set", "", endpoint("sign {env.NOT_SET}"), "a options fail sign: {env.NOT_SET} is not set, not readable or empty\n"},
		{"a secret for the application in a file that is not there", "", endpoint("sign {file./none/such}"), "a options fail sign: {file./none/such} is not set, not readable or empty\n"},
		{"a secret for the application that is none", "", endpoint("sign whsec_*hidden*"), "a options fail sign: provider standard-webhooks: secret is not base64\n"},
		{"a secret with a placeholder of a request", "", "webhook_gateway a {\nverify stripe {http.request.host}" + end, "a secrets fail secret 1: a placeholder in it has no value\n"},
		{"a topic that is not set", "", "webhook_gateway a {\nverify aws-sns {\ntopic {env.NOT_SET}\n}" + end, "a options fail verify: option topic: {env.NOT_SET} is not set"},
		{"keys in a file that is not there", "", "webhook_gateway a {\nverify google-pubsub {\naud x\nemail a@b.c\nkeys /none/such.json\n}" + end, "a secrets fail provider google-pubsub: "},
		{"a store that is not set", "store sqlite {env.NOT_SET}", endpoint(""), " options fail store: {env.NOT_SET} is not set, not readable or empty\n"},
		{"a store in a file that is not there", "store sqlite {file./none/such}", endpoint(""), " options fail store: {file./none/such} is not set"},
		{"a store that is a folder", "store sqlite " + t.TempDir(), endpoint(""), " is a folder\n"},
		{"a store below a file", "store sqlite " + file + "/webhooks.db", endpoint(""), " options fail store: " + file + " is no folder\n"},
		{"no store and an option that needs one", "store off", endpoint("pace 1/1s"), "a options fail pace: needs a store\n"},
		{"no store and several destinations", "store off", endpoint("deliver b {\nrespond 200\n}"), "a options fail deliver: several destinations need a store\n"},
		{"bodies that never fit", "max_buffered 1KiB", endpoint(""), "a options fail max_body: a body of 1048576 bytes takes"},
		{"two endpoints of a name", "", "webhook_gateway /a a {\nverify stripe {env.LONG}\nto app:1\n}\nwebhook_gateway /b a {\nverify github {env.LONG}\nto app:1\n}", `a options fail there is another endpoint named "a"`},
	} {
		t.Run(tt.odd, func(t *testing.T) {
			global := "{\nwebhook_gateway {\n" + tt.global + "\n}\n}\n"
			lines, status := findingsOf(t, global+"hooks.example.com {\n"+tt.site+"\n}", "--offline")
			if !strings.Contains(lines, tt.want) || status != 1 {
				t.Errorf("status %d:\n%s\nwant 1, %s", status, lines, tt.want)
			}
			if strings.Contains(lines, "hidden") {
				t.Errorf("a secret is shown:\n%s", lines)
			}
		})
	}
}

// TestDoctorTakesWhatAStartTakes: several destinations, and a store of one's own.
func TestDoctorTakesWhatAStartTakes(t *testing.T) {
	t.Setenv("LONG", "a-long-enough-secret-1")
	t.Setenv("PLACE", filepath.Join(t.TempDir(), "new", "webhooks.db"))
	lines, status := findingsOf(t, "{\nwebhook_gateway {\nstore sqlite {env.PLACE}\n}\n}\nhooks.example.com {\nwebhook_gateway a {\nverify stripe {env.LONG}\nstatus_url\nto app:1\ndeliver audit {\nrespond 200\n}\n}\n}", "--offline")
	if status != 0 {
		t.Errorf("status %d:\n%s", status, lines)
	}
}

// TestDoctorOfJSON: what only JSON can say.
func TestDoctorOfJSON(t *testing.T) {
	const good = `"name": "a", "verify": {"provider": "none"}, "deliver": [{"routes": [{}]}]`
	for _, tt := range []struct{ odd, app, handler, want string }{
		{"an unknown option", "", good + `, "max_bodies": 1`, `max_bodies`},
		{"an unknown option of all", `"memory": 1`, good, `memory`},
		{"a negative bound", `"remember": -1`, good, "remember: -1 is negative"},
		{"an engine that is none", `"store": {"engine": "redis"}`, good, `store: "redis" is neither sqlite nor off`},
		{"a placeholder that does not exist", "", good + `, "idempotency": {"key": "{webhook.bdy.x}"}`, "idempotency: there is no placeholder {webhook.bdy.x}"},
		{"two destinations of a name", "", strings.Replace(good, `{"routes": [{}]}`, `{"routes": [{}]}, {"routes": [{}]}`, 1), `deliver: there are two destinations named "default"`},
		{"a destination without routes", "", strings.Replace(good, `{"routes": [{}]}`, `{"routes": []}`, 1), "deliver: default has no routes"},
		{"a source of addresses that does not exist", "", good + `, "allow_ips_from": [{"source": "nowhere"}]`, "allow_ips_from: "},
	} {
		t.Run(tt.odd, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "caddy.json")
			write(t, file, `{"apps": {"webhook_gateway": {`+tt.app+`}, "http": {"servers": {"s": {"listen": [":443"], "routes": [{"handle": [{"handler": "webhook_gateway", `+tt.handler+`}]}]}}}}}`)
			r := execute(t, "", "doctor", "--offline", file)
			if !strings.Contains(r.out, tt.want) || r.status != 1 {
				t.Errorf("status %d, want 1, %s:\n%s%s", r.status, tt.want, r.out, r.err)
			}
		})
	}
}
