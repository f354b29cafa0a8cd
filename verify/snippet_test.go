package verify

import "testing"

func TestSnippet(t *testing.T) {
	tests := []struct{ provider, want string }{
		{"stripe", "webhook_gateway /stripe stripe {\n\tverify stripe {env.STRIPE_SECRET}\n\tto app:3000\n}\n"},
		{"standard-webhooks", "webhook_gateway /standard-webhooks standard-webhooks {\n\tverify standard-webhooks {env.STANDARD_WEBHOOKS_SECRET}\n\tto app:3000\n}\n"},
		{"discord", "webhook_gateway /discord discord {\n\tverify discord {env.DISCORD_PUBLIC_KEY}\n\tto app:3000\n}\n"},
		{"none", "webhook_gateway /none none {\n\tverify none\n\tto app:3000\n}\n"},
		{"hmac", "webhook_gateway /hmac hmac {\n\tverify hmac {env.HMAC_SECRET} {\n\t\theader X-Signature\n\t}\n\tto app:3000\n}\n"},
		{"google-pubsub", "webhook_gateway /google-pubsub google-pubsub {\n\tverify google-pubsub {\n\t\taud https://hooks.example.com/google-pubsub\n\t\temail pusher@project.iam.gserviceaccount.com\n\t}\n\tto app:3000\n}\n"},
	}
	for _, tt := range tests {
		p, _ := Lookup(tt.provider)
		if got := p.Snippet(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.provider, got, tt.want)
		}
	}
}

// What the catalogue says of a provider is what its Verifier says.
func TestProviderIDSigned(t *testing.T) {
	for _, p := range Providers() {
		s := p.DefaultSchemes()[0]
		if s.Kind == "none" || s.Kind == "mtls" {
			continue
		}
		c := trial(p, s)
		delete(c.Options, "scheme")
		c.Secrets = []string{pairFor(s)[1]}
		if got, want := p.IDSigned(), mustNew(t, c).IDSigned(); got != want {
			t.Errorf("%s: IDSigned = %v, its Verifier says %v", p.Name, got, want)
		}
	}
}
