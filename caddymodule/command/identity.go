package command

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/spf13/pflag"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// An identity is the flags that say who signs: the same for sign, send and
// verify.
type identity struct {
	provider string
	secrets  []secret
	options  []string
	now      string
}

func (id *identity) register(flags *pflag.FlagSet) {
	flags.StringVar(&id.provider, "provider", "", "who signs: a name from 'caddy webhook providers' (required)")
	flags.Var(secretFlag{&id.secrets, false}, "secret", "secret, token, user:password or key; {env.NAME} and {file.PATH} are replaced; repeatable")
	flags.Var(secretFlag{&id.secrets, true}, "secret-file", "file that holds a secret; the newline at its end is dropped; repeatable")
	flags.StringArrayVar(&id.options, "option", nil, "option of verify as name=value, as scheme=v2 or tolerance=10m; repeatable")
	flags.StringVar(&id.now, "now", "", "the time: Unix seconds or RFC 3339 (default the clock)")
}

// A secret is one as given on the command line.
type secret struct {
	text string
	file bool // text is a path
}

// A secretFlag adds to a list that --secret and --secret-file share, so that
// secrets count in the order of the command line.
type secretFlag struct {
	list *[]secret
	file bool
}

// Set implements pflag.Value.
func (f secretFlag) Set(s string) error {
	*f.list = append(*f.list, secret{s, f.file})
	return nil
}

// Type implements pflag.Value.
func (f secretFlag) Type() string {
	if f.file {
		return "file"
	}
	return "text"
}

// String implements pflag.Value. It shows nothing: these are secrets.
func (secretFlag) String() string { return "" }

// config returns what the flags say. Its errors contain no secret.
func (id *identity) config() (verify.Config, error) {
	c := verify.Config{Options: map[string]string{}}
	p, err := lookup(id.provider)
	if err != nil {
		return c, err
	}
	c.Provider = p.Name
	for i, s := range id.secrets {
		value, err := s.value()
		if err != nil {
			return c, fmt.Errorf("secret %d: %w", i+1, err)
		}
		c.Secrets = append(c.Secrets, value)
	}
	for _, o := range id.options {
		name, value, ok := strings.Cut(o, "=")
		if !ok || name == "" {
			return c, errors.New("--option takes name=value, as scheme=v2")
		}
		if option, ok := fields[name]; ok {
			name = option
		}
		if _, twice := c.Options[name]; twice {
			return c, fmt.Errorf("--option %s is given twice", name)
		}
		c.Options[name] = value
	}
	for _, s := range chosen(p, c.Options) {
		if _, given := c.Options["topic"]; !given && needs(s, "topic") {
			c.Options["topic"] = "*" // what is signed is the question here, not whether it is wanted
		}
	}
	return c, nil
}

// fields are the options for what lists of signature schemes, ours among them,
// call these fields.
var fields = map[string]string{
	"alg":                   "algorithm",
	"signature.name":        "header",
	"signature.encoding":    "encoding",
	"tolerance_s":           "tolerance",
	"timestamp.tolerance_s": "tolerance",
}

// value returns the secret itself.
func (s secret) value() (string, error) {
	if !s.file {
		return resolve(s.text)
	}
	b, err := os.ReadFile(s.text)
	if err != nil {
		return "", err // names the file only
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		return "", fmt.Errorf("%s is empty", s.text)
	}
	return text, nil
}

var (
	errPlaceholder = errors.New("a placeholder in it has no value")
	errNoSecret    = errors.New("is empty")
)

// resolve replaces {env.NAME} and {file.PATH}. What has neither is taken as it
// is: a JWK is full of braces. An unset variable is an error, never a key, and
// the error quotes nothing but a placeholder that is the whole text.
func resolve(text string) (string, error) {
	if text != "" && !strings.Contains(text, "{env.") && !strings.Contains(text, "{file.") {
		return text, nil
	}
	return resolveStrictly(text)
}

// resolveStrictly replaces placeholders as the server does, for which whatever
// is in braces is one.
func resolveStrictly(text string) (string, error) {
	if text == "" {
		return "", errNoSecret
	}
	value, err := caddy.NewReplacer().ReplaceOrErr(text, true, true)
	if err == nil {
		return value, nil
	}
	if placeholder.MatchString(text) {
		return "", fmt.Errorf("%s is not set, not readable or empty", text)
	}
	return "", errPlaceholder
}

// placeholder is a whole text of which nothing is secret.
var placeholder = regexp.MustCompile(`^\{(env|file)\.[^{}]*\}$`)

// lookup finds a provider, or says which ones are near.
func lookup(name string) (*verify.Provider, error) {
	if name == "" {
		return nil, errors.New("--provider is required; 'caddy webhook providers' lists them")
	}
	if p, ok := verify.Lookup(name); ok {
		return p, nil
	}
	if near := search(name); len(near) > 0 {
		return nil, fmt.Errorf("unknown provider %q; did you mean %s?", name, strings.Join(names(near), ", "))
	}
	return nil, fmt.Errorf("unknown provider %q; 'caddy webhook providers' lists them", name)
}

// search returns the providers whose name, alias or title contains the text.
func search(text string) []*verify.Provider {
	text = strings.ToLower(text)
	contains := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	var found []*verify.Provider
	for _, p := range verify.Providers() {
		if contains(p.Name) || contains(p.Title) || slices.ContainsFunc(p.Aliases, contains) {
			found = append(found, p)
		}
	}
	return found
}

func names(ps []*verify.Provider) []string {
	var all []string
	for _, p := range ps {
		all = append(all, p.Name)
	}
	return all
}

// chosen returns the schemes that a configuration uses: those of the option
// scheme, else the provider's own choice. Unknown names are left out: verify
// reports them.
func chosen(p *verify.Provider, options map[string]string) []*verify.Scheme {
	wanted := p.Default
	if s := strings.Fields(options["scheme"]); len(s) > 0 {
		wanted = s
	} else if len(wanted) == 0 {
		return p.Schemes[:1]
	}
	var schemes []*verify.Scheme
	for _, s := range p.Schemes {
		if slices.Contains(wanted, s.Name) {
			schemes = append(schemes, s)
		}
	}
	return schemes
}

// clock returns the time that --now gives, else the current one.
func (id *identity) clock() (time.Time, error) {
	if id.now == "" {
		return time.Now(), nil
	}
	return parseTime(id.now)
}

// maxUnix is the end of the year 9999.
const maxUnix = 253402300799

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseUint(whole, 10, 63)
	nanos, err2 := strconv.ParseUint((fraction + "000000000")[:9], 10, 63)
	if err != nil || err2 != nil || seconds > maxUnix || strings.HasSuffix(s, ".") {
		return time.Time{}, fmt.Errorf("--now: %q is neither Unix seconds, as 1767225600, nor RFC 3339, as 2026-01-01T00:00:00Z", s)
	}
	return time.Unix(int64(seconds), int64(nanos)), nil
}
