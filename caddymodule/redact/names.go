package redact

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

// word is in the names of secrets.
var word = regexp.MustCompile(`(?i)secret|token|passw|passphrase|credential|authorization|bearer|cookie|session|jwt|dsn|(^|[-_])auth([-_]|$)|(api|private|access|secret|application|signing|shared)[-_]?key`)

// innocent names sound like secrets and are none.
var innocent = map[string]bool{
	"key": true, "public_key": true, // how verify decodes a secret, and the id of one
	"session_tickets": true,
}

// secret reports whether a value of this name may be a secret.
func secret(name string) bool {
	lower := strings.ToLower(name)
	switch {
	case innocent[lower]:
		return false
	case lower == "sign", strings.HasSuffix(lower, "key"), strings.HasSuffix(lower, "signature"):
		return true
	}
	return word.MatchString(name)
}

var (
	user  = regexp.MustCompile(`(://)[^/@\s]+@`)
	query = regexp.MustCompile(`([?&][^=&\s]*)=([^&\s#]*)`)
)

// scrub takes out of a text what URLs in it have of secrets.
func scrub(text string) string {
	text = user.ReplaceAllString(text, "${1}"+Hidden+"@")
	return query.ReplaceAllStringFunc(text, func(found string) string {
		name, value, _ := strings.Cut(found, "=")
		if !parameter(name[1:]) || placeholder.MatchString(value) {
			return found
		}
		return name + "=" + Hidden
	})
}

// parameter reports whether a value of this name in a query may be a secret: as
// in the names of a configuration, or in those of an event.
func parameter(name string) bool {
	plain, err := url.QueryUnescape(name)
	return err != nil || secret(plain) || admin.Secret(plain)
}
