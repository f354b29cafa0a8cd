package diagnose

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// maxVariants bounds the keys that are tried at once.
const maxVariants = 64

// A variant is a secret as it may have been meant.
type variant struct {
	name, text string // of the cause; text follows "Secret 1 "
	secret     string
	number     int // of the configured secret, from 1
}

// secrets looks for secrets that were copied or configured wrongly: all
// variants of all secrets are verified at once.
func (e *explainer) secrets() bool {
	var all []variant
	most := min(maxVariants, maxHashed/2/max(1, len(e.request.Body)))
	c := e.config
	c.Secrets = nil
	for i, secret := range e.config.Secrets {
		for _, v := range e.variants(secret) {
			one := c
			one.Secrets = []string{v.secret}
			if v.number = i + 1; len(all) < most && usable(one) {
				all = append(all, v)
			}
		}
	}
	for _, v := range all {
		c.Secrets = append(c.Secrets, v.secret)
	}
	res, ok := e.tryConfig(c)
	if !ok || res.Secret >= len(all) {
		return false
	}
	v := all[res.Secret]
	e.cause(v.name, "Secret %d %s", v.number, v.text)
	return true
}

func usable(c verify.Config) bool {
	v, err := verify.New(c)
	if err != nil {
		return false
	}
	v.Close()
	return true
}

// placeholders are the ways of naming a variable where a value belongs: of a
// Caddyfile, a shell, Windows, and templates.
var placeholders = regexp.MustCompile(`^(\{\$?[A-Za-z_][\w./:-]*\}|\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%|\{\{.*\}\}|<[A-Za-z_ -]+>)$`)

// placeholder looks for a variable that was not replaced. A real secret may
// look like one, so it is asked last.
func (e *explainer) placeholder() bool {
	for i, secret := range e.config.Secrets {
		if placeholders.MatchString(strings.TrimSpace(secret)) {
			e.cause("secret_placeholder", "Secret %d looks like the name of a variable: it was not replaced by its value. Is the variable set where the server runs, and spelt right?", i+1)
			return true
		}
	}
	return false
}

// prefixes are put before secrets by providers, or before tokens by HTTP.
var prefixes = []string{"v1,whsec_", "whsec_", "v1,", "whsk_", "whpk_", "sha256=", "Bearer ", "Basic ", "Token ", "token "}

// variants are the ways in which a secret may have been meant, likely ones
// first.
func (e *explainer) variants(secret string) []variant {
	var all []variant
	add := func(name, meant, text string) {
		if meant != "" && meant != secret {
			all = append(all, variant{name: name, text: text, secret: meant})
		}
	}
	add("secret_newline", strings.TrimRight(secret, "\r\n"), "ends with a newline, as files do. Remove it.")
	add("secret_escaped_newline", strings.ReplaceAll(secret, `\n`, "\n"), `has \n written out where its lines should end. Put real line ends there.`)
	trimmed := strings.TrimSpace(secret)
	add("secret_whitespace", trimmed, "begins or ends with white space. Remove it.")
	trimmed = strings.Trim(trimmed, "\"'`")
	add("secret_quotes", trimmed, "is in quotes, which are part of it here. Remove them.")
	if decoded, err := url.PathUnescape(trimmed); err == nil {
		add("secret_url_encoded", decoded, "is URL-encoded. Decode it.")
	}
	add("secret_url_decoded", url.QueryEscape(trimmed), "was URL-decoded: the sender uses it encoded.")
	bare := trimmed
	for _, prefix := range prefixes {
		rest, found := strings.CutPrefix(trimmed, prefix)
		if found && bare == trimmed {
			bare = rest
			add("secret_prefix", rest, "has a prefix that is no part of it. Remove it.")
		}
		if !found && strings.HasPrefix(prefix, "wh") {
			add("secret_prefix_missing", prefix+trimmed, "lacks the prefix "+prefix+", which is part of it.")
		}
	}
	for _, k := range e.keys(trimmed, bare) {
		add(k.name, e.spell(k.key), k.text)
	}
	return all
}

// A rawKey is the bytes that may be the key.
type rawKey struct{ name, key, text string }

func (e *explainer) keys(trimmed, bare string) []rawKey {
	const raw = "is decoded here, but the sender takes its characters as they are."
	all := []rawKey{{"secret_raw", trimmed, raw}, {"secret_raw", bare, raw}}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(bare); err == nil {
			all = append(all, rawKey{"secret_base64", string(b), "is base64 and must be decoded: the sender uses the bytes that it stands for."})
		}
	}
	if b, err := hex.DecodeString(bare); err == nil {
		all = append(all, rawKey{"secret_hex", string(b), "is hex and must be decoded: the sender uses the bytes that it stands for."})
	}
	return all
}

// spell writes key bytes so that the provider's way of decoding a secret
// gives them; "" if it cannot. (A key that begins with white space cannot be
// written for a provider that takes the bytes as they are.)
func (e *explainer) spell(key string) string {
	decode, prefix := e.decoding()
	switch decode {
	case "hex":
		return prefix + hex.EncodeToString([]byte(key))
	case "base64":
		return prefix + base64.StdEncoding.EncodeToString([]byte(key))
	case "sha1":
		return ""
	}
	const block = 64 // bytes; RFC 2104: HMAC fills shorter keys up with zeros
	if len(key) < block && strings.TrimRight(key, " \t\r\n\v\f") != key {
		key += "\x00"
	}
	return key
}

// decoding is how the provider's first scheme turns a secret into a key.
func (e *explainer) decoding() (decode, prefix string) {
	s := e.provider.Schemes[0]
	if len(e.readings) > 0 {
		s = e.readings[0].Scheme
	} else if name := strings.Fields(e.config.Options["scheme"]); len(name) > 0 {
		for _, other := range e.provider.Schemes {
			if other.Name == name[0] {
				s = other
			}
		}
	}
	decode, prefix = s.Key.Decode, s.Key.StripPrefix
	if key := e.config.Options["key"]; key != "" {
		decode = key
	}
	return decode, prefix
}
