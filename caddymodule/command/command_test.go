package command

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	"github.com/spf13/cobra"

	_ "github.com/webhook-gateway/caddy-webhook-gateway/caddymodule"
)

// TestMain keeps what Caddy stores away from the user's home.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "command")
	if err != nil {
		panic(err)
	}
	caddy.DefaultStorage.Path = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A result is how a command ended.
type result struct {
	out, err string
	status   int
}

// execute runs `caddy webhook` with arguments, in this process.
func execute(t *testing.T, in string, args ...string) result {
	t.Helper()
	root := &cobra.Command{Use: "caddy"}
	webhook := &cobra.Command{Use: "webhook", Short: "x", Long: webhookHelp}
	setUp(webhook)
	root.AddCommand(webhook)
	root.SilenceUsage = true
	var out, errs bytes.Buffer
	root.SetIn(strings.NewReader(in))
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetArgs(append([]string{"webhook"}, args...))
	r := result{status: 2}
	switch err := root.Execute(); {
	case err == nil:
		r.status = 0
	case errors.Is(err, errNo):
		r.status = 1
	}
	r.out, r.err = out.String(), errs.String()
	return r
}

// wants checks how a command ended. Texts are parts of the outputs; an empty
// one means that there is no output.
func (r result) wants(t *testing.T, status int, out, errText string) {
	t.Helper()
	fits := func(got, want string) bool {
		return want == "" && got == "" || want != "" && strings.Contains(got, want)
	}
	if r.status != status || !fits(r.out, out) || !fits(r.err, errText) {
		t.Errorf("status %d, out %q, err %q; want %d, %q, %q", r.status, r.out, r.err, status, out, errText)
	}
}

func TestUnusable(t *testing.T) {
	t.Setenv("EMPTY", "")
	const good = "POST / HTTP/1.1\n\n{}"
	for _, tt := range []struct {
		name, in, want string
		args           []string
	}{
		{"a command that does not exist", "", `unknown command "sing"`, []string{"sing"}},
		{"a flag that does not exist", "", "unknown flag: --hours", []string{"verify", "--hours"}},
		{"an argument too many", "", "1 arguments; usage: ", []string{"verify", "x"}},
		{"no provider", good, "--provider is required", []string{"verify"}},
		{"a provider that is misspelt", good, "did you mean github?", []string{"verify", "--provider", "gith"}},
		{"a provider unlike any", good, `unknown provider "xyzzy"`, []string{"verify", "--provider", "xyzzy"}},
		{"no secret", good, "a secret is required", []string{"verify", "--provider", "github"}},
		{"an empty secret", good, "secret 1: is empty", []string{"verify", "--provider", "github", "--secret", ""}},
		{"an unset variable", good, "secret 2: {env.NOT_SET} is not set", []string{"verify", "--provider", "github", "--secret", "x", "--secret", "{env.NOT_SET}"}},
		{"an empty variable", good, "secret 1: {env.EMPTY} is not set", []string{"verify", "--provider", "github", "--secret", "{env.EMPTY}"}},
		{"a placeholder inside a secret", good, "secret 1: a placeholder in it has no value", []string{"verify", "--provider", "github", "--secret", "a{env.EMPTY}b"}},
		{"a file that does not exist", good, "secret 1: open /does/not/exist", []string{"verify", "--provider", "github", "--secret-file", "/does/not/exist"}},
		{"an option without a value", good, "--option takes name=value", []string{"verify", "--provider", "github", "--secret", "x", "--option", "scheme"}},
		{"an option given twice", good, "--option scheme is given twice", []string{"verify", "--provider", "github", "--secret", "x", "--option", "scheme=sha1", "--option", "scheme=sha1"}},
		{"an option that does not exist", good, `unknown option "hash"`, []string{"verify", "--provider", "github", "--secret", "x", "--option", "hash=md5"}},
		{"a required option that is missing", good, "option url is required", []string{"verify", "--provider", "twilio", "--secret", "x"}},
		{"published keys", good, "publishes its keys, which are not fetched", []string{"verify", "--provider", "aws-sns"}},
		{"a time that is none", good, "--now:", []string{"verify", "--provider", "github", "--secret", "x", "--now", "yesterday"}},
		{"no request", "", "no request on standard input", []string{"verify", "--provider", "github", "--secret", "x"}},
		{"signing without a secret", "", "a secret is required", []string{"sign", "--provider", "github"}},
		{"an unknown format", "", `"xml" is not curl, http or json`, []string{"sign", "--provider", "github", "--secret", "x", "--format", "xml"}},
		{"an id for a provider that has none", "", "--id: the provider has no place for it", []string{"sign", "--provider", "tailscale", "--secret", "x", "--id", "1"}},
		{"an event that the body has no place for", "not JSON", "--event: the body has no place", []string{"sign", "--provider", "slack", "--secret", "x", "--event", "a", "--body", "-"}},
		{"no events", "", "--count: must be", []string{"send", "--provider", "github", "--secret", "x", "--count", "0", "http://x"}},
		{"an address that is none", "", "not an http or https URL", []string{"send", "--provider", "github", "--secret", "x", "localhost"}},
		{"a header that is none", "", "--header takes", []string{"send", "--provider", "github", "--secret", "x", "--header", "x", "http://x"}},
		{"a length of one's own", "", "--header: content-length is not a matter", []string{"sign", "--provider", "github", "--secret", "x", "--header", "content-length: 3"}},
		{"no configuration", "", "no such file", []string{"doctor", "/does/not/exist"}},
		{"a provider like none", "", `no provider like "xyzzy"`, []string{"providers", "xyzzy"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			execute(t, tt.in, tt.args...).wants(t, 2, "", tt.want)
		})
	}
}

func TestUnusableAsJSON(t *testing.T) {
	execute(t, "", "verify", "--json", "--provider", "github", "--secret", "x").wants(t, 2, "", `{"error":"there is no request on standard input"}`)
}

func TestHelp(t *testing.T) {
	for _, name := range []string{"providers", "sign", "send", "verify", "doctor", "status", "deliveries", "show", "replay", "discard", "pause", "resume", "tail", "refusals", "backup", "health", "dashboard"} {
		execute(t, "", "help", name) // cobra adds help to the root only
		r := execute(t, "", name, "--help")
		r.wants(t, 0, "Exit status:\n", "")
		if !strings.Contains(r.out, "Examples:\n  $ caddy webhook "+name) {
			t.Errorf("%s: the help has no examples:\n%s", name, r.out)
		}
	}
	execute(t, "").wants(t, 0, "caddy webhook verify' says", "")
}
