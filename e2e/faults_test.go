package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// unspeakable is the secret of the configurations below. No message has it.
const unspeakable = "never-to-be-seen"

// faultyCaddyfile has an endpoint a, of which {ENDPOINT} are the lines.
const faultyCaddyfile = `{
	admin off
	{GLOBAL}
}
{SITE} {
	webhook_gateway /a a {
		{ENDPOINT}
	}
	{MORE}
}
`

// validate runs `caddy validate` on a configuration and returns what it says.
func validate(t *testing.T, name, text string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"validate", "--config", file}
	if name == "Caddyfile" {
		args = append(args, "--adapter", "caddyfile")
	}
	return run(t, args...)
}

// wantFault checks that validation failed, with all these texts in its last
// line and no secret anywhere.
func wantFault(t *testing.T, output string, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("the configuration is valid")
	}
	last := strings.ReplaceAll(output[strings.LastIndexByte(strings.TrimSpace(output), '\n')+1:], `\`, "")
	for _, text := range texts {
		if !strings.Contains(last, text) {
			t.Errorf("the error has no %s: %s", text, last)
		}
	}
	if strings.Contains(output, unspeakable) {
		t.Errorf("the secret was printed: %s", output)
	}
}

func TestFaultsOfACaddyfile(t *testing.T) {
	const ok = "verify broxi " + unspeakable + "\nto localhost:1\n"
	without := func(lines string) string { return lines + "\nto localhost:1" }
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		lines string // of the endpoint; the one at fault ends in # here, if Caddyfile has one
		want  string // in the error, besides the file and line or the endpoint's name
	}{
		{"empty secret", without(`verify broxi ""`), `secret 1 is empty`},
		{"empty second secret", without(`verify broxi ` + unspeakable + ` ""`), `secret 2 is empty`},
		{"secret from a variable that is not set", without(`verify broxi {env.NOBODY_SETS_THIS}`), `{env.NOBODY_SETS_THIS}`},
		{"variable that is not set, when the file is read", without(`verify broxi {$NOBODY_SETS_THIS}`), `secret is required`},
		{"secret from an unknown placeholder", without(`verify broxi {no.such.thing}`), `{no.such.thing}`},
		{"secret from a file that is not there", without(`verify broxi {file./no/such/file}`), `{file./no/such/file}`},
		{"secret from an empty file", without(`verify broxi {file.` + empty + `}`), `{file.` + empty + `}`},
		{"secret of 7 bytes", without("verify hmac 7-bytes {\nheader X-Sum\n}"), `secret 1 is shorter than 8 bytes`},
		{"secret with a space at its end", without(`verify broxi "` + unspeakable + ` "`), `white space`},
		{"secret that is not base64", without(`verify standard-webhooks whsec_` + unspeakable), `secret 1 is not base64`},
		{"no secret", without("verify broxi"), `secret is required`},
		{"secret of none", without("verify none " + unspeakable), `takes no secrets`},

		{"unknown provider", without("verify nobody " + unspeakable + " # here"), "the first argument is not a provider"},
		{"verify omitted", "to localhost:1", `has no verify`},
		{"verify without a provider", without("verify # here"), `verify`},
		{"verify twice", "verify broxi " + unspeakable + "\nverify broxi " + unspeakable + " # here\nto localhost:1", `"verify" is given twice`},
		{"unknown option of verify", without("verify broxi " + unspeakable + " {\nleniency 1 # here\n}"), `unrecognized option "leniency"`},
		{"option that the provider has not", without("verify broxi " + unspeakable + " {\nheader X-Sum\n}"), `option header`},
		{"tolerance where nothing is timed", without("verify github " + unspeakable + " {\ntolerance 5m\n}"), `option tolerance`},
		{"tolerance of zero", without("verify broxi " + unspeakable + " {\ntolerance 0s\n}"), `option tolerance`},
		{"negative tolerance", without("verify broxi " + unspeakable + " {\ntolerance -5m\n}"), `option tolerance`},
		{"tolerance that is no duration", without("verify broxi " + unspeakable + " {\ntolerance long\n}"), `option tolerance`},
		{"tolerance of more than a day", without("verify broxi " + unspeakable + " {\ntolerance 25h\n}"), `option tolerance`},
		{"hmac without a header", without("verify hmac " + unspeakable), `header is required`},
		{"unknown algorithm", without("verify hmac " + unspeakable + " {\nheader X-Sum\nalgorithm md5\n}"), `algorithm`},
		{"body that is not signed", without("verify hmac " + unspeakable + " {\nheader X-Sum\ncontent {path}\n}"), `content`},
		{"timestamp that is not signed", without("verify hmac " + unspeakable + " {\nheader X-Sum\ntimestamp header X-Date\n}"), `content`},
		{"option of verify twice", without("verify broxi " + unspeakable + " {\ntolerance 5m\ntolerance 5m # here\n}"), `"tolerance" is given twice`},

		{"neither to nor deliver", "verify broxi " + unspeakable, `has no destination`},
		{"to and deliver", ok + "deliver { # here\nrespond 200\n}", `two destinations named "default"`},
		{"to without an upstream", "verify broxi " + unspeakable + "\nto # here", `argument`},
		{"unknown directive in deliver", "verify broxi " + unspeakable + "\ndeliver {\nno_such_directive\n}", `no_such_directive`},
		{"two names of deliver", "verify broxi " + unspeakable + "\ndeliver one two { # here\nrespond 200\n}", `argument`},
		{"empty deliver", "verify broxi " + unspeakable + "\ndeliver {\n}", `destination`},

		{"CIDR range too wide", ok + "allow_ips 10.0.0.0/33", `10.0.0.0/33`},
		{"address that is none", ok + "allow_ips 192.0.2.1 nowhere", `nowhere`},
		{"address with a zone", ok + "allow_ips fe80::1%eth0", `zone`},
		{"range with bits outside", ok + "allow_ips 10.1.2.3/8", `10.0.0.0/8`},
		{"no address", ok + "allow_ips # here", `argument`},
		{"unknown module of addresses", ok + "allow_ips_from nobody # here", `nobody`},
		{"rate of zero", ok + "rate_limit 0/1s # here", `0/1s`},
		{"rate in no time", ok + "rate_limit 5/0s # here", `window`},
		{"rate that is none", ok + "rate_limit abc # here", `abc`},
		{"burst of zero", ok + "rate_limit 5/1s burst 0 # here", `burst 0`},
		{"per without a key", ok + "rate_limit 5/1s per # here", `per takes one key`},
		{"same rate twice", ok + "rate_limit 5/1s\nrate_limit 5/1s # here", `twice`},
		{"size of zero", ok + "max_body 0 # here", `size`},
		{"size that is none", ok + "max_body big # here", `"big"`},
		{"size beyond the most", ok + "max_body 2GiB", `max_body`},
		{"negative size", ok + "max_body -1 # here", `"-1"`},
		{"duration that is none", ok + "timeout soon # here", `"soon"`},
		{"negative duration", ok + "body_timeout -1s # here", `"-1s"`},
		{"duration of zero", ok + "body_timeout 0s # here", `zero`},
		{"condition cut short", ok + "accept `event ==`", `accept`},
		{"condition with an unknown variable", ok + "accept `evnt == \"a\"`", `evnt`},
		{"condition that is not a bool", ok + "accept `event`", `not a bool`},
		{"condition of a matcher that is not a bool", "verify broxi " + unspeakable + "\ndeliver {\n@m webhook `event`\nrespond @m 200\n}", `not a bool`},
		{"no condition", ok + "accept # here", `argument`},
		{"event without a name", ok + `events ""`, `events`},
		{"no events", ok + "events # here", `argument`},
		{"remembered for less than a minute", ok + "idempotency {webhook.id} ttl 59s", `ttl`},
		{"remembered for ever so", ok + "idempotency ttl # here", `argument`},
		{"not remembered, for a day", ok + "idempotency off ttl 1d", `off`},
		{"two keys", ok + "idempotency {webhook.id} {webhook.event} # here", `unexpected argument`},
		{"order without a mode to wait in", ok + "order by {webhook.id} # here", `order: needs mode store`},
		{"unknown mode", ok + "mode wild", `mode: "wild" is neither`},
		{"unknown option", ok + "retries 3 # here", `unrecognized option "retries"`},
		{"option twice", ok + "timeout 1s\ntimeout 1s # here", `"timeout" is given twice`},
		{"leftover argument", ok + "max_body 1MiB 2MiB # here", `"2MiB"`},
	} {
		t.Run(tt.name, func(t *testing.T) { wantCaddyfileFault(t, "", tt.lines, "", tt.want) })
	}
}

// wantCaddyfileFault checks what is wrong with a Caddyfile, and that the error
// says where.
func wantCaddyfileFault(t *testing.T, global, lines, more, want string) {
	t.Helper()
	text := strings.NewReplacer("{SITE}", ":1", "{GLOBAL}", global, "{ENDPOINT}", lines, "{MORE}", more).Replace(faultyCaddyfile)
	output, err := validate(t, "Caddyfile", text)
	wantFault(t, output, err, want)
	if above, _, found := strings.Cut(text, "# here"); found {
		wantFault(t, output, err, fmt.Sprint("Caddyfile:", 1+strings.Count(above, "\n")))
	} else if !regexp.MustCompile(`Caddyfile:\d|endpoint (named )?\\"a\\"`).MatchString(output) {
		t.Errorf("the error does not say where: %s", output)
	}
}

func TestFaultsAroundAnEndpoint(t *testing.T) {
	const ok = "verify broxi " + unspeakable + "\nto localhost:1\n"
	for _, tt := range []struct{ name, global, more, want string }{
		{"global option twice", "webhook_gateway {\n}\nwebhook_gateway { # here\n}", "", `given twice`},
		{"unknown global option", "webhook_gateway {\nqueue sqlite # here\n}", "", `unrecognized option "queue"`},
		{"argument of the global option", "webhook_gateway all # here", "", `argument`},
		{"max_buffered that is no size", "webhook_gateway {\nmax_buffered much # here\n}", "", `"much"`},
		{"remember nothing", "webhook_gateway {\nremember 0 # here\n}", "", `"0"`},
		{"negative number", "webhook_gateway {\nremember -1 # here\n}", "", `"-1"`},
		{"remember twice", "webhook_gateway {\nremember 1\nremember 2 # here\n}", "", `given twice`},
		{"two endpoints of one name", "", "webhook_gateway /b a {\n" + ok + "max_body 1KiB\n}", `another endpoint named "a"`},
		{"name with a dot", "", "webhook_gateway /b b.c {\n" + ok + "}", `"b.c"`},
		{"no name", "", "webhook_gateway /b { # here\n" + ok + "}", `name`},
		{"two names", "", "webhook_gateway /b b c { # here\n" + ok + "}", `name`},
		{"matcher without a condition", "", "@m webhook # here", `argument`},
		{"matcher without events", "", "@m webhook_event # here", `argument`},
	} {
		t.Run(tt.name, func(t *testing.T) { wantCaddyfileFault(t, tt.global, ok, tt.more, tt.want) })
	}
}

// A site that listens on two ports has two copies of its endpoints.
func TestEndpointOnTwoPorts(t *testing.T) {
	text := strings.NewReplacer("{SITE}", "http://:1, http://:2", "{GLOBAL}", "", "{MORE}", "",
		"{ENDPOINT}", "verify broxi "+unspeakable+"\nto localhost:1\nrate_limit 5/1s\n").Replace(faultyCaddyfile)
	if output, err := validate(t, "Caddyfile", text); err != nil || strings.Contains(output, unspeakable) {
		t.Errorf("%v: %s", err, output)
	}
}

// The rules are the same for JSON, whose errors name the endpoint and option.
func TestFaultsOfJSON(t *testing.T) {
	verify := func(provider string, options, secrets any) map[string]any {
		return map[string]any{"provider": provider, "secrets": secrets, "options": options}
	}
	secrets := []string{unspeakable}
	for _, tt := range []struct {
		name  string
		field string
		value any
		want  string
	}{
		{"nothing odd", "mode", "proxy", ""},
		{"unknown field", "retries", 3, `unknown field "retries"`},
		{"unknown field of verify", "verify", map[string]any{"provider": "broxi", "secret": unspeakable}, `unknown field "secret"`},
		{"secrets that are no list", "verify", verify("broxi", nil, unspeakable), `secrets`},
		{"empty secret", "verify", verify("broxi", nil, []string{""}), `secret 1 is empty`},
		{"no secret", "verify", verify("broxi", nil, nil), `secret is required`},
		{"variable that is not set", "verify", verify("broxi", nil, []string{"{env.NOBODY_SETS_THIS}"}), `{env.NOBODY_SETS_THIS}`},
		{"verify omitted", "verify", nil, "unknown provider"},
		{"unknown provider", "verify", verify("nobody", nil, secrets), "unknown provider"},
		{"unknown option of verify", "verify", verify("broxi", map[string]string{"leniency": "1"}, secrets), `unknown option "leniency"`},
		{"tolerance of zero", "verify", verify("broxi", map[string]string{"tolerance": "0s"}, secrets), `option tolerance`},
		{"no name", "name", "", `name`},
		{"no destination", "deliver", nil, `deliver`},
		{"two destinations", "deliver", []any{map[string]any{"routes": []any{}}, map[string]any{"routes": []any{}}}, `deliver`},
		{"bad CIDR range", "allow_ips", []string{"10.1.2.3/8"}, `allow_ips`},
		{"unknown module of addresses", "allow_ips_from", []any{map[string]string{"source": "nobody"}}, `nobody`},
		{"rate of zero", "rate_limits", []any{map[string]string{"limit": "0/1s"}}, `0/1s`},
		{"no rate", "rate_limits", []any{map[string]string{"per": "{client_ip}"}}, `rate_limit`},
		{"negative size", "max_body", -1, `max_body`},
		{"size beyond the most", "max_body", 2 << 30, `max_body`},
		{"duration that is none", "timeout", "soon", `"soon"`},
		{"negative duration", "body_timeout", "-1s", `"-1s"`},
		{"condition that is not a bool", "accept", "event", `accept`},
		{"event without a name", "events", []string{""}, `events`},
		{"remembered for less than a minute", "idempotency", map[string]any{"ttl": "59s"}, `ttl`},
		{"not remembered, by a key", "idempotency", map[string]any{"off": true, "key": "{webhook.id}"}, `off`},
		{"unknown mode", "mode", "wild", `mode`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			output, err := validate(t, "config.json", withEndpoint(t, map[string]any{tt.field: tt.value}))
			if tt.want != "" {
				wantFault(t, output, err, tt.want, "webhook_gateway")
			} else if err != nil {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
}

// withEndpoint is a configuration with an endpoint that differs from a good
// one in these fields; nil leaves one out.
func withEndpoint(t *testing.T, fields map[string]any) string {
	t.Helper()
	endpoint := map[string]any{
		"handler": "webhook_gateway", "name": "a",
		"verify":  map[string]any{"provider": "broxi", "secrets": []string{unspeakable}},
		"deliver": []any{map[string]any{"routes": []any{map[string]any{"handle": []any{map[string]string{"handler": "static_response"}}}}}},
	}
	maps.Copy(endpoint, fields)
	maps.DeleteFunc(endpoint, func(_ string, value any) bool { return value == nil })
	text, err := json.Marshal(map[string]any{
		"admin": map[string]any{"disabled": true},
		"apps": map[string]any{"http": map[string]any{"servers": map[string]any{"s": map[string]any{
			"listen": []string{":1"}, "routes": []any{map[string]any{"handle": []any{endpoint}}},
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
