package command

import (
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/verifytest"
)

// pairs are a private and a public key, by kind.
func pairs() map[string][2]string {
	private, public := verifytest.Key{Kind: "rsa"}.Pair()
	return map[string][2]string{"rsa": {private, public}}
}

// pairFor returns a secret to sign and one to verify with.
func pairFor(s *verify.Scheme) [2]string {
	k := verifytest.Key{Kind: s.Kind, Decode: s.Key.Decode, Prefix: s.Key.StripPrefix}
	if s.JWT != nil {
		k.Algorithms = s.JWT.Algorithms
	}
	private, public := k.Pair()
	return [2]string{private, public}
}

// optionsFor are flags for all that a scheme requires.
func optionsFor(s *verify.Scheme) []string {
	args := []string{"--option", "scheme=" + s.Name}
	for _, name := range s.Requires {
		switch name {
		case "url", "base_url":
			args = append(args, "--option", name+"=https://hooks.example.com")
		default:
			args = append(args, "--option", name+"=an-option")
		}
	}
	if nameless(s) {
		args = append(args, "--option", "header=X-Signature")
	}
	return args
}
