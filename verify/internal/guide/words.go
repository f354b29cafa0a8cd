package guide

import (
	"fmt"
	"slices"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

var hashNames = map[string]string{
	"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512", "keccak256": "Keccak-256",
}

// proof is how a scheme verifies, in few words.
func proof(s *verify.Scheme) string {
	hash := hashNames[s.Algorithm]
	switch s.Kind {
	case "hmac":
		if hash == "" {
			return "HMAC (the sender names the hash)"
		}
		return "HMAC-" + strings.Replace(hash, "SHA-", "SHA", 1)
	case "hash":
		return "plain " + hash
	case "ed25519":
		return "Ed25519"
	case "ecdsa", "rsa":
		return strings.ToUpper(s.Kind) + " with " + hash
	case "jwt", "jws":
		return strings.ToUpper(s.Kind) + algorithms(s)
	case "basic":
		return "user and password"
	case "mtls":
		return "client certificate"
	case "none":
		return "nothing"
	}
	return s.Kind
}

func algorithms(s *verify.Scheme) string {
	if s.JWT == nil {
		return ""
	}
	return " (" + strings.Join(s.JWT.Algorithms, ", ") + ")"
}

// describe is the proof with its place and form.
func describe(s *verify.Scheme) string {
	text := proof(s)
	if s.Signature.Name == "" {
		return text
	}
	text += ", " + where(s)
	switch {
	case s.Signature.Strip != "" && s.Signature.StripOptional:
		text += ", with or without " + code(strings.TrimSpace(s.Signature.Strip)) + " before it"
	case s.Signature.Strip != "":
		text += ", after " + code(strings.TrimSpace(s.Signature.Strip))
	}
	if written := form(s); written != "" {
		text += ", " + written
	}
	return text
}

// where is the place of the signature or token.
func where(s *verify.Scheme) string {
	g := s.Signature
	text := map[string]string{"": "header", "header": "header", "query": "query parameter", "form": "form field", "json": "JSON"}[g.In] + " " + code(g.Name)
	for _, name := range slices.Concat(g.AltNames, g.MoreNames) {
		text += " or " + code(name)
	}
	if g.AltQuery != "" {
		text += " or query parameter " + code(g.AltQuery)
	}
	return text
}

// form is how the signature is written.
func form(s *verify.Scheme) string {
	if slices.Contains([]string{"token", "basic", "jwt", "jws"}, s.Kind) {
		return ""
	}
	g := s.Signature
	encoding := orElse(g.Encoding, "hex")
	switch g.Parse {
	case "prefix":
		return encoding + " after " + code(orElse(g.Prefix, "the hash="))
	case "optional_prefix":
		return encoding + ", with or without " + code(g.Prefix) + " before it"
	case "kv":
		return encoding + " after " + code(g.SigKey+orElse(g.KVSep, "=")) + ", among parts separated by " + code(orElse(g.PairSep, ","))
	case "versioned_list":
		return encoding + " after " + code(g.Version+orElse(g.VersionSep, ","))
	case "positional":
		return encoding + ", after the timestamp"
	case "key_pairs":
		return encoding + ", each after the id of its key"
	case "envelope":
		return "in base64 JSON that names the key"
	case "items":
		return encoding + ", one for each element"
	}
	return encoding
}

// secret is what the configuration must give and how it is read.
func secret(s *verify.Scheme) string {
	switch {
	case s.Kind == "none":
		return "none"
	case s.Kind == "mtls":
		return "a name in the certificate, or `sha256:` and its fingerprint"
	case s.KeySource != nil && s.KeySource.URL != "":
		return fmt.Sprintf("none: keys are fetched from <%s>; or a public key", s.KeySource.URL)
	case s.KeySource != nil:
		return "none: the certificate is fetched from the sender; or a public key"
	case s.Kind == "ed25519":
		return "a public key: PEM, JWK, or its 32 bytes in " + s.Key.Decode
	case s.PublicKeys():
		return "a public key: PEM, JWK, or base64 of the DER form"
	case s.Kind == "basic":
		return "`user:password`"
	}
	return map[string]string{"hex": "hex digits", "base64": "base64", "sha1": "text, of which the key is the SHA-1"}[s.Key.Decode] + stripped(s)
}

func stripped(s *verify.Scheme) string {
	switch {
	case s.Key.Decode == "" || s.Key.Decode == "utf8":
		return "used as it is"
	case s.Key.StripPrefix != "":
		return ", with or without " + code(s.Key.StripPrefix) + " before it" + atLeast(s.Key)
	}
	return ""
}

func atLeast(k verify.Key) string {
	if k.Least == 0 {
		return ""
	}
	return fmt.Sprintf("; %d bytes at least", k.Least)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
