package admin_test

import (
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		want bool
	}{
		{"Authorization", true},
		{"Proxy-Authorization", true},
		{"Cookie", true},
		{"X-Api-Key", true},
		{"X-Gitlab-Token", true},
		{"x-my-secret", true},
		{"X-Hub-Signature-256", true},
		{"X-Password", true},
		{"X-Auth", true},
		{"X-Shopify-Hmac-Sha256", true},
		{"X-Content-MAC", true},
		{"sig", true},
		{"apikey", true},
		{"code", true},
		{"X-Trello-Webhook", true},
		{"X-DocuSign-Signature-1", true},
		{"Content-Type", false},
		{"User-Agent", false},
		{"X-GitHub-Delivery", false},
		{"X-GitHub-Event", false},
		{"Webhook-Id", false},
		{"Idempotency-Key", false},
		{"I-Twilio-Idempotency-Token", false},
		{"X-Signature-Timestamp", false},
		{"Content-Encoding", false},
		{"X-Machine", false},
		{"encode", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := admin.Secret(tt.name); got != tt.want {
			t.Errorf("Secret(%q) = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Whatever any provider signs with is redacted.
func TestSecretsOfProviders(t *testing.T) {
	t.Parallel()
	for _, p := range verify.Providers() {
		for _, s := range p.Schemes {
			g := s.Signature
			for _, name := range append([]string{g.Name, g.AltQuery}, append(g.AltNames, g.MoreNames...)...) {
				name = strings.ReplaceAll(name, "{n}", "7")
				if name != "" && !admin.Secret(name) {
					t.Errorf("%s: %s is not redacted", p.Name, name)
				}
			}
		}
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, target, want string }{
		{"no query", "/hook", "/hook"},
		{"an empty one", "/hook?", "/hook?"},
		{"harmless", "/hook?a=b&c", "/hook?a=b&c"},
		{"a secret among others", "/hook?a=b&token=x&c=d", "/hook?a=b&token=[redacted]&c=d"},
		{"the case differs", "/hook?TOKEN=x", "/hook?TOKEN=[redacted]"},
		{"an escaped name", "/hook?%74oken=x", "/hook?%74oken=[redacted]"},
		{"a name that cannot be read", "/hook?%zz=x", "/hook?%zz=[redacted]"},
		{"a value with an equals sign", "/hook?token=x=y", "/hook?token=[redacted]"},
		{"a second question mark", "/hook?a=b?token=x", "/hook?a=b?token=[redacted]"},
		{"in brackets", "/hook?auth[token]=x", "/hook?auth[token]=[redacted]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := admin.Target(tt.target); got != tt.want {
				t.Errorf("Target(%q) = %q, want %q", tt.target, got, tt.want)
			}
		})
	}
}
