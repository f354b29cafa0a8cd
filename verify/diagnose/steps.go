package diagnose

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// describe says what each scheme reads. A scheme for which there is nothing in
// the request is only worth a sentence when there is nothing for any.
func (e *explainer) describe() {
	some := false
	for _, d := range e.readings {
		some = some || d.Err == nil
	}
	for _, d := range e.readings {
		if errors.Is(d.Err, verify.ErrMissing) && some {
			continue
		}
		e.step("Provider %s, scheme %s: %s.", e.provider.Title, d.Scheme.Name, method(d.Scheme))
		if d.Scheme.Kind == "none" || d.Scheme.Kind == "mtls" {
			continue
		}
		e.step("%s", held(&d))
		if len(d.Missing) > 0 {
			e.step("Required and missing: the header %s.", strings.Join(d.Missing, ", "))
		}
		if d.Err == nil {
			if text := signed(&d, len(e.request.Body)); text != "" {
				e.step("%s", text)
			}
		}
	}
}

// method says how a scheme signs, and where.
func method(s *verify.Scheme) string {
	switch s.Kind {
	case "none":
		return "nothing is checked, anyone may send"
	case "mtls":
		return "the certificate of the client"
	}
	how := map[string]string{
		"hmac":    "HMAC-" + strings.Replace(hashName(s.Algorithm), "SHA-", "SHA", 1),
		"hash":    "a plain " + hashName(s.Algorithm) + " hash, with the secret,",
		"ed25519": "an Ed25519 signature",
		"ecdsa":   "an ECDSA signature with " + hashName(s.Algorithm),
		"rsa":     "an RSA signature with " + hashName(s.Algorithm),
		"jwt":     "a signed token (JWT)",
		"jws":     "a detached signature (JWS) over <body>",
		"token":   "the secret itself, as a token",
		"basic":   "user and password (HTTP Basic)",
	}[s.Kind]
	switch {
	case s.Canonical != "":
		how += " over " + canonicalWords[s.Canonical]
	case s.Content != "":
		how += " over " + words(s.Content)
	}
	return how + ", in " + where(s.Signature.In, s.Signature.Name)
}

var canonicalWords = map[string]string{
	"adyen_items":   "selected values of each notification item",
	"contentful":    "<method>, <path>, the signed headers and <body>",
	"mercado_pago":  "the data.id of the query, x-request-id and <timestamp>",
	"php_serialize": "the form's fields, sorted and written as PHP's serialize does",
	"plivo_v3":      "<url>, the sorted parameters and the nonce",
	"sns":           "selected members of the message",
	"twilio":        "<url> and the form's fields, sorted by name",
	"twilio_json":   "<url>, which holds a hash of <body>",
}

var braces = regexp.MustCompile(`\{[^{}]*\}`)

// words writes a template for people: {ts}.{body} is <timestamp>.<body>.
func words(template string) string {
	text := braces.ReplaceAllStringFunc(template, func(token string) string {
		return "<" + strings.ReplaceAll(named(strings.Trim(token, "{}")), "|", " or ") + ">"
	})
	return strings.ReplaceAll(text, "\n", `\n`)
}

// named is what a token of a template is called.
func named(token string) string {
	kind, name, _ := strings.Cut(token, ":")
	switch kind {
	case "ts":
		return "timestamp"
	case "h", "option":
		return name
	case "json":
		return "member " + name
	case "form":
		return "field " + name
	case "element":
		return "names of signed headers"
	case "element_headers":
		return "values of those headers"
	}
	return strings.ReplaceAll(token, "_", " ")
}

func hashName(algorithm string) string {
	switch algorithm {
	case "by_prefix":
		return "SHA of the size that the signature names"
	case "keccak256":
		return "Keccak-256"
	}
	return "SHA-" + strings.TrimPrefix(algorithm, "sha")
}

func where(in, name string) string {
	switch in {
	case "query":
		return "the query parameter " + name
	case "form":
		return "the form field " + name
	case "json":
		return "the member " + name + " of the JSON body"
	}
	return "the header " + strings.ReplaceAll(name, "{n}", "1") // of several with numbers
}

// held says what is where the signature should be.
func held(d *verify.Reading) string {
	place := where(d.Scheme.Signature.In, d.Scheme.Signature.Name)
	place = strings.ToUpper(place[:1]) + place[1:]
	switch {
	case errors.Is(d.Err, verify.ErrMissing) && d.Lines > 0:
		return place + " is there, but empty."
	case errors.Is(d.Err, verify.ErrMissing):
		return place + " is missing."
	case errors.Is(d.Err, verify.ErrAmbiguous):
		return fmt.Sprintf("%s is there %d times.", place, max(2, d.Lines))
	case d.Err != nil && d.Found == 0:
		return fmt.Sprintf("%s cannot be read: %v.", place, d.Err)
	case d.Scheme.Kind == "jwt" || d.Scheme.Kind == "token" || d.Scheme.Kind == "basic" || d.Scheme.Kind == "jws":
		return strings.TrimSuffix(fmt.Sprintf("%s holds a %s%s", place, credential(d.Scheme), aged(d)), ",") + "."
	}
	text := fmt.Sprintf("%s holds %s", place, count(d.Found, "signature"))
	if v := version(&d.Scheme.Signature); v != "" {
		text += " of version " + v
	}
	if d.Usable < d.Found {
		text += fmt.Sprintf(", of which %d cannot be one (not %s of the right length)", d.Found-d.Usable, d.Scheme.Signature.Encoding)
	}
	return text + aged(d) + "."
}

func credential(s *verify.Scheme) string {
	switch s.Kind {
	case "basic":
		return "user and a password"
	case "jws":
		return "signature"
	}
	return "token"
}

func version(g *verify.Signature) string {
	if g.Parse == "kv" {
		return g.SigKey
	}
	return g.Version
}

// aged says how old a request is, as it says.
func aged(d *verify.Reading) string {
	t := d.Scheme.Timestamp
	switch {
	case t == nil && d.Sent.IsZero():
		return ""
	case t == nil:
		return fmt.Sprintf(", issued at %s, %s", clockTime(d.Sent), age(d.Age))
	case d.Time == "":
		return "; the timestamp is missing"
	}
	text := fmt.Sprintf(" and the timestamp %s", printable(d.Time))
	if t.In != "signature" {
		text = fmt.Sprintf("; %s holds the timestamp %s", where(t.In, t.Name), printable(d.Time))
	}
	if d.Sent.IsZero() {
		return text + ", which is not written as " + unit(t.Unit)
	}
	text += fmt.Sprintf(" (%s), which is %s", clockTime(d.Sent), age(d.Age))
	if d.Tolerance == 0 {
		return text + "; any age is allowed"
	}
	return text + "; " + allowed(d.Tolerance)
}

func unit(name string) string {
	switch name {
	case "s":
		return "seconds since 1970"
	case "ms":
		return "milliseconds since 1970"
	}
	return name
}

// printable keeps a text of the sender's from steering a terminal.
func printable(text string) string {
	quoted := fmt.Sprintf("%+q", text)
	if quoted == `"`+text+`"` {
		return text
	}
	return quoted
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func allowed(d time.Duration) string {
	if span(d) == "1 minute" || span(d) == "1 hour" || span(d) == "1 second" {
		return span(d) + " is allowed"
	}
	return span(d) + " are allowed"
}

func age(d time.Duration) string {
	if d < 0 {
		return span(-d) + " ahead"
	}
	return span(d) + " old"
}

// span writes a duration in the largest unit that says enough.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return count(int(d/(24*time.Hour)), "day")
	case d >= 2*time.Hour || d == time.Hour:
		return count(int(d/time.Hour), "hour")
	case d >= 2*time.Minute || d == time.Minute:
		return count(int(d/time.Minute), "minute")
	}
	return count(int((d+time.Second-1)/time.Second), "second") // 0.5 s is not nothing
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// signed says what the signature is over, without the body.
func signed(d *verify.Reading, body int) string {
	var parts []string
	for _, p := range d.Signed {
		parts = append(parts, piece(p))
	}
	switch {
	case len(parts) > 0:
		return "Signed is: " + strings.Join(parts, " + ") + "."
	case d.Scheme.Canonical != "":
		return fmt.Sprintf("Signed is: %s (the body has %s).", canonicalWords[d.Scheme.Canonical], count(body, "byte"))
	}
	return ""
}

func piece(p verify.Part) string {
	name := named(p.Token)
	if strings.HasPrefix(p.Token, "h:") {
		name = "header " + name
	}
	switch {
	case p.Token == "" && p.Text != "":
		return fmt.Sprintf("%+q", p.Text)
	case p.Token == "":
		return fmt.Sprintf("an option's value (%s)", count(p.Size, "byte"))
	case p.Size < 0:
		return name
	case p.Text != "":
		return fmt.Sprintf("%s %+q", name, p.Text)
	}
	return fmt.Sprintf("%s (%s)", name, count(p.Size, "byte"))
}

// accepted ends the steps of a valid request.
func (e *explainer) accepted(res *verify.Result) {
	e.report.Scheme = res.Scheme
	if len(e.config.Secrets) == 0 {
		if e.verifier.Authenticates() {
			e.step("A key that the provider publishes matches.")
		} else {
			e.step("Nothing was checked: the request is accepted whoever sent it.")
		}
		return
	}
	e.report.Secret = res.Secret + 1
	e.step("Secret %d matches.", e.report.Secret)
}

// outcome ends the steps of a request that is refused.
func (e *explainer) outcome() string {
	switch {
	case e.err == nil:
		return fmt.Sprintf("The signature is right; the time is not: %v.", e.report.Err)
	case claim(e.err) != "":
		return fmt.Sprintf("The token is genuine, but its claim %s is not right.", claim(e.err))
	case special(e.err) != nil:
		return fmt.Sprintf("Refused whatever the secret: %v.", e.err)
	case !errors.Is(e.err, verify.ErrMismatch) || len(e.config.Secrets) == 0:
		return fmt.Sprintf("Refused: %v.", e.err)
	case len(e.config.Secrets) == 1:
		return "The secret does not match."
	}
	return fmt.Sprintf("None of the %d secrets matches.", len(e.config.Secrets))
}
