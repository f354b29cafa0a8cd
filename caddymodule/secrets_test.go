package caddymodule

import (
	"os"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	tests := []struct {
		odd   string
		text  string // in the Caddyfile
		value string // of WG_SECRET; "unset" unsets it
		want  string // in the error; "" is none
	}{
		{"nothing", "{env.WG_SECRET}", secret, ""},
		{"unset", "{env.WG_SECRET}", "unset", "secret 1: "},
		{"unset and the second", secret + " {env.WG_SECRET}", "unset", "secret 2: "},
		{"unset in a part of it", "prefix-{env.WG_SECRET}", "unset", "secret 1: "},
		{"empty", "{env.WG_SECRET}", "", "secret 1: "},
		{"empty text", `""`, secret, "secret 1 is empty"},
		{"unknown placeholder", "{secrets.WG_SECRET}", secret, "secret 1: "},
		{"placeholder of a request", "{http.request.header.X-Secret}", secret, "secret 1: "},
		{"file that is not there", "{file.testdata/none}", secret, "secret 1: "},
		{"newline at its end", "{env.WG_SECRET}", secret + "\n", "white space"},
		{"is a placeholder itself", "{env.WG_SECRET}", "{env.HOME}", ""},
		{"none at all", "", secret, "a secret is required"},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			t.Setenv("WG_SECRET", tt.value)
			if tt.value == "unset" {
				if err := os.Unsetenv("WG_SECRET"); err != nil {
					t.Fatal(err)
				}
			}
			line := strings.TrimSpace("verify github " + tt.text)
			err := provision(t, ":9000 {\n\twebhook_gateway a {\n\t\t"+line+"\n\t\tto localhost:3000\n\t}\n}\n")
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want one with %q", err, tt.want)
			case err != nil && strings.Contains(err.Error(), secret):
				t.Errorf("the secret is in the error: %v", err)
			}
		})
	}
}

// TestOptionsFromTheEnvironment: options about the user's account are resolved
// as secrets are, and judged then.
func TestOptionsFromTheEnvironment(t *testing.T) {
	tests := []struct{ odd, verify, value, want string }{
		{"nothing", "twilio " + secret + " {\nurl {env.WG_OPTION}\n}", "https://hooks.example.com/x", ""},
		{"no URL", "twilio " + secret + " {\nurl {env.WG_OPTION}\n}", "hooks.example.com", "option url: is not an http or https URL"},
		{"unset", "meta " + secret + " {\nverify_token {env.WG_OPTION}\n}", "", "option verify_token: "},
		{"what is signed", "hmac " + secret + " {\nheader X\ncontent {env.WG_OPTION}{body}\n}", "v1:", "unknown template token {env.WG_OPTION}"},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			t.Setenv("WG_OPTION", tt.value)
			err := provision(t, ":9000 {\n\twebhook_gateway a {\n\t\tverify "+tt.verify+"\n\t\tto localhost:3000\n\t}\n}\n")
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestSecretStaysOutOfTheConfiguration(t *testing.T) {
	t.Setenv("WG_SECRET", secret)
	text, err := adapt(t, ":9000 {\n\twebhook_gateway a {\n\t\tverify github {env.WG_SECRET}\n\t\tto localhost:3000\n\t}\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, secret) || !strings.Contains(text, "{env.WG_SECRET}") {
		t.Errorf("adapted: %s", text)
	}
}

// TestResolvedSecretIsNotKept: what a running handler would be marshaled to,
// and what its copies compare, is the placeholder.
func TestResolvedSecretIsNotKept(t *testing.T) {
	t.Setenv("WG_SECRET", secret)
	in := []string{"{env.WG_SECRET}"}
	out, err := resolve(in)
	if err != nil || out[0] != secret || in[0] != "{env.WG_SECRET}" {
		t.Errorf("resolve = %v, %v; its argument is now %v", out, err, in)
	}
}
